"""The figures: charts that can be read off, tables that lead to the tasks behind them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt

from desktop.engine.history_commands import ListTasks, TaskFigures, TaskFiguresReport
from desktop.ui.pages.tasks.words_table import HEADER, ROW
from desktop.ui.widgets.chart import Chart, Line
from desktop.ui.widgets.chart_scale import moments, nice_top
from tests.ui.sample import NOW


@pytest.fixture
def figures(page):
    page.switch.click()
    return page.figures


def asked(bridge) -> list[TaskFigures]:
    return [one for one in bridge.commands if isinstance(one, TaskFigures)]


def click_row(qtbot, table, row: int) -> None:
    at = QPoint(20, row * ROW + 10)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_they_are_asked_for_when_they_are_seen_and_not_before(page, bridge) -> None:
    assert asked(bridge) == []
    page.switch.click()
    assert len(asked(bridge)) == 1
    assert page.figures.isVisible() and not page.table.isVisible()
    page.switch.click()
    assert page.table.isVisible() and not page.figures._again.isActive()


def test_another_span_is_asked_for(qtbot, figures, bridge) -> None:
    qtbot.mouseClick(figures.spans.button("1d"), Qt.MouseButton.LeftButton)
    first, last = asked(bridge)
    assert last.since == pytest.approx(first.since - 86_400 + 900, abs=60)


def test_charts_say_what_they_show(figures) -> None:
    assert figures.throughput.accessibleName().startswith("Throughput: finished between ")
    assert "95 % between " in figures.runtime.accessibleName()
    assert figures.sentence.text() == "11,196 tasks ended · 55 failed (0.5 %)"


def test_a_name_leads_to_its_tasks(qtbot, page, figures, bridge) -> None:
    click_row(qtbot, figures.names, 1)
    assert page.table.isVisible()
    asked_for = [one for one in bridge.commands if isinstance(one, ListTasks) and not one.count]
    assert asked_for[-1].selection.search == 'name:"shop.search.rebuild_index"'


def test_a_failure_leads_to_its_tasks(qtbot, page, figures) -> None:
    assert figures.groups.model_.index(0, 0).data() == "312 × TimeoutError in fetch.py:88"
    figures.groups.selectRow(0)
    qtbot.keyClick(figures.groups, Qt.Key.Key_Return)
    assert page.filter.words == (
        'state:failure error:"TimeoutError" error:fetch.py:88 name:"shop.tasks.sync_inventory"'
    )


def test_names_are_sorted_by_a_click_on_a_head(qtbot, figures) -> None:
    header = figures.names.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(3) + 10, HEADER // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    shares = [row.keys[3] for row in figures.names.model_.rows]
    assert shares in (sorted(shares), sorted(shares, reverse=True))
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert [row.keys[3] for row in figures.names.model_.rows] == shares[::-1]


def test_nothing_in_this_time(page, bridge) -> None:
    bridge.answers[TaskFigures] = TaskFiguresReport()
    page.switch.click()
    assert page.figures.sentence.text() == "Nothing has ended in this time."
    assert page.figures.throughput.summary() == "Nothing was measured."
    page.grab()


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (0.07, 0.08), (1, 1), (412, 500), (1_010, 1_500), (float("nan"), 1)]
)
def test_scales_end_at_round_numbers(most: float, top: float) -> None:
    assert nice_top(most) == pytest.approx(top)


def test_instants_are_as_short_as_their_span_allows() -> None:
    assert [len(one) for one in moments(NOW - 86_400 * 3, NOW)] == [11, 5]
    assert len(moments(NOW, NOW)[0]) == 8


def test_single_values_are_read_off_with_the_arrow_keys(qtbot, light) -> None:
    chart = Chart(lambda value: f"{value:g} s")
    qtbot.addWidget(chart)
    chart.resize(300, 150)
    lines = (
        Line("median", "run", (1.0, None, 2.0, None, 3.0)),
        Line("95 %", "rev", (2.0, 4.0, float("inf"), 1.0, 5.0)),
    )
    chart.show_lines("Runtime", (NOW - 4, NOW - 3, NOW - 2, NOW - 1, NOW), lines)
    chart.show()
    chart.grab()
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.accessibleDescription().endswith(": median 3 s, 95 % 5 s")
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.accessibleDescription().endswith(": median –, 95 % 1 s")
    chart.grab()

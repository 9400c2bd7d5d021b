from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QWidget

from desktop.engine.model import Machine, Queue
from desktop.ui import fonts
from desktop.ui.fonts import Role
from desktop.ui.theme import Tone
from desktop.ui.view import Row
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.card_grid import CardGrid
from desktop.ui.widgets.chip import StateChip
from desktop.ui.widgets.confirm import Confirm
from desktop.ui.widgets.label import Label, broken
from desktop.ui.widgets.metric_strip import MachineGauges, short
from desktop.ui.widgets.queue_bars import QueueBars, scale
from desktop.ui.widgets.sparkline import Sparkline

pytestmark = pytest.mark.usefixtures("light")


def test_words_that_do_not_fit_are_elided_and_told_on_hovering(qtbot) -> None:
    label = Label("<b>a very long name</b> & more")
    qtbot.addWidget(label)
    label.resize(60, 20)
    label.grab()
    assert "&lt;b&gt;a very long name" in label.toolTip()
    label.resize(600, 20)
    label.grab()
    assert label.toolTip() == ""


def test_what_the_last_line_leaves_out_is_told_on_hovering_too(qtbot) -> None:
    label = Label("one\ntwo\nthree", wrap=True, lines_max=2)
    qtbot.addWidget(label)
    label.resize(200, 40)
    label.grab()
    assert "three" in label.toolTip()
    label.setText("one\ntwo")
    label.grab()
    assert label.toolTip() == ""


@pytest.mark.parametrize(
    "words",
    ["one two three four five six seven", "一二三四五六七八九十" * 4, "x" * 90, "a😀b" * 20],
)
def test_wrapped_words_are_all_there_and_fit(qapp, words: str) -> None:
    font = fonts.font(Role.BODY)
    lines = [line for line, _ in broken(words, font, 120)]
    assert "".join(lines) == words
    assert all(QFontMetricsF(font).horizontalAdvance(line.rstrip()) <= 121 for line in lines)


def test_a_wrapped_label_is_as_high_as_its_lines(qtbot) -> None:
    label = Label("word " * 60, wrap=True, lines_max=3)
    qtbot.addWidget(label)
    assert label.heightForWidth(200) == 60
    assert label.heightForWidth(20_000) == 20


def test_an_ampersand_is_no_mnemonic(qtbot) -> None:
    button = Button("Save & quit")
    qtbot.addWidget(button)
    assert button.text() == "Save && quit"
    assert button.accessibleName() == "Save & quit"


def test_a_chip_turns_only_while_something_starts_and_is_seen(qtbot) -> None:
    chip = StateChip()
    qtbot.addWidget(chip)
    chip.show_state("state-spin", Tone.RUN, "Starting…")
    assert not chip._timer.isActive()
    chip.show()
    assert chip._timer.isActive()
    chip.hide()
    assert not chip._timer.isActive()
    chip.show()
    chip.show_state("state-ok", Tone.OK, "Running")
    assert not chip._timer.isActive()


@pytest.mark.parametrize(
    ("width", "columns"), [(240, 1), (516, 2), (624, 2), (844, 3), (1100, 4), (2400, 4)]
)
def test_cards_stand_side_by_side_as_far_as_they_fit(qtbot, width: int, columns: int) -> None:
    grid = CardGrid(100)
    qtbot.addWidget(grid)
    cards = [QWidget() for _ in range(6)]
    grid.set_cards(cards)
    grid.resize(QSize(width, 800))
    grid.show()
    assert grid.columns(width) == columns
    assert len({card.y() for card in cards}) == -(-6 // columns)
    right = cards[columns - 1].geometry().right() + 1
    assert right == width, "the last column meets the margin"


@pytest.mark.parametrize(("largest", "end"), [(0, 10), (10, 10), (14, 20), (21, 50), (120, 200)])
def test_bars_end_at_a_round_number(largest: int, end: int) -> None:
    assert scale(largest) == end


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (17951, "17,951"), (123_456, "123k"), (999_700, "1.0M"), (12_345_678, "12.3M")],
)
def test_large_counts_stay_short(number: int, shown: str) -> None:
    assert short(number) == shown


def test_pictures_of_numbers_are_spoken_too(qtbot) -> None:
    bars, gauges = QueueBars(), MachineGauges()
    for widget in (bars, gauges):
        qtbot.addWidget(widget)
    bars.show_queues((Queue("celery", 14), Queue("email", 0)))
    gauges.show_machine(Machine(99.0, 95.0, 1, 5 << 20, 2))
    assert bars.accessibleName() == "celery: 14 waiting, email: 0 waiting"
    assert "Memory 95" in gauges.accessibleName()
    for widget in (bars, gauges):
        widget.grab()


@pytest.mark.parametrize(
    "series",
    [(), ((0.0, 1.0),), ((0.0, 0.0), (2.0, 800.0)), ((0.0, 1.0), (90.0, 2.0), (92.0, -1.0))],
)
def test_a_line_of_few_or_odd_samples_is_drawn_without_complaint(qtbot, series) -> None:
    line = Sparkline()
    qtbot.addWidget(line)
    line.show_series(series, 100.0)
    line.grab()


def test_a_question_does_not_stop_the_program(qtbot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    done: list[str] = []
    dialog = Confirm(parent, "Stop?", "Because.", tuple(Row(f"task {n}", "") for n in range(20)))
    dialog.offer("Stop", lambda: done.append("stopped"), "danger")
    dialog.open()
    assert dialog.isVisible(), "open() came back at once"
    said = "\n".join(label.text() for label in dialog.findChildren(Label))
    assert "task 7" in said and "task 19" in said, "none is left out: the rest is scrolled to"
    assert dialog.height() < 480
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert done == []

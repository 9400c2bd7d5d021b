from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from tests.ui.sample import SHOP


def write(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


@pytest.fixture
def logs(home) -> Path:
    stack = home.stack(SHOP.id)
    stack.make()
    return stack.logs


@pytest.fixture
def page(qtbot, window, bridge, logs: Path):
    services = tuple(msgspec.structs.replace(s, log_path="") for s in SHOP.services)
    bridge.feed(msgspec.structs.replace(SHOP, services=services))
    window.show_page("logs")
    return window.page


def shown(page) -> list[str]:
    words = page.log.toPlainText()
    return words.split("\n") if words else []


def until(qtbot, page, *lines: str) -> None:
    qtbot.waitUntil(lambda: shown(page) == list(lines))


def test_all_logs_are_merged_and_each_line_has_its_source(qtbot, page, logs: Path) -> None:
    write(logs / "web.log", "2026-11-24 09:00:02 second")
    write(logs / "worker1.log", "2026-11-24 09:00:01 first", "2026-11-24 09:00:03 third")
    page.check_again()
    until(
        qtbot,
        page,
        "2026-11-24 09:00:01 first",
        "2026-11-24 09:00:02 second",
        "2026-11-24 09:00:03 third",
    )
    blocks = [page.log.document().findBlockByNumber(n).userState() for n in range(3)]
    assert [page.log._names[source] for source in blocks] == ["worker1", "Web server", "worker1"]
    assert page.log.viewportMargins().left() > 0
    page.log.grab()


def test_what_is_written_comes_by_itself(qtbot, window, page, logs: Path) -> None:
    window.show_page("logs", "worker1")
    write(logs / "worker1.log", "one")
    until(qtbot, page, "one")
    write(logs / "worker1.log", "two")
    write(logs / "web.log", "not this one")
    until(qtbot, page, "one", "two")
    assert page.log.viewportMargins().left() == 0, "one source needs no names"


def test_a_rotated_log_goes_on(qtbot, window, page, logs: Path) -> None:
    window.show_page("logs", "worker1")
    write(logs / "worker1.log", "before")
    until(qtbot, page, "before")
    (logs / "worker1.log").write_text("")
    write(logs / "worker1.log", "x")
    until(qtbot, page, "before", "x")


def test_nothing_is_read_while_hidden_and_nothing_is_missed(
    qtbot, window, page, logs: Path
) -> None:
    window.show_page("logs", "worker1")
    write(logs / "worker1.log", "one")
    until(qtbot, page, "one")
    window.show_page("overview")
    assert not page.reader.running
    write(logs / "worker1.log", "two")
    window.show_page("logs")
    until(qtbot, page, "one", "two")


# --- filter -----------------------------------------------------------------------------------


@pytest.fixture
def filled(qtbot, window, page, logs: Path):
    write(logs / "worker1.log", "apple 1", "Banana 2", "apple 3 [x]", "\x1b[31mred\x1b[0m <b>4</b>")
    window.show_page("logs", "worker1")
    until(qtbot, page, "apple 1", "Banana 2", "apple 3 [x]", "red <b>4</b>")
    return page


def test_words_filter_and_clearing_brings_all_back(qtbot, filled) -> None:
    filled.filter.setText("APPLE")
    until(qtbot, filled, "apple 1", "apple 3 [x]")
    assert "2 of 4 lines match" in filled.header.sentence.text()
    filled.escape()
    qtbot.waitUntil(lambda: len(shown(filled)) == 4)


def test_new_lines_are_filtered_too(qtbot, filled, logs: Path) -> None:
    filled.filter.setText("apple")
    until(qtbot, filled, "apple 1", "apple 3 [x]")
    write(logs / "worker1.log", "pear 5", "apple 6")
    until(qtbot, filled, "apple 1", "apple 3 [x]", "apple 6")


def test_an_expression_filters(qtbot, filled) -> None:
    filled.regex.click()
    filled.filter.setText(r"\d$")
    until(qtbot, filled, "apple 1", "Banana 2")


def test_a_wrong_expression_says_so_and_leaves_the_lines(qtbot, filled) -> None:
    filled.regex.click()
    filled.filter.setText("[x")
    qtbot.waitUntil(filled.wrong.isVisible)
    assert "not valid" in filled.wrong.text()
    assert filled.filter.property("wrong") is True
    assert len(shown(filled)) == 4
    filled.filter.setText("[x]")
    qtbot.waitUntil(lambda: not filled.wrong.isVisible())
    until(qtbot, filled, "apple 3 [x]")


def test_nothing_found_offers_to_clear_the_filter(qtbot, filled) -> None:
    filled.filter.setText("no such line")
    qtbot.waitUntil(filled.empty.isVisible)
    assert filled.empty._sentence.text() == "Nothing matches “no such line”."
    filled.empty.pressed.emit()
    qtbot.waitUntil(lambda: len(shown(filled)) == 4)
    assert not filled.empty.isVisible()


# --- follow and hold --------------------------------------------------------------------------


@pytest.fixture
def long(qtbot, window, page, logs: Path):
    write(logs / "worker1.log", *(f"line {n}" for n in range(300)))
    window.show_page("logs", "worker1")
    qtbot.waitUntil(lambda: len(shown(page)) == 300)
    return page


def test_it_stays_at_the_end_while_it_follows(qtbot, long, logs: Path) -> None:
    bar = long.log.verticalScrollBar()
    assert bar.value() == bar.maximum()
    write(logs / "worker1.log", "last")
    qtbot.waitUntil(lambda: shown(long)[-1] == "last")
    assert bar.value() == bar.maximum()


def test_scrolling_away_holds_and_counts_what_comes(qtbot, long, logs: Path) -> None:
    bar = long.log.verticalScrollBar()
    qtbot.keyClick(long.log, Qt.Key.Key_PageUp)
    assert not long.log.following
    seen = bar.value()
    assert 0 < seen < bar.maximum(), "one page up, not to the top"
    write(logs / "worker1.log", *(f"new {n}" for n in range(27)))
    qtbot.waitUntil(lambda: long.log.held == 27)
    assert bar.value() == seen, "what is read does not move"
    assert long.log._pill.isVisible()
    assert long.log._pill.accessibleName() == "27 new lines"
    assert "Held" in long.header.sentence.text()
    qtbot.keyClick(long.log, Qt.Key.Key_End)
    assert long.log.following and long.log.held == 0
    qtbot.keyClick(long.log, Qt.Key.Key_Up)
    assert not long.log.following
    write(logs / "worker1.log", "one more")
    qtbot.waitUntil(long.log._pill.isVisible)
    long.log._pill.click()
    assert long.log.following and long.log.held == 0
    assert bar.value() == bar.maximum()


def test_hold_and_follow_have_a_button_that_says_what_it_does(long) -> None:
    assert long.follow.accessibleName() == "Hold"
    long.follow.click()
    assert not long.log.following
    assert long.follow.accessibleName() == "Follow"
    long.follow.click()
    assert long.log.following


def test_only_so_many_lines_are_kept_and_held_text_stays_where_it_is(qtbot, light) -> None:
    from desktop.ui.widgets.log_view import LogView

    view = LogView(100)
    qtbot.addWidget(view)
    view.resize(400, 200)
    view.show()
    view.append([(0, f"line {n}") for n in range(100)])
    view.follow(False)
    view.verticalScrollBar().setValue(50)
    top = view.firstVisibleBlock().text()
    view.append([(1, f"new {n}") for n in range(20)])
    assert view.blockCount() == 100
    assert view.firstVisibleBlock().text() == top
    assert view.document().lastBlock().userState() == 1
    assert view.document().firstBlock().text() == "line 20"


# --- elsewhere --------------------------------------------------------------------------------


def test_copy_takes_the_selection_or_all(filled) -> None:
    filled.copy.click()
    assert QGuiApplication.clipboard().text().split("\n")[0] == "apple 1"
    cursor = filled.log.textCursor()
    cursor.setPosition(0)
    cursor.setPosition(14, cursor.MoveMode.KeepAnchor)
    filled.log.setTextCursor(cursor)
    filled.copy.click()
    assert QGuiApplication.clipboard().text() == "apple 1\nBanana"


def test_markup_in_a_line_is_text(filled) -> None:
    assert shown(filled)[-1] == "red <b>4</b>"


def test_a_log_that_can_t_be_opened_is_told(qtbot, window, page) -> None:
    window.show_page("logs", "worker1")
    page.open_file.click()
    qtbot.waitUntil(window.trouble.isVisible)
    assert "nothing to open" in window.trouble.title


def test_no_lines_yet_is_said(qtbot, window, page) -> None:
    window.show_page("logs", "vite")
    qtbot.waitUntil(page.empty.isVisible)
    assert "No log lines yet" in page.empty._sentence.text()

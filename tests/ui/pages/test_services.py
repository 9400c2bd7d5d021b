from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from desktop.engine.commands import Restart, Start, Stop
from desktop.engine.states import ServiceState
from desktop.ui.pages.service_table import Column
from tests.ui import sample
from tests.ui.sample import SHOP
from tests.ui.sample_cleanup import stale
from tests.ui.test_window import press, text_of


@pytest.fixture
def page(window):
    window.show_page("services")
    return window.page


def cell(page, row: int, column: Column) -> str:
    return page.table.model().index(row, column).data()


def test_the_table_tells_of_each_service(page) -> None:
    worker = [cell(page, 1, column) for column in Column]
    assert worker[:7] == ["worker1", "Running", "51870", "31 %", "412 MB", "2 h 14 min", "1"]
    flower = [cell(page, 5, column) for column in Column]
    assert flower[:6] == ["Flower", "Stopped", "–", "–", "–", "–"]
    assert cell(page, 3, Column.ADDRESS) == "http://127.0.0.1:8000/"


def test_a_screen_reader_hears_what_is_seen(page) -> None:
    index = page.table.model().index(1, Column.CPU)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "CPU: 31 %"


def test_what_failed_is_shown_first(window, bridge) -> None:
    bridge.feed(sample.with_service(SHOP, sample.failed_worker()))
    window.show_page("services")
    page = window.page
    assert page.table.chosen == "worker1"
    said = text_of(page.detail)
    assert "exits right after its start" in said
    assert "Read its last lines below" in said
    assert "ModuleNotFoundError" in said
    assert "Given up after 3 quick exits" in said
    press(page, page.detail, "Copy")
    assert "ModuleNotFoundError" in QGuiApplication.clipboard().text()


def test_the_selection_stays_with_its_service(page, bridge) -> None:
    page.table.choose("web")
    bridge.feed(msgspec.structs.replace(SHOP, services=SHOP.services[1:]))
    assert page.table.chosen == "web"
    assert page.detail.isVisible()


def test_each_button_is_there_when_it_means_something(page, bridge) -> None:
    page.table.choose("worker1")
    detail = page.detail
    shown = [b for b in (detail.start, detail.stop, detail.restart, detail.force) if b.isVisible()]
    assert shown == [detail.stop, detail.restart]
    detail.restart.click()
    detail.stop.click()
    page.table.choose("flower")
    assert not detail.log.isVisible(), "it never ran: it has no log"
    detail.start.click()
    assert bridge.commands == [
        Restart(SHOP.project, ("worker1",)),
        Stop(SHOP.project, ("worker1",)),
        Start(SHOP.project, ("flower",)),
    ]
    bridge.feed(sample.with_service(SHOP, sample.stopping_worker()))
    page.table.choose("worker1")
    assert detail.force.isVisible() and not detail.stop.isVisible()


def test_the_command_line_can_be_copied_as_it_is_typed(page) -> None:
    page.table.choose("worker1")
    press_copy = page.detail._command._copy
    press_copy.click()
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("/home/ada/acme-shop/.venv/bin/python -m celery -A shop.celery:app")


def test_somebody_else_s_service_has_no_buttons_to_stop_it(page, bridge) -> None:
    redis = msgspec.structs.replace(sample.REDIS, state=ServiceState.EXTERNAL)
    bridge.feed(sample.with_service(SHOP, redis))
    page.table.choose("redis")
    detail = page.detail
    assert not any(b.isVisible() for b in (detail.start, detail.stop, detail.restart))
    assert "never stopped" in text_of(detail)


def test_escape_closes_the_details_and_a_row_opens_them(qtbot, page, bridge) -> None:
    page.escape()
    assert not page.detail.isVisible()
    bridge.feed(SHOP)
    assert not page.detail.isVisible(), "it stays closed"
    page.table.choose("redis")
    assert page.detail.isVisible()


@pytest.mark.parametrize(("width", "hidden"), [(1100, False), (880, True)])
def test_a_narrow_table_leaves_out_what_matters_least(qtbot, window, page, width, hidden) -> None:
    window.resize(width, 600)
    qtbot.waitUntil(lambda: window.width() == width)
    table = page.table
    assert table.isColumnHidden(Column.ADDRESS) is hidden
    assert table.isColumnHidden(Column.RESTARTS) is hidden
    used = sum(table.columnWidth(c) for c in Column if not table.isColumnHidden(c))
    assert used == table.viewport().width()


def test_many_services_scroll_and_leave_room_for_the_details(qtbot, window, page, bridge) -> None:
    many = tuple(msgspec.structs.replace(sample.WORKER, name=f"worker{n}") for n in range(40))
    bridge.feed(msgspec.structs.replace(SHOP, services=many))
    assert page.table.verticalScrollBar().maximum() > 0
    assert page.detail.height() >= 180


def test_a_worker_on_old_code_says_why_and_is_restarted_on_the_new(page, bridge) -> None:
    page.table.choose("worker1")
    assert page.detail.restart.accessibleName() == "Restart"
    bridge.feed(stale())
    assert page.detail.restart.accessibleName() == "Restart on new code"
    assert "tasks/mail.py changed 11:40" in text_of(page.detail)
    page.detail.restart.click()
    assert bridge.commands == [Restart(SHOP.project, ("worker1",))]

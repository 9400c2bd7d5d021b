"""The tray's menu: entries that follow the stack, in words as they are, in two languages."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication

from desktop.engine.commands import Restart, Start, Stop
from desktop.engine.flower_commands import FlowerLink, Link
from desktop.engine.model import Problem, ServiceStatus
from desktop.engine.notices import Notice
from desktop.engine.states import ServiceKind, ServiceState, Severity
from desktop.system import login_item
from desktop.ui.actions import Actions
from desktop.ui.tray import Tray
from desktop.ui.widgets.confirm import Confirm
from desktop.words import set_language, text
from tests.ui import sample
from tests.ui.sample import SHOP, StandInBridge
from tests.ui.sample_cleanup import LEFT_OVER, stale

S = ServiceState


@pytest.fixture
def told(monkeypatch) -> list[tuple[str, str]]:
    return []


@pytest.fixture
def tray(light, bridge, preferences, home, told, tmp_path, monkeypatch) -> Iterator[Tray]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    actions = Actions(bridge, None)
    one = Tray(bridge, preferences, actions, home)
    monkeypatch.setattr(
        one.icon, "showMessage", lambda title, words, _: told.append((title, words))
    )
    yield one
    one.menu.deleteLater()
    one.deleteLater()


def entries(tray: Tray) -> list[str]:
    return [a.text() for a in tray.menu.actions() if a.isVisible() and not a.isSeparator()]


def enabled(*actions: QAction) -> list[bool]:
    return [action.isEnabled() for action in actions]


def test_the_menu_reads_from_state_to_quit(tray: Tray) -> None:
    assert entries(tray) == [
        "acme-shop · 5 of 5 services running",
        "Start all",
        "Stop all",
        "Redis – Running",
        "worker1 – Running",
        "Monitor – Running",
        "Web server – Running",
        "vite – Running",
        "Flower – Stopped",
        "Open Celery Tray",
        "Open web page",
        "Open monitor",
        "Open Flower",
        "Settings",
        "Start at login",
        "Quit, leave services running",
        "Quit and stop everything",
    ]
    assert not tray.status.isEnabled()


def test_entries_are_enabled_when_they_mean_something(tray: Tray, bridge: StandInBridge) -> None:
    assert enabled(tray.start_all, tray.stop_all) == [False, True]
    assert enabled(*tray.pages.values()) == [True, True, False], "Flower is stopped"
    bridge.feed(sample.stopped(SHOP))
    assert enabled(tray.start_all, tray.stop_all) == [True, False]
    assert enabled(*tray.pages.values()) == [False, False, False]
    bridge.feed(None)
    assert enabled(tray.start_all, tray.stop_all) == [False, False]
    assert not tray.services
    assert tray.open_window.isEnabled() and tray.quit_leave.isEnabled()


@pytest.mark.parametrize(
    ("state", "start", "stop", "restart", "force"),
    [
        (S.STOPPED, True, False, False, False),
        (S.STARTING, False, True, False, False),
        (S.RUNNING, False, True, True, False),
        (S.STOPPING, False, False, False, True),
        (S.BACKOFF, True, True, False, False),
        (S.FAILED, True, False, False, False),
        (S.EXTERNAL, False, False, False, False),
    ],
)
def test_a_service_s_entries_fit_its_state(
    tray: Tray, bridge, state: S, start: bool, stop: bool, restart: bool, force: bool
) -> None:
    bridge.feed(sample.with_service(SHOP, msgspec.structs.replace(sample.WORKER, state=state)))
    menu = tray.services["worker1"]
    assert enabled(menu.start, menu.stop, menu.restart) == [start, stop, restart]
    assert menu.force.isVisible() is force
    assert not menu.open.isVisible(), "a worker has no page"
    assert tray.services["web"].open.isVisible()


def test_entries_send_their_commands(tray: Tray, bridge: StandInBridge) -> None:
    menu = tray.services["worker1"]
    for action in (tray.start_all, tray.stop_all, menu.start, menu.stop, menu.restart):
        action.trigger() if action.isEnabled() else action.triggered.emit()
    project, one = SHOP.project, ("worker1",)
    assert bridge.commands == [
        Start(project),
        Stop(project),
        Start(project, one),
        Stop(project, one),
        Restart(project, one),
    ]


def test_the_submenus_follow_the_services_in_their_order(tray: Tray, bridge) -> None:
    services = (sample.VITE, sample.WEB, sample.REDIS)
    bridge.feed(msgspec.structs.replace(SHOP, services=services))
    assert entries(tray)[3:6] == ["vite – Running", "Web server – Running", "Redis – Running"]
    assert "Open monitor" not in entries(tray), "there is none"
    bridge.feed(SHOP)
    assert entries(tray)[3] == "Redis – Running"
    assert list(tray.services) == [one.name for one in SHOP.services]


def test_a_note_stands_beside_the_state(tray: Tray, bridge) -> None:
    bridge.feed(sample.with_service(SHOP, sample.stopping_worker()))
    assert "worker1 – Stopping… (finishing 3 tasks)" in entries(tray)


def test_a_stop_that_takes_long_can_be_forced_after_a_question(tray: Tray, bridge, qapp) -> None:
    bridge.feed(sample.with_service(SHOP, sample.stopping_worker()))
    tray.services["worker1"].force.trigger()
    [dialog] = [
        w for w in QApplication.topLevelWidgets() if isinstance(w, Confirm) and w.isVisible()
    ]
    assert dialog.windowTitle() == "End 3 running tasks?"
    assert bridge.commands == []
    dialog.reject()


def test_hostile_names_are_text(tray: Tray, bridge, told) -> None:
    bridge.feed(sample.hostile(SHOP))
    assert any("<b>bold</b>&&file<img src=x>" in entry for entry in entries(tray))
    assert tray.status.text().startswith("<u>shop</u> && very-long")
    tray.tell(Notice("x", text("{n} <b>x</b>", n="<i>&"), text("<a href='x'>y</a>")))
    assert told == [("‹i>& ‹b>x‹/b>", "‹a href='x'>y‹/a>")]


def test_a_finding_is_an_entry_that_opens_the_window(tray: Tray, bridge, qtbot) -> None:
    assert not tray.finding.isVisible()
    bridge.feed(msgspec.structs.replace(SHOP, findings=(sample.LEFTOVER,)))
    assert entries(tray)[1] == "3 orphaned workers"
    with qtbot.waitSignal(tray.show_window) as shown:
        tray.finding.trigger()
    assert shown.args == ["cleanup", ""]


def test_another_language_reaches_every_entry(tray: Tray, bridge) -> None:
    bridge.feed(msgspec.structs.replace(SHOP, findings=(sample.LEFTOVER,)))
    before = set(entries(tray))
    set_language("zh_CN")
    tray.retranslate()
    names_of_others = {"3 orphaned workers"}
    assert set(entries(tray)) & before <= names_of_others
    menu = tray.services["worker1"]
    chinese = [a.text() for a in menu.menu.actions() if not a.isSeparator()]
    assert chinese[:2] == ["启动", "停止"]
    assert not any(word.isascii() for word in chinese)
    set_language("en")
    tray.retranslate()
    assert set(entries(tray)) == before


def test_the_icon_is_drawn_when_the_state_or_the_desktop_changes(
    tray: Tray, bridge, monkeypatch
) -> None:
    first = tray.icon.icon().cacheKey()
    bridge.feed(msgspec.structs.replace(SHOP, name="other"))
    assert tray.icon.icon().cacheKey() == first, "nothing that the icon shows has changed"
    bridge.feed(sample.stopped(SHOP))
    assert tray.icon.icon().cacheKey() != first
    now = tray.icon.icon().cacheKey()
    monkeypatch.setattr("desktop.ui.tray._scheme_is_dark", lambda: True)
    tray.redraw()
    assert tray.icon.icon().cacheKey() != now
    assert tray.icon.toolTip() == "Celery Tray\nacme-shop · stopped"


def test_on_macos_the_icon_is_a_template(tray: Tray, monkeypatch) -> None:
    assert not tray.icon.icon().isMask()
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: "cocoa")
    tray.redraw()
    assert tray.icon.icon().isMask()


def test_on_macos_a_click_only_opens_the_menu(tray: Tray, qtbot, monkeypatch) -> None:
    click = tray.icon.ActivationReason.Trigger
    with qtbot.waitSignal(tray.show_window):
        tray.icon.activated.emit(click)
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: "cocoa")
    with qtbot.assertNotEmitted(tray.show_window):
        tray.icon.activated.emit(click)


def test_a_click_on_a_notification_leads_to_its_page(tray: Tray, qtbot, told) -> None:
    tray.tell(Notice("a", text("A"), text("b"), Severity.CRITICAL, "services", "web"))
    with qtbot.waitSignal(tray.show_window) as shown:
        tray.icon.messageClicked.emit()
    assert shown.args == ["services", "web"]


def test_the_same_problem_is_told_once_until_the_engine_answers(tray: Tray, bridge, told) -> None:
    for _ in range(3):
        tray.tell_problem(sample.CRASH)
    assert len(told) == 1
    bridge.feed(SHOP)
    tray.tell_problem(sample.CRASH)
    assert len(told) == 2


def test_start_at_login_writes_the_entry_for_this_project(tray: Tray) -> None:
    tray.menu.aboutToShow.emit()
    assert not tray.at_login.isChecked()
    tray.at_login.trigger()
    status = login_item.current().status()
    assert status.enabled and status.launch.project == SHOP.project
    login_item.current().disable()
    tray.menu.aboutToShow.emit()
    assert not tray.at_login.isChecked(), "it was changed elsewhere"


def test_an_entry_that_can_t_be_written_is_told(tray: Tray, told, monkeypatch) -> None:
    def refuse() -> login_item.LoginItem:
        return login_item.NoLoginItem()

    monkeypatch.setattr(login_item, "current", refuse)
    tray.at_login.trigger()
    assert told[0][0] == "Starting at login is not supported on this system."


def test_pages_are_opened_by_their_address(tray: Tray, monkeypatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(tray.actions, "open_url", opened.append)
    for action in tray.pages.values():
        action.trigger()
    assert opened == ["http://127.0.0.1:8000/", "http://127.0.0.1:8001/"]
    tray.services["vite"].open.trigger()
    assert opened[-1] == "http://127.0.0.1:5173/"


def test_flower_is_opened_signed_in(tray: Tray, bridge, monkeypatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(tray.actions, "open_url", opened.append)
    failed: list[Problem] = []
    tray.actions.failed.connect(failed.append)
    flower = ServiceStatus(
        "flower", ServiceKind.FLOWER, ServiceState.RUNNING, url="http://127.0.0.1:5555/"
    )
    bridge.feed(msgspec.structs.replace(SHOP, services=(*SHOP.services, flower)))
    bridge.answers[FlowerLink] = Link("http://127.0.0.1:5555/celery-tray/sign-in?link=1")
    tray.pages[ServiceKind.FLOWER].trigger()
    tray.services["flower"].open.trigger()
    assert opened == ["http://127.0.0.1:5555/celery-tray/sign-in?link=1"] * 2
    bridge.answers[FlowerLink] = sample.CRASH
    tray.pages[ServiceKind.FLOWER].trigger()
    assert failed == [sample.CRASH] and len(opened) == 2


def test_leftovers_have_an_entry_of_their_own_that_opens_the_cleanup(tray, bridge, qtbot) -> None:
    assert not tray.cleanup.isVisible()
    about_them = msgspec.structs.replace(LEFT_OVER, findings=(sample.LEFTOVER,))
    bridge.feed(about_them)
    assert entries(tray)[1:3] == ["Clean up… (3)", "Start all"], "and the finding is not told twice"
    with qtbot.waitSignal(tray.show_window) as shown:
        tray.cleanup.trigger()
    assert shown.args == ["cleanup", ""]
    bridge.feed(SHOP)
    assert not tray.cleanup.isVisible()


def test_a_worker_on_old_code_is_restarted_on_the_new(tray, bridge) -> None:
    menu = tray.services["worker1"]
    assert menu.restart.text() == "Restart"
    bridge.feed(stale())
    assert menu.restart.text() == "Restart on new code"
    assert tray.services["web"].restart.text() == "Restart"
    menu.restart.trigger()
    assert bridge.commands == [Restart(SHOP.project, ("worker1",))]

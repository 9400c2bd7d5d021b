"""The program around tray and window: questions, notices, quitting, language, one instance."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QApplication

from desktop.engine.commands import Existing, Start, StartReport, Stop, StopReport
from desktop.engine.config import StackConfig
from desktop.engine.errors import EngineError
from desktop.engine.flower import missing
from desktop.engine.flower_commands import Install
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner, Role, ServiceState
from desktop.paths import Home
from desktop.ui import app as app_module
from desktop.ui.actions import Actions
from desktop.ui.app import Desktop
from desktop.ui.notifier import Notifier
from desktop.ui.quitting import Quitting
from desktop.ui.single_instance import SingleInstance
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.confirm import Confirm
from desktop.words import set_language
from tests.ui import sample
from tests.ui.sample import SHOP, StandInBridge
from tests.ui.test_window import press, text_of

OTHERS = StartReport(
    existing=(WorkerRow(4711, 1.0, Role.WORKER, Owner.EXTERNAL, command="celery"),)
)


class AskedBridge(StandInBridge):
    """Answers when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.answer: asyncio.Future[object] = self.loop.create_future()

    async def ask(self, command: object) -> object:
        self.commands.append(command)  # type: ignore[arg-type]
        return await self.answer


def dialogs() -> list[Confirm]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, Confirm) and w.isVisible()]


# --- quit and stop everything -----------------------------------------------------------------


class Quit:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bridge = AskedBridge()
        monkeypatch.setattr(asyncio, "get_event_loop", lambda: self.bridge.loop)
        self.quitting = Quitting(self.bridge, Actions(self.bridge, None))  # type: ignore[arg-type]
        self.said: list[object] = []
        self.quitting.done.connect(lambda: self.said.append("done"))
        self.quitting.failed.connect(lambda problem: self.said.append(problem.code))

    def run(self) -> None:
        for _ in range(5):
            self.bridge.loop.run_until_complete(asyncio.sleep(0))

    def busy(self) -> None:
        self.bridge.feed(sample.with_service(SHOP, sample.stopping_worker()))


@pytest.fixture
def quitting(light, monkeypatch) -> Iterator[Quit]:
    one = Quit(monkeypatch)
    yield one
    one.quitting.cancel()
    one.run()
    one.bridge.loop.close()


def test_it_leaves_when_everything_has_stopped(quitting: Quit) -> None:
    quitting.quitting.begin()
    quitting.run()
    assert quitting.bridge.commands == [Stop(SHOP.project)]
    assert quitting.said == [] and not dialogs()
    quitting.bridge.answer.set_result(StopReport(("worker1",)))
    quitting.run()
    assert quitting.said == ["done"]


def test_with_nothing_running_it_leaves_at_once(quitting: Quit) -> None:
    quitting.bridge.feed(sample.stopped(SHOP))
    quitting.quitting.begin()
    assert quitting.said == ["done"] and not quitting.bridge.commands


def test_running_tasks_are_told_while_they_are_waited_for(quitting: Quit) -> None:
    quitting.quitting.begin()
    quitting.run()
    quitting.busy()
    [dialog] = dialogs()
    assert "worker1: finishing 3 tasks" in text_of(dialog)
    words = [button.accessibleName() for button in dialog.findChildren(Button)]
    assert words == ["Cancel", "Force stop…", "Wait"]
    quitting.bridge.answer.set_result(StopReport(("worker1",)))
    quitting.run()
    assert quitting.said == ["done"] and not dialogs()


def test_wait_puts_the_words_away_and_still_leaves(quitting: Quit, window) -> None:
    quitting.quitting.begin()
    quitting.run()
    quitting.busy()
    press(window, dialogs()[0], "Wait")
    quitting.busy()
    assert not dialogs(), "once is enough"
    quitting.quitting.begin()
    assert dialogs(), "unless it is asked for again"
    press(window, dialogs()[0], "Wait")
    quitting.bridge.answer.set_result(StopReport())
    quitting.run()
    assert quitting.said == ["done"]


def test_cancel_stays(quitting: Quit, window) -> None:
    quitting.quitting.begin()
    quitting.run()
    quitting.busy()
    press(window, dialogs()[0], "Cancel")
    quitting.run()
    assert quitting.bridge.answer.cancelled()
    assert quitting.said == [] and not dialogs()


def test_force_asks_first_and_names_the_tasks(quitting: Quit, window) -> None:
    quitting.quitting.begin()
    quitting.run()
    quitting.busy()
    press(window, dialogs()[0], "Force stop…")
    [question] = dialogs()
    assert "shop.search.rebuild_index" in text_of(question)
    press(window, question, "Force stop")
    assert quitting.bridge.commands[-1] == Stop(SHOP.project, ("worker1",), force=True)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (StopReport(busy=("web",)), "did-not-stop"),
        (EngineError.of(sample.CRASH), sample.CRASH.code),
    ],
)
def test_what_did_not_stop_keeps_it_open_and_is_told(
    quitting: Quit, answer: object, code: str
) -> None:
    quitting.quitting.begin()
    quitting.run()
    if isinstance(answer, Exception):
        quitting.bridge.answer.set_exception(answer)
    else:
        quitting.bridge.answer.set_result(answer)
    quitting.run()
    assert quitting.said == [code]


# --- the program ------------------------------------------------------------------------------


class LinkedBridge(StandInBridge):
    def __init__(self, *_: object) -> None:
        super().__init__()

    async def run(self) -> None:
        await asyncio.Event().wait()


@pytest.fixture
def program(qapp, home, tmp_path, monkeypatch) -> Iterator[Desktop]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(app_module, "Bridge", LinkedBridge)
    monkeypatch.setenv("CELERY_TRAY_LANGUAGE", "en")
    home.make()
    one = Desktop(qapp, home, SHOP.project)
    one.told = []  # type: ignore[attr-defined]
    monkeypatch.setattr(
        one.tray.icon,
        "showMessage",
        lambda title, words, _: one.told.append(title),  # type: ignore[attr-defined]
    )
    yield one
    if one.window:
        one.window.hide()
        one.window.deleteLater()
    for part in (one.tray, one.notifier, one.quitting):
        part.deleteLater()


def test_workers_that_already_run_are_a_question_without_a_window(program, window) -> None:
    program.bridge.existing_found.emit(Start(SHOP.project), OTHERS)
    [dialog] = dialogs()
    assert "1 worker of this app already runs" in text_of(dialog)
    assert program.window is None, "the question stands alone"
    press(window, dialog, "Replace safely")
    assert program.bridge.commands == [Start(SHOP.project, existing=Existing.REPLACE)]


def test_with_the_window_open_the_question_belongs_to_it(program, qtbot) -> None:
    program.show_window()
    program.bridge.existing_found.emit(Start(SHOP.project), OTHERS)
    [dialog] = program.window.findChildren(Confirm)
    assert dialog.isVisible()
    dialog.reject()


def test_at_login_the_question_waits_until_somebody_comes(program) -> None:
    program._at_login = Start(SHOP.project)
    program.bridge.existing_found.emit(program._at_login, OTHERS)
    assert not dialogs() and program.told == ["1 worker of this app already runs"]
    program.tray.icon.messageClicked.emit()
    [dialog] = program.window.findChildren(Confirm)
    assert dialog.isVisible()
    dialog.reject()
    program.show_window()
    assert not [d for d in program.window.findChildren(Confirm) if d.isVisible()], "asked once"


@pytest.mark.parametrize(
    ("python", "choice", "word"),
    [
        ("", "Install", Install.OURS),
        ("/home/ada/shop/.venv/bin/python", "For Celery Tray alone", Install.OURS),
        ("/home/ada/shop/.venv/bin/python", "Into the project", Install.PROJECT),
    ],
)
def test_where_flower_may_be_installed_is_a_question(
    program, window, python: str, choice: str, word: Install
) -> None:
    config = StackConfig(project="/home/ada/shop", python=python, bundled=not python)
    problem = missing.problem(config, Home(Path("/home/ada/.celery-tray")))
    program.bridge.flower_missing.emit(Start(SHOP.project), problem)
    [dialog] = dialogs()
    said = text_of(dialog)
    assert "Flower is not installed." in said
    assert ("/home/ada/shop/.venv" in said) == bool(python), "the very folder is named"
    assert program.bridge.commands == [], "nothing is installed before the answer"
    press(window, dialog, choice)
    assert program.bridge.commands == [Start(SHOP.project, ("flower",), install=word)]


def test_at_login_nobody_is_asked_about_flower(program) -> None:
    program._at_login = Start(SHOP.project)
    program.bridge.flower_missing.emit(
        program._at_login, missing.problem(None, Home(Path("/home/ada/.celery-tray")))
    )
    assert not dialogs()


def test_where_the_desktop_has_no_tray_the_window_stays_and_says_so(program, monkeypatch) -> None:
    monkeypatch.setattr(app_module, "TRAY_WAIT_S", 0.0)
    monkeypatch.setattr(app_module, "TRAY_POLL_S", 0.0)
    monkeypatch.setattr(app_module.QSystemTrayIcon, "isSystemTrayAvailable", lambda: False)
    asyncio.run(program._without_tray())
    assert program.window.isVisible()
    assert program.window.statusBar().currentMessage() == (
        "This desktop has no tray, so Celery Tray stays in this window."
    )


def test_quit_asks_what_becomes_of_the_services(program, window) -> None:
    program.ask_quit()
    [dialog] = dialogs()
    press(window, dialog, "Leave running")
    assert program._leave.is_set() and not program.bridge.commands


def test_a_failure_behind_the_closed_window_is_told(program) -> None:
    program.bridge.feed(SHOP)
    program.bridge.feed(sample.with_service(SHOP, sample.failed_worker()))
    assert program.told == ["worker1 exits right after its start."]


def test_who_wants_no_notices_gets_none(program) -> None:
    program.preferences.notifications = False
    program.bridge.feed(SHOP)
    program.bridge.feed(sample.with_service(SHOP, sample.failed_worker()))
    assert program.told == []


def test_a_moved_program_is_mended_at_the_start(program, monkeypatch) -> None:
    from desktop.system import login_item

    with monkeypatch.context() as then:
        then.setattr(sys, "executable", "/gone/python")
        login_item.current().enable(login_item.Launch(True))
    program._mend_login_item()
    status = login_item.current().status()
    assert not status.stale and status.start_stack


def test_qt_s_own_words_follow_the_language(program) -> None:
    def cancel() -> str:
        return QCoreApplication.translate("QPlatformTheme", "Cancel")

    assert cancel() == "Cancel"
    program.preferences.language = "zh_CN"
    assert cancel() == "取消"
    assert program.tray.start_all.text() == "全部启动"
    program.preferences.language = "en"
    assert cancel() == "Cancel"
    set_language("en")


def test_the_clock_alone_brings_the_news_of_a_lost_engine(qtbot, preferences, monkeypatch) -> None:
    bridge = StandInBridge()
    notifier = Notifier(bridge, preferences, lambda: None)  # type: ignore[arg-type]
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("desktop.ui.notifier.time", SimpleNamespace(monotonic=lambda: clock.now))
    bridge.feed(SHOP)
    bridge.feed(None)
    assert notifier._timer.isActive()
    clock.now = 60.0
    with qtbot.waitSignal(notifier.told) as told:
        notifier._timer.timeout.emit()
    assert told.args[0].id == "engine-out-of-reach"
    assert not notifier._timer.isActive()


# --- one instance -----------------------------------------------------------------------------


def test_a_second_one_raises_the_first(qtbot, home: Home) -> None:
    home.make()
    first = SingleInstance(home)
    assert first.take()
    with qtbot.waitSignal(first.raised):
        assert not SingleInstance(home).take()
    first.release()
    again = SingleInstance(home)
    assert again.take()
    again.release()


def test_a_killed_one_is_in_nobody_s_way(qapp, home: Home) -> None:
    home.make()
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "from PySide6.QtCore import QCoreApplication\n"
        "from desktop.paths import Home\nfrom desktop.ui.single_instance import SingleInstance\n"
        "app = QCoreApplication([])\none = SingleInstance(Home(Path(sys.argv[1])))\n"
        "assert one.take()\nos.write(1, b'taken')\napp.exec()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(home.root)],
        stdout=subprocess.PIPE,
        cwd=os.getcwd(),  # noqa: PTH109
    )
    assert other.stdout and other.stdout.read(5) == b"taken"
    other.send_signal(signal.SIGKILL)
    other.communicate()
    one = SingleInstance(home)
    assert one.take()
    one.release()


# --- the binding ------------------------------------------------------------------------------


class _Source(QObject):
    fired = Signal()


def test_qt_s_binding_keeps_its_reference_counts(qapp) -> None:
    """PySide6 6.12.0 below Python 3.12 lost one for each void call and each emit, until it died."""
    source = _Source()
    for _ in range(100):
        source.setObjectName("x")
        source.fired.emit()
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(3000):
        source.setObjectName("x")
        source.blockSignals(False)
        source.fired.emit()
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert all(abs(now - then) < 300 for now, then in zip(after, before, strict=True))


def test_a_stack_in_every_state_is_shown_by_the_whole_program(program) -> None:
    for state in ServiceState:
        worker = msgspec.structs.replace(sample.WORKER, state=state)
        program.bridge.feed(sample.with_service(SHOP, worker))
    program.bridge.feed(None)
    assert program.tray.status.text() == "Connecting to the engine…"

"""The desktop program, put together: loop, bridge, tray first, window when it is wanted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QLibraryInfo,
    QLocale,
    Qt,
    QtMsgType,
    QTranslator,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

import qasync  # isort: skip - it has to find PySide6 imported

from desktop.engine.commands import Start, StartReport
from desktop.engine.errors import TrayError
from desktop.engine.model import Problem
from desktop.engine.notices import Notice
from desktop.engine.states import ALIVE, Severity
from desktop.paths import Home
from desktop.system import login_item
from desktop.ui import theme
from desktop.ui.actions import Actions
from desktop.ui.bridge import Bridge
from desktop.ui.notifier import Notifier
from desktop.ui.preferences import Preferences
from desktop.ui.quitting import Quitting
from desktop.ui.single_instance import SingleInstance
from desktop.ui.tray import Tray
from desktop.words import Text, set_language, system_language, text, textn, tr

if TYPE_CHECKING:
    from desktop.ui.window import StatusWindow

log = logging.getLogger(__name__)

TRAY_WAIT_S = 5.0
"""At login the panel may come later than we do."""
TRAY_POLL_S = 0.5


def run(home: Home, project: str, *, hidden: bool = False, start_stack: bool = False) -> int:
    """Run until the person quits. Exit code 0, also when another instance was raised."""
    home.make()
    logging.basicConfig(filename=home.root / "tray.log", level=logging.INFO)
    (home.root / "tray.log").chmod(0o600)
    qInstallMessageHandler(_on_qt_message)
    app = QApplication(["celery-tray"])
    app.setApplicationName("Celery Tray")
    app.setDesktopFileName("celery-tray")
    app.setQuitOnLastWindowClosed(False)
    instance = SingleInstance(home, app)
    if not instance.take():
        return 0
    desktop = Desktop(app, home, project)
    instance.raised.connect(desktop.show_window)
    sys.excepthook = desktop.on_exception
    with qasync.QEventLoop(app) as loop:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(desktop.run(hidden=hidden, start_stack=start_stack))
    return 0


class Desktop:
    """The program's parts, and what happens between them."""

    def __init__(self, app: QApplication, home: Home, project: str) -> None:
        self._app = app
        self._home = home
        self.preferences = Preferences(home, app)
        self._qt_words = QTranslator(app)
        self._translate()
        self.themes = theme.ThemeWatcher(app, self.preferences.theme)
        self.bridge = Bridge(home, project, app)
        self.window: StatusWindow | None = None
        self._actions = Actions(self.bridge, None)
        self._actions.setParent(app)
        self.tray = Tray(self.bridge, self.preferences, self._actions, home, app)
        self.notifier = Notifier(self.bridge, self.preferences, lambda: self.window, app)
        self.quitting = Quitting(self.bridge, self._actions, app)
        self._leave = asyncio.Event()
        self._at_login: Start | None = None
        self._question: tuple[Start, StartReport] | None = None
        self._connect()

    def _connect(self) -> None:
        self.tray.show_window.connect(self.show_window)
        self.tray.quit_leaving.connect(self._leave.set)
        self.tray.quit_stopping.connect(self.quitting.begin)
        self.quitting.done.connect(self._leave.set)
        self.quitting.failed.connect(self._on_problem)
        self.notifier.told.connect(self.tray.tell)
        self.bridge.command_failed.connect(self._on_problem)
        self.bridge.existing_found.connect(self._on_existing_found)
        self.bridge.flower_missing.connect(self._on_flower_missing)
        self._actions.failed.connect(self._on_problem)
        self.preferences.changed.connect(self._on_preference)
        self.themes.changed.connect(self.tray.redraw)
        # The bar follows the desktop also where a theme of its own is forced on the window.
        self._app.styleHints().colorSchemeChanged.connect(self.tray.redraw)

    async def run(self, *, hidden: bool, start_stack: bool) -> None:
        """Live until asked to leave."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, self._leave.set)
        linked = loop.create_task(self.bridge.run())
        self.tray.show()
        if not hidden:
            self.show_window()
        showing = loop.create_task(self._without_tray())
        if start_stack:
            self._at_login = Start(self.bridge.project)
            self.bridge.submit(self._at_login)
        self._mend_login_item()
        await self._leave.wait()
        self.quitting.cancel()
        self.tray.icon.hide()
        for task in (linked, showing):
            task.cancel()
        await asyncio.gather(linked, showing, return_exceptions=True)

    # --- the window -------------------------------------------------------------------------

    def show_window(self, page: str = "", argument: str = "") -> None:
        """Bring the window to the front, made when it is first wanted."""
        if self.window is None:
            from desktop.ui.window import StatusWindow

            self.window = StatusWindow(self.bridge, self.preferences, self._home)
            self.window.quit_requested.connect(self.ask_quit)
            self.window.choose_project_requested.connect(self._choose_project)
        if page:
            self.window.show_page(page, argument)
        self.window.setWindowState(self.window.windowState() & ~Qt.WindowState.WindowMinimized)
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()
        if self._question is not None:
            (command, report), self._question = self._question, None
            self.window.actions_.ask_existing(command, report)

    async def _without_tray(self) -> None:
        """Where the desktop has no tray, the window stays, and says so."""
        waited_s = 0.0
        while not QSystemTrayIcon.isSystemTrayAvailable():
            await asyncio.sleep(TRAY_POLL_S)
            waited_s += TRAY_POLL_S
            if waited_s >= TRAY_WAIT_S:
                self.show_window()
                assert self.window is not None  # noqa: S101 - just made
                self.window.statusBar().showMessage(
                    tr("This desktop has no tray, so Celery Tray stays in this window.")
                )
                return
        self.tray.show()

    def _choose_project(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(self.window, tr("Choose your Celery project's folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.bridge.set_project)
        dialog.open()

    # --- questions --------------------------------------------------------------------------

    def _on_existing_found(self, command: Start, report: StartReport) -> None:
        if command is self._at_login:
            # Nobody sits there waiting for a question: it is asked when somebody comes.
            self._question = (command, report)
            self.tray.tell(_existing_at_login(report))
            return
        self._asking.ask_existing(command, report)

    def _on_flower_missing(self, command: Start, problem: Problem) -> None:
        if command is not self._at_login:  # its card tells it to whoever comes
            self._asking.ask_install_flower(command, problem)

    @property
    def _asking(self) -> Actions:
        """Questions belong to the window while it is seen."""
        window = self.window
        return window.actions_ if window and window.isVisible() else self._actions

    def ask_quit(self) -> None:
        """Quit: leave the services running, or stop them?"""
        stack = self.bridge.stack
        if stack is None or not any(one.state in ALIVE for one in stack.services):
            self._leave.set()
            return
        actions = self.window.actions_ if self.window else self._actions
        box = actions.question(
            tr("Stop the services too?"),
            tr("They can go on without the tray. Workers that stop finish their tasks first."),
        )
        box.offer(tr("Stop everything"), self.quitting.begin)
        box.offer(tr("Leave running"), self._leave.set, "primary")
        box.open()

    # --- what happens -----------------------------------------------------------------------

    def _on_problem(self, problem: Problem) -> None:
        if not self.notifier.window_active:
            self.tray.tell_problem(problem)
        elif self.window is not None:
            self.window.show_trouble(problem)

    def _mend_login_item(self) -> None:
        try:
            if login_item.mend(login_item.current()):
                log.info("the login item named a program that has moved; it names this one now")
        except TrayError as error:
            log.warning("the login item can't be mended: %s", error)

    def _on_preference(self, name: str) -> None:
        if name == "language":
            self._translate()
            self.tray.retranslate()
            if self.window:
                self.window.retranslate()
        elif name == "theme":
            self.themes.set_mode(self.preferences.theme)

    def _translate(self) -> None:
        # A program that macOS starts has no language in its environment: Qt asks the system.
        wanted = self.preferences.language or system_language() or QLocale.system().name()
        language = set_language(wanted)
        self._app.removeTranslator(self._qt_words)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if self._qt_words.load(QLocale(language), "qtbase", "_", folder):
            self._app.installTranslator(self._qt_words)

    def on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """A defect in a slot: logged in whole, told in a line."""
        log.error("unexpected", exc_info=(kind, error, trace))
        self.tray.tell_problem(
            Problem(
                "defect",
                text("Something in Celery Tray itself went wrong."),
                text("The details are in {path}.", path=str(self._home.root / "tray.log")),
                Text(""),
            )
        )


def _existing_at_login(report: StartReport) -> Notice:
    return Notice(
        "existing-at-login",
        textn(
            "{n} worker of this app already runs",
            "{n} workers of this app already run",
            len(report.existing),
        ),
        text("So nothing was started. Open the window to choose what happens to them."),
        Severity.WARNING,
    )


def _on_qt_message(kind: QtMsgType, context: object, message: str) -> None:
    log.warning("Qt: %s", message)

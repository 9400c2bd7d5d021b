"""The desktop program, put together: loop, bridge, tray first, window when it is wanted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QLocale, QtMsgType, QTranslator, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QMessageBox, QSystemTrayIcon

import qasync  # isort: skip - it has to find PySide6 imported

from desktop.engine.commands import Start, Stop, StopReport
from desktop.engine.errors import TrayError
from desktop.engine.states import ALIVE
from desktop.paths import Home
from desktop.ui import theme
from desktop.ui.bridge import Bridge
from desktop.ui.preferences import Preferences
from desktop.ui.single_instance import SingleInstance
from desktop.ui.tray import Tray
from desktop.words import set_language, tr

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
        self.tray = Tray(self.bridge, self.preferences, app)
        self.window: StatusWindow | None = None
        self._leave = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()
        self.tray.show_window.connect(self.show_window)
        self.tray.quit_leaving.connect(self._leave.set)
        self.tray.quit_stopping.connect(self._on_quit_stopping)
        self.preferences.changed.connect(self._on_preference)
        self.themes.changed.connect(self.tray.refresh_icon)

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
            self.bridge.submit(Start(self.bridge.project))
        await self._leave.wait()
        self.tray.icon.hide()
        for task in (linked, showing, *self._closing):
            task.cancel()
        await asyncio.gather(linked, showing, *self._closing, return_exceptions=True)

    def show_window(self, page: str = "", argument: str = "") -> None:
        """Bring the window to the front, made when it is first wanted."""
        if self.window is None:
            from desktop.ui.window import StatusWindow

            self.window = StatusWindow(self.bridge, self.preferences, self._home)
            self.window.quit_requested.connect(self.ask_quit)
            self.window.choose_project_requested.connect(self._choose_project)
        if page:
            self.window.show_page(page, argument)
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()

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

    def ask_quit(self) -> None:
        """Quit: leave the services running, or stop them?"""
        stack = self.bridge.stack
        if stack is None or not any(one.state in ALIVE for one in stack.services):
            self._leave.set()
            return
        box = QMessageBox(self.window)
        box.setWindowTitle("Celery Tray")
        box.setText(tr("Stop the services too?"))
        box.setInformativeText(
            tr("They can go on without the tray. Workers that stop finish their tasks first.")
        )
        leave = box.addButton(tr("Leave running"), QMessageBox.ButtonRole.AcceptRole)
        stop = box.addButton(tr("Stop everything"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(leave)

        def answered() -> None:
            if box.clickedButton() is leave:
                self._leave.set()
            elif box.clickedButton() is stop:
                self._on_quit_stopping()
            box.deleteLater()

        box.finished.connect(answered)
        box.open()

    def _on_quit_stopping(self) -> None:
        task = asyncio.get_event_loop().create_task(self._stop_and_leave())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _stop_and_leave(self) -> None:
        try:
            report = await self.bridge.ask(Stop(self.bridge.project))
        except TrayError as error:
            self.bridge.command_failed.emit(error.problem)
            return
        if isinstance(report, StopReport) and not report.busy:
            self._leave.set()

    def _choose_project(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(self.window, tr("Choose your Celery project's folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.bridge.set_project)
        dialog.open()

    def _on_preference(self, name: str) -> None:
        if name == "language":
            self._translate()
            self.tray.retranslate()
            if self.window:
                self.window.retranslate()
        elif name == "theme":
            self.themes.set_mode(self.preferences.theme)

    def _translate(self) -> None:
        language = set_language(self.preferences.language)
        self._app.removeTranslator(self._qt_words)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if self._qt_words.load(QLocale(language), "qtbase", "_", folder):
            self._app.installTranslator(self._qt_words)

    def on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """A defect in a slot: logged in whole, told in a line."""
        log.error("unexpected", exc_info=(kind, error, trace))
        self.tray.notify(
            tr("Something in Celery Tray itself went wrong."),
            tr("The details are in {path}.", path=str(self._home.root / "tray.log")),
        )


def _on_qt_message(kind: QtMsgType, context: object, message: str) -> None:
    log.warning("Qt: %s", message)

"""The tray: an icon that tells the state, and a menu with everything that can be done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QGuiApplication, QPalette
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from desktop.engine.commands import Restart, Start, Stop
from desktop.engine.errors import TrayError
from desktop.engine.model import Problem, ServiceStatus, StackStatus
from desktop.engine.states import ALIVE, UP, ServiceKind, ServiceState
from desktop.system import login_item, reveal
from desktop.ui import icons
from desktop.ui.bridge import Bridge
from desktop.ui.phrases import service_state, service_title
from desktop.ui.preferences import Preferences
from desktop.ui.tray_icon import tray_icon
from desktop.ui.tray_state import TrayState, can_start, can_stop, sentence, tray_state
from desktop.words import tr

OPENABLE = (ServiceKind.WEB, ServiceKind.MONITOR, ServiceKind.FLOWER)


class Tray(QObject):
    """The tray icon and its menu, kept up to date in place."""

    show_window = Signal(str, str)
    """A page and its argument; "" for whatever was shown last."""
    quit_leaving = Signal()
    quit_stopping = Signal()

    def __init__(
        self, bridge: Bridge, preferences: Preferences, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._preferences = preferences
        self._shown: tuple[TrayState, bool] | None = None
        self._services: dict[str, ServiceMenu] = {}
        self.menu = QMenu()
        self._build()
        self.icon = QSystemTrayIcon(self)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._on_activated)
        self.icon.messageClicked.connect(lambda: self.show_window.emit("", ""))
        bridge.stack_changed.connect(self.update)
        bridge.command_failed.connect(self._on_command_failed)
        self.menu.aboutToShow.connect(self._look_at_login)
        self.retranslate()

    def show(self) -> None:
        """Put the icon into the bar."""
        self.icon.show()

    def _build(self) -> None:
        self.status = self._add(lambda: None)
        self.status.setEnabled(False)
        self.menu.addSeparator()
        self.start_all = self._add(lambda: self._bridge.submit(Start(self._bridge.project)), "play")
        self.stop_all = self._add(lambda: self._bridge.submit(Stop(self._bridge.project)), "stop")
        self.menu.addSeparator()
        self._after_services = self.menu.addSeparator()
        self.open_window = self._add(lambda: self.show_window.emit("", ""))
        self.pages = {kind: self._add(lambda kind=kind: self._open(kind)) for kind in OPENABLE}  # type: ignore[misc]
        self.settings = self._add(lambda: self.show_window.emit("settings", ""))
        self.at_login = self._add(self._toggle_login)
        self.at_login.setCheckable(True)
        self.menu.addSeparator()
        self.quit_leave = self._add(self.quit_leaving.emit)
        self.quit_stop = self._add(self.quit_stopping.emit)

    def _add(self, act: Callable[[], object], icon: str = "") -> QAction:
        action = QAction(self.menu)
        if icon:
            action.setIcon(icons.icon(icon))
        action.triggered.connect(lambda _checked=False: act())
        self.menu.addAction(action)
        return action

    def retranslate(self) -> None:
        """Put the words of the present language in."""
        self.start_all.setText(tr("Start all"))
        self.stop_all.setText(tr("Stop all"))
        self.open_window.setText(tr("Open Celery Tray"))
        self.pages[ServiceKind.WEB].setText(tr("Open web page"))
        self.pages[ServiceKind.MONITOR].setText(tr("Open monitor"))
        self.pages[ServiceKind.FLOWER].setText(tr("Open Flower"))
        self.settings.setText(tr("Settings…"))
        self.at_login.setText(tr("Start at login"))
        self.quit_leave.setText(tr("Quit, leave services running"))
        self.quit_stop.setText(tr("Quit and stop everything"))
        for menu in self._services.values():
            menu.retranslate()
        self.update(self._bridge.stack)

    def update(self, stack: StackStatus | None) -> None:
        """Show a stack."""
        self.status.setText(sentence(stack))
        self.icon.setToolTip(f"Celery Tray\n{sentence(stack)}")
        self.start_all.setEnabled(can_start(stack))
        self.stop_all.setEnabled(can_stop(stack))
        services = stack.services if stack else ()
        for name in set(self._services) - {one.name for one in services}:
            gone = self._services.pop(name)
            self.menu.removeAction(gone.menu.menuAction())
            gone.menu.deleteLater()
        for one in services:
            if one.name not in self._services:
                self._services[one.name] = made = ServiceMenu(one, self)
                self.menu.insertMenu(self._after_services, made.menu)
            self._services[one.name].update(one)
        for kind, action in self.pages.items():
            action.setVisible(any(one.kind is kind for one in services))
            action.setEnabled(any(one.kind is kind and one.state in UP for one in services))
        self.refresh_icon(stack)

    def refresh_icon(self, stack: StackStatus | None = None) -> None:
        """Draw the icon again when the state or the bar's brightness changed."""
        state = tray_state(stack or self._bridge.stack)
        dark = _bar_is_dark()
        if (state, dark) != self._shown:
            self._shown = (state, dark)
            template = QGuiApplication.platformName() == "cocoa"
            self.icon.setIcon(tray_icon(state, dark_bar=dark, template=template))

    def submit(self, command: Start | Stop | Restart) -> None:
        self._bridge.submit(command)

    @property
    def project(self) -> str:
        return self._bridge.project

    def _open(self, kind: ServiceKind) -> None:
        stack = self._bridge.stack
        for one in stack.services if stack else ():
            if one.kind is kind and one.url:
                self.open_url(one.url)

    def open_url(self, url: str) -> None:
        try:
            reveal.open_url(url)
        except TrayError as error:
            self._on_command_failed(error.problem)

    def _look_at_login(self) -> None:
        self.at_login.setChecked(login_item.current().status().enabled)

    def _toggle_login(self) -> None:
        item = login_item.current()
        try:
            if item.status().enabled:
                item.disable()
            else:
                item.enable(self._preferences.start_stack_at_login)
        except TrayError as error:
            self._on_command_failed(error.problem)

    def notify(self, title: str, words: str) -> None:
        """A notification of the desktop."""
        self.icon.showMessage(title, words, self.icon.icon())

    def _on_command_failed(self, problem: Problem) -> None:
        self.notify(str(problem.title), f"{problem.message} {problem.next_step}".strip())

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        # On macOS a click opens the menu and nothing may stand behind the click alone.
        if (
            reason is QSystemTrayIcon.ActivationReason.Trigger
            and QGuiApplication.platformName() != "cocoa"
        ):
            self.show_window.emit("", "")


class ServiceMenu:
    """The submenu of one service."""

    def __init__(self, service: ServiceStatus, tray: Tray) -> None:
        self._tray = tray
        self._service = service
        self.menu = QMenu(tray.menu)
        self.start = self._add(lambda: tray.submit(Start(tray.project, (self._service.name,))))
        self.stop = self._add(lambda: tray.submit(Stop(tray.project, (self._service.name,))))
        self.restart = self._add(lambda: tray.submit(Restart(tray.project, (self._service.name,))))
        self.menu.addSeparator()
        self.log = self._add(lambda: tray.show_window.emit("logs", self._service.name))
        self.open = self._add(lambda: tray.open_url(self._service.url))
        self.retranslate()

    def _add(self, act: Callable[[], object]) -> QAction:
        action = QAction(self.menu)
        action.triggered.connect(lambda _checked=False: act())
        self.menu.addAction(action)
        return action

    def retranslate(self) -> None:
        self.start.setText(tr("Start"))
        self.stop.setText(tr("Stop"))
        self.restart.setText(tr("Restart"))
        self.log.setText(tr("Show log"))
        self.open.setText(tr("Open"))
        self.update(self._service)

    def update(self, service: ServiceStatus) -> None:
        self._service = service
        note = f" ({service.note})" if service.note else ""
        title = service_title(service)
        self.menu.setTitle(f"{title} – {service_state(service.state)}{note}".replace("&", "&&"))
        self.menu.setIcon(icons.state_glyph(service.state))
        state = service.state
        self.start.setEnabled(
            state in {ServiceState.STOPPED, ServiceState.FAILED, ServiceState.BACKOFF}
        )
        self.stop.setEnabled(state in ALIVE | {ServiceState.BACKOFF, ServiceState.FAILED})
        self.restart.setEnabled(state is ServiceState.RUNNING)
        self.open.setVisible(service.url.startswith("http"))
        self.open.setEnabled(state in UP)


def _bar_is_dark() -> bool:
    """Whether light glyphs are needed. Qt does not tell the bar's colour; the theme's is near."""
    palette = QGuiApplication.palette()
    return palette.color(QPalette.ColorRole.Window).lightness() < 128

"""The tray: an icon that tells the state, and a menu with everything that can be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from desktop.engine.commands import Start, Stop
from desktop.engine.errors import TrayError
from desktop.engine.leftovers import leftovers, stale_code
from desktop.engine.model import Problem, StackStatus
from desktop.engine.notices import Notice
from desktop.engine.states import UP, ServiceKind, Severity
from desktop.system import login_item
from desktop.system.display import bar_is_always_dark
from desktop.ui import icons, theme
from desktop.ui.actions import Actions
from desktop.ui.preferences import Preferences
from desktop.ui.service_menu import ServiceMenu, menu_text
from desktop.ui.tray_icon import tray_icon
from desktop.ui.tray_state import (
    TrayState,
    can_start,
    can_stop,
    pressing,
    sentence,
    tray_state,
)
from desktop.words import tr

if TYPE_CHECKING:
    from desktop.paths import Home
    from desktop.ui.bridge import Bridge

OPENABLE = (ServiceKind.WEB, ServiceKind.MONITOR, ServiceKind.FLOWER)
_GLYPHS = {
    TrayState.STOPPED: "state-idle",
    TrayState.STARTING: "state-busy",
    TrayState.RUNNING: "state-ok",
    TrayState.ATTENTION: "state-attention",
    TrayState.FAILED: "state-failed",
}
_BUBBLES = {
    Severity.INFO: QSystemTrayIcon.MessageIcon.Information,
    Severity.WARNING: QSystemTrayIcon.MessageIcon.Warning,
    Severity.CRITICAL: QSystemTrayIcon.MessageIcon.Critical,
}


class Tray(QObject):
    """The tray icon and its menu, kept up to date in place."""

    show_window = Signal(str, str)
    """A page and its argument; "" for whatever was shown last."""
    quit_leaving = Signal()
    quit_stopping = Signal()

    def __init__(
        self,
        bridge: Bridge,
        preferences: Preferences,
        actions: Actions,
        home: Home,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.actions = actions
        self._bridge = bridge
        self._preferences = preferences
        self._home = home
        self._shown: tuple[TrayState, bool] | None = None
        self._last_problem: Problem | None = None
        self._leads_to = ("", "")
        self._finding_page = "overview"
        self.services: dict[str, ServiceMenu] = {}
        self.menu = QMenu()
        self._build()
        self.icon = QSystemTrayIcon(self)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._on_activated)
        self.icon.messageClicked.connect(lambda: self.show_window.emit(*self._leads_to))
        bridge.stack_changed.connect(self.update)
        bridge.snapshot_changed.connect(self._on_snapshot_changed)
        self.menu.aboutToShow.connect(self._look_at_login)
        self.retranslate()

    def show(self) -> None:
        """Put the icon into the bar."""
        self.icon.show()

    def _build(self) -> None:
        self.status = self._add(lambda: None)
        self.status.setEnabled(False)
        self.finding = self._add(lambda: self.show_window.emit(self._finding_page, ""))
        self.cleanup = self._add(lambda: self.show_window.emit("cleanup", ""))
        self.menu.addSeparator()
        self.start_all = self._add(lambda: self._bridge.submit(Start(self._bridge.project)))
        self.stop_all = self._add(lambda: self._bridge.submit(Stop(self._bridge.project)))
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

    def _add(self, act: Callable[[], object]) -> QAction:
        action = QAction(self.menu)
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
        self.settings.setText(tr("Settings"))
        self.at_login.setText(tr("Start at login"))
        self.quit_leave.setText(tr("Quit, leave services running"))
        self.quit_stop.setText(tr("Quit and stop everything"))
        for menu in self.services.values():
            menu.retranslate()
        self.redraw()

    # --- what is known ----------------------------------------------------------------------

    def redraw(self) -> None:
        """Draw everything again: another theme or language is in force."""
        self._shown = None
        self.start_all.setIcon(icons.icon("play"))
        self.stop_all.setIcon(icons.icon("stop"))
        self.finding.setIcon(icons.icon("state-attention", theme.color("warn")))
        self.cleanup.setIcon(icons.icon("cleanup", theme.color("warn")))
        for menu in self.services.values():
            menu.redraw()
        self.update(self._bridge.stack)

    def update(self, stack: StackStatus | None) -> None:
        """Show a stack."""
        said = sentence(stack)
        self.status.setText(menu_text(said))
        self.icon.setToolTip(f"Celery Tray\n{said}")
        left = len(leftovers(stack))
        finding = pressing(stack)
        # What the cleanup's own line says is not said twice.
        told = finding is not None and not (left and finding.pids)
        self.finding.setVisible(told)
        self.finding.setText(menu_text(str(finding.title)) if finding else "")
        self._finding_page = "cleanup" if finding and finding.pids else "overview"
        self.cleanup.setVisible(bool(left))
        self.cleanup.setText(tr("Clean up… ({n})", n=left))
        self.start_all.setEnabled(can_start(stack))
        self.stop_all.setEnabled(can_stop(stack))
        self._show_services(stack)
        services = stack.services if stack else ()
        for kind, action in self.pages.items():
            action.setVisible(any(one.kind is kind for one in services))
            action.setEnabled(any(one.kind is kind and one.state in UP for one in services))
        self._draw(tray_state(stack))

    def _show_services(self, stack: StackStatus | None) -> None:
        services = stack.services if stack else ()
        names = [one.name for one in services]
        if names != list(self.services):
            old, self.services = self.services, {}
            for name, gone in old.items():
                self.menu.removeAction(gone.menu.menuAction())
                if name not in names:
                    gone.menu.deleteLater()
            for one in services:
                shown = old.get(one.name) or ServiceMenu(one, self)
                self.services[one.name] = shown
                self.menu.insertMenu(self._after_services, shown.menu)
        for one in services:
            self.services[one.name].show_service(one, stale_code(stack, one) is not None)

    def _draw(self, state: TrayState) -> None:
        dark = bar_is_always_dark() or _scheme_is_dark()
        if (state, dark) != self._shown:
            self._shown = (state, dark)
            template = QGuiApplication.platformName() == "cocoa"
            self.icon.setIcon(tray_icon(state, dark_bar=dark, template=template))
            self.status.setIcon(icons.icon(_GLYPHS[state]))

    def _on_snapshot_changed(self, snapshot: object) -> None:
        if snapshot is not None:
            self._last_problem = None

    # --- what can be done -------------------------------------------------------------------

    @property
    def bridge(self) -> Bridge:
        return self._bridge

    def _open(self, kind: ServiceKind) -> None:
        stack = self._bridge.stack
        for one in stack.services if stack else ():
            if one.kind is kind and one.url and one.state in UP:
                self.actions.open_service(one)

    def _look_at_login(self) -> None:
        self.at_login.setChecked(login_item.current().status().enabled)

    def _toggle_login(self) -> None:
        item = login_item.current()
        try:
            if item.status().enabled:
                item.disable()
            else:
                item.enable(
                    login_item.Launch(
                        self._preferences.start_stack_at_login,
                        self._bridge.project,
                        self._home.root,
                    )
                )
        except TrayError as error:
            self.tell_problem(error.problem)

    # --- notifications ----------------------------------------------------------------------

    def tell(self, notice: Notice) -> None:
        """A notification of the desktop; a click on it opens the page that shows more."""
        self._leads_to = (notice.page, notice.argument)
        # Some desktops read tags in a notification; without the bracket there is none.
        title, words = (str(part).replace("<", "‹") for part in (notice.title, notice.message))
        self.icon.showMessage(title, words, _BUBBLES[notice.severity])

    def tell_problem(self, problem: Problem) -> None:
        """Something that was tried could not be done. The same once, until the engine answers."""
        if problem == self._last_problem:
            return
        self._last_problem = problem
        self._leads_to = ("", "")
        words = f"{problem.message} {problem.next_step}".strip()
        self.icon.showMessage(
            str(problem.title).replace("<", "‹"),
            words.replace("<", "‹"),
            QSystemTrayIcon.MessageIcon.Critical,
        )

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        # On macOS a click opens the menu and nothing may stand behind the click alone.
        if (
            reason is QSystemTrayIcon.ActivationReason.Trigger
            and QGuiApplication.platformName() != "cocoa"
        ):
            self.show_window.emit("", "")


def _scheme_is_dark() -> bool:
    """Whether the desktop is dark, which its bar then is, too. The theme that a person forces on
    our windows says nothing about the bar."""
    return QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark

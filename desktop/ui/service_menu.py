"""The tray's submenu of one service."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from desktop.engine.commands import Restart, Start, Stop
from desktop.engine.model import ServiceStatus
from desktop.engine.states import UP, ServiceState
from desktop.ui import icons
from desktop.ui.actions import is_web
from desktop.ui.phrases import restart_words, service_state, service_title
from desktop.ui.view import STARTABLE, STOPPABLE, view_of
from desktop.words import tr

if TYPE_CHECKING:
    from desktop.ui.tray import Tray


class ServiceMenu:
    """Start, stop, restart, log, open: each enabled when it means something."""

    def __init__(self, service: ServiceStatus, tray: Tray) -> None:
        self._tray = tray
        self._service = service
        self._drawn: ServiceState | None = None
        self._stale = False
        self.menu = QMenu(tray.menu)
        bridge = tray.bridge
        self.start = self._add(lambda: bridge.submit(Start(bridge.project, (service.name,))))
        self.stop = self._add(lambda: bridge.submit(Stop(bridge.project, (service.name,))))
        self.force = self._add(self._force)
        self.restart = self._add(lambda: bridge.submit(Restart(bridge.project, (service.name,))))
        self.menu.addSeparator()
        self.log = self._add(lambda: tray.show_window.emit("logs", service.name))
        self.open = self._add(lambda: tray.actions.open_service(self._service))
        self.retranslate()

    def _add(self, act: Callable[[], object]) -> QAction:
        action = QAction(self.menu)
        action.triggered.connect(lambda _checked=False: act())
        self.menu.addAction(action)
        return action

    def retranslate(self) -> None:
        """Put the words of the present language in."""
        self.start.setText(tr("Start"))
        self.stop.setText(tr("Stop"))
        self.force.setText(tr("Force stop…"))
        self.log.setText(tr("Show log"))
        self.open.setText(tr("Open in the browser"))
        self.show_service(self._service, self._stale)

    def redraw(self) -> None:
        """Another theme is in force."""
        self._drawn = None
        self.show_service(self._service, self._stale)

    def show_service(self, service: ServiceStatus, stale: bool) -> None:
        """The service as it is now; ``stale``: its code has changed since it was loaded."""
        self._service, self._stale = service, stale
        self.restart.setText(restart_words(stale))
        state = service.state
        note = f" ({service.note})" if service.note else ""
        self.menu.setTitle(menu_text(f"{service_title(service)} – {service_state(state)}{note}"))
        if state is not self._drawn:
            self._drawn = state
            self.menu.setIcon(icons.state_glyph(state))
        self.start.setEnabled(state in STARTABLE)
        self.stop.setEnabled(state in STOPPABLE)
        self.force.setVisible(state is ServiceState.STOPPING)
        self.restart.setEnabled(state is ServiceState.RUNNING)
        self.log.setEnabled(bool(service.log_path))
        self.open.setVisible(is_web(service.url))
        self.open.setEnabled(state in UP)

    def _force(self) -> None:
        self._tray.actions.ask_force_stop(view_of(self._tray.bridge), self._service.name)


def menu_text(words: str) -> str:
    """Words as they are: in a menu an ampersand would mark a key."""
    return words.replace("&", "&&")

"""Feeds each snapshot to :class:`Notices`, and looks again when time alone makes news."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

from desktop.engine.notices import Notices, Settings
from desktop.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from desktop.ui.bridge import Bridge
    from desktop.ui.preferences import Preferences


class Notifier(QObject):
    """Says what a person who is not looking should hear."""

    told = Signal(object)
    """A :class:`desktop.engine.notices.Notice`."""

    def __init__(
        self,
        bridge: Bridge,
        preferences: Preferences,
        window: Callable[[], QWidget | None],
        parent: QObject | None = None,
    ) -> None:
        """``window``: the window, once there is one; what it shows is not told again."""
        super().__init__(parent)
        self._bridge = bridge
        self._preferences = preferences
        self._window = window
        self._notices = Notices()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self._on_snapshot_changed(bridge.snapshot))
        bridge.snapshot_changed.connect(self._on_snapshot_changed)

    @property
    def window_active(self) -> bool:
        """The person looks at the window."""
        window, active = self._window(), QApplication.activeWindow()
        if window is None or active is None or not window.isVisible():
            return False
        # A question of the window's, or the history, lies in front of it.
        over = active.parentWidget()
        return active is window or (over is not None and over.window() is window)

    def _on_snapshot_changed(self, snapshot: Snapshot | None) -> None:
        now = time.monotonic()
        for notice in self._notices.take(snapshot, now, self._settings()):
            self.told.emit(notice)
        due = self._notices.due_at
        if due is None:
            self._timer.stop()
        else:
            self._timer.start(max(round((due - now) * 1000), 1))

    def _settings(self) -> Settings:
        window = self._window()
        shown = window is not None and window.isVisible() and not window.isMinimized()
        return Settings(
            self._bridge.project, self._preferences.notifications, shown, self.window_active
        )

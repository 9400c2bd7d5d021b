"""The status window: a sidebar, one page at a time, and nothing done while nobody sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from operator import methodcaller
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent, QIcon, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QSystemTrayIcon,
    QVBoxLayout,
    QWidget,
)

from desktop import paths
from desktop.engine.leftovers import leftovers
from desktop.engine.model import Problem, ServiceStatus, StackStatus
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import UP, ServiceKind, Severity
from desktop.paths import Home
from desktop.ui import icons
from desktop.ui.actions import Actions
from desktop.ui.pages import PAGES
from desktop.ui.pages.page import GAP, MARGIN, Page, Surroundings
from desktop.ui.phrases import service_state, stack_title
from desktop.ui.trends import Trends
from desktop.ui.view import View
from desktop.ui.widgets.banner import Banner
from desktop.ui.widgets.sidebar import Sidebar
from desktop.words import tr

if TYPE_CHECKING:
    from desktop.ui.bridge import Bridge
    from desktop.ui.preferences import Preferences

SIZE = QSize(1100, 720)
SIZE_MIN = QSize(880, 560)
PULSE_S = 2.0
"""How often durations move on and lines get a point, and how often metrics are asked for."""


class StatusWindow(QMainWindow):
    """Everything that is known of the current project, and the buttons to act on it."""

    quit_requested = Signal()
    choose_project_requested = Signal()

    def __init__(self, bridge: Bridge, preferences: Preferences, home: Home) -> None:
        super().__init__()
        self._bridge = bridge
        self._preferences = preferences
        self._snapshot: Snapshot | None = bridge.snapshot
        self._stack: StackStatus | None = bridge.stack
        self._awake = False
        self._trends = Trends()
        self.actions_ = Actions(bridge, self)
        self._around = Surroundings(
            self.actions_, preferences, home, self._trends, self.choose_project_requested.emit
        )
        self.sidebar = Sidebar(tuple((page.name, page.icon) for page in PAGES))
        self.trouble = Banner()
        self.trouble.dismissed.connect(self._hide_trouble)
        self._stacked = QStackedWidget()
        self._pages: dict[str, Page] = {}
        self._shown: Page
        self._pulse = QTimer(self)
        self._pulse.setInterval(round(PULSE_S * 1000))
        self._pulse.timeout.connect(self._on_pulse)
        self._lay_out()
        self._connect()
        self._add_shortcuts()
        self.retranslate()
        known = {page.name for page in PAGES}
        last = preferences.last_page
        self.show_page(last if last in known else PAGES[0].name)

    def _lay_out(self) -> None:
        self.setWindowIcon(QIcon(str(paths.resources() / "icons" / "app.svg")))
        self.setMinimumSize(SIZE_MIN)
        self.resize(SIZE)
        right = QWidget()
        right.setObjectName("content")
        self._above = QVBoxLayout()
        self._above.setContentsMargins(MARGIN, 0, MARGIN, 0)
        self._above.addWidget(self.trouble)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._above)
        column.addWidget(self._stacked, 1)
        whole = QWidget()
        whole.setObjectName("window")
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addWidget(right, 1)
        self.setCentralWidget(whole)

    def _connect(self) -> None:
        self.sidebar.chosen.connect(self.show_page)
        self.actions_.page_asked.connect(self.show_page)
        self.actions_.failed.connect(self.show_trouble)
        self._bridge.snapshot_changed.connect(self._on_snapshot_changed)
        self._bridge.stack_changed.connect(self._on_stack_changed)
        self._bridge.command_failed.connect(self.show_trouble)

    def _add_shortcuts(self) -> None:
        # Qt puts the Command key for Ctrl on macOS.
        for number, page in enumerate(PAGES[:-1], start=1):
            self._shortcut(f"Ctrl+{number}", partial(self.show_page, page.name))
        self._shortcut("Ctrl+,", partial(self.show_page, PAGES[-1].name))
        for keys, verb in (
            ("Ctrl+F", "search"),
            ("Esc", "escape"),
            ("Ctrl+P", "pause"),
            ("Ctrl+R", "check_again"),
        ):
            self._shortcut(keys, partial(self._ask_page, methodcaller(verb)))
        self._shortcut("Ctrl+Shift+S", self._on_start_all)
        self._shortcut("Ctrl+.", self._on_stop_all)
        self._shortcut("Ctrl+W", self.close)
        self._shortcut("Ctrl+Q", self.quit_requested.emit)

    def _shortcut(self, keys: str, action: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.activated.connect(action)

    def _ask_page(self, verb: Callable[[Page], None]) -> None:
        verb(self.page)

    # --- pages ------------------------------------------------------------------------------

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self._shown

    def show_page(self, name: str, argument: str = "") -> None:
        """Show a page, and one thing of it: ``("logs", "worker1")``. Pages are made when first
        shown."""
        kind = next((page for page in PAGES if page.name == name), PAGES[0])
        page = self._pages.get(kind.name)
        if page is None:
            page = self._pages[kind.name] = kind(self._around)
            self._stacked.addWidget(page)
        if self._awake and self._shown is not page:
            self._shown.sleep()
            page.wake()
        self._shown = page
        self._stacked.setCurrentWidget(page)
        self.sidebar.choose(kind.name)
        if self._preferences.last_page != kind.name:
            self._preferences.last_page = kind.name
        self._refresh()
        if argument:
            page.show_argument(argument)

    def retranslate(self) -> None:
        """Take the words of the present language."""
        self.sidebar.set_titles(tuple(page.title() for page in PAGES))
        for page in self._pages.values():
            page.retranslate()
        self._hide_trouble()
        self._refresh()

    # --- what is known ----------------------------------------------------------------------

    def view(self) -> View:
        """What is known now; without an engine, what was known last."""
        snapshot = self._snapshot
        return View(
            stack=self._stack,
            machine=snapshot.machine if snapshot else None,
            engine=snapshot.engine if snapshot else None,
            reachable=self._bridge.snapshot is not None,
            project=self._bridge.project,
            now=time.time(),
            ticks=time.monotonic(),
        )

    def _on_snapshot_changed(self, snapshot: Snapshot | None) -> None:
        if snapshot is not None:
            self._snapshot = snapshot
        self._refresh()

    def _on_stack_changed(self, stack: StackStatus | None) -> None:
        # Without an engine the bridge has no stack; what was seen last stays on screen.
        if stack is not None or self._bridge.snapshot is not None:
            self._stack = stack
        self._refresh()

    def _refresh(self) -> None:
        if not self._awake:
            return
        view = self.view()
        self.setWindowTitle(f"{stack_title(view.stack, view.project)} – Celery Tray")
        self.sidebar.show_project(stack_title(view.stack, view.project))
        self.sidebar.set_badge("cleanup", len(leftovers(view.stack)))
        self._show_broker(view)
        self.page.take(view)

    def _show_broker(self, view: View) -> None:
        redis = next((s for s in view.services if s.kind is ServiceKind.REDIS), None)
        if not view.reachable:
            self.sidebar.show_broker("plug", "off", tr("Engine out of reach"), "")
        elif redis is None:
            address = view.stack.broker if view.stack else ""
            self.sidebar.show_broker("plug", "off", tr("Broker") if address else "", address)
        else:
            glyph, tone = icons.STATES[redis.state]
            self.sidebar.show_broker(glyph, tone.value, f"Redis · {_redis_word(redis)}", redis.url)

    def _on_pulse(self) -> None:
        if self._stack is not None and self._bridge.snapshot is not None:
            self._trends.sample(self._stack, time.monotonic())
        self._refresh()

    # --- commands ---------------------------------------------------------------------------

    def _on_start_all(self) -> None:
        if self.view().can_start:
            self.actions_.start_all()

    def _on_stop_all(self) -> None:
        view = self.view()
        if view.can_stop:
            self.actions_.ask_stop_all(view)

    def show_trouble(self, problem: Problem) -> None:
        """Tell of a command that could not be done, above the page, until it is put away."""
        detail = " ".join(part for part in (str(problem.message), str(problem.next_step)) if part)
        self._above.setContentsMargins(MARGIN, GAP, MARGIN, 0)
        self.trouble.show_words(Severity.CRITICAL, str(problem.title), detail)

    def _hide_trouble(self) -> None:
        self._above.setContentsMargins(MARGIN, 0, MARGIN, 0)
        self.trouble.hide()

    # --- seen or not ------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._set_awake(not self.isMinimized())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._set_awake(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._set_awake(self.isVisible() and not self.isMinimized())

    def _set_awake(self, awake: bool) -> None:
        if awake == self._awake:
            return
        self._awake = awake
        self._bridge.watch(PULSE_S if awake else 0.0)
        if awake:
            self._pulse.start()
            self.page.wake()
            self._refresh()
        else:
            self._pulse.stop()
            self.page.sleep()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hide where the tray stays; else closing is a wish to quit."""
        if self._preferences.close_to_tray and QSystemTrayIcon.isSystemTrayAvailable():
            event.accept()
            return
        event.ignore()
        self.quit_requested.emit()


def _redis_word(redis: ServiceStatus) -> str:
    return tr("Connected") if redis.state in UP else service_state(redis.state)

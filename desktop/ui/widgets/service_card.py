"""One service as a card: state, address, CPU of the last two minutes, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.engine.model import ServiceStatus
from desktop.engine.states import ServiceState
from desktop.quantities import duration, percent, size
from desktop.ui import icons
from desktop.ui.actions import Actions
from desktop.ui.fonts import Role
from desktop.ui.phrases import DASH, service_state, service_title
from desktop.ui.theme import Tone
from desktop.ui.trends import Series
from desktop.ui.view import View
from desktop.ui.widgets.button import Button, IconButton
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.chip import StateChip
from desktop.ui.widgets.label import Label, width_of
from desktop.ui.widgets.sparkline import Sparkline
from desktop.words import tr

HEIGHT = 136
_MEASURED = frozenset({ServiceState.RUNNING, ServiceState.STARTING, ServiceState.STOPPING})
_NEEDS_EYES = frozenset({ServiceState.FAILED, ServiceState.BACKOFF})


class ServiceCard(Card):
    """Enter or a click opens its details."""

    opened = Signal(str)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._actions = actions
        self._service: ServiceStatus | None = None
        self._view: View | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._title = Label("", Role.CARD_TITLE)
        self._chip = StateChip()
        self._more = IconButton("more", side=24)
        self._more.clicked.connect(self._on_more_clicked)
        self._detail = Label("", Role.SECONDARY, "sub")
        self._words = Label("", Role.SECONDARY, wrap=True, lines_max=2)
        self._line = Sparkline()
        self._numbers = _Numbers()
        self._start = Button("", "play")
        self._start.clicked.connect(self._on_start_clicked)
        self._log = Button("")
        self._log.clicked.connect(self._on_log_clicked)
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._title, 1)
        head.addWidget(self._chip)
        head.addWidget(self._more)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._start)
        buttons.addWidget(self._log)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 10, 12)
        column.setSpacing(0)
        column.addLayout(head)
        inner = QVBoxLayout()
        inner.setContentsMargins(0, 0, 6, 0)
        inner.setSpacing(0)
        inner.addWidget(self._detail)
        inner.addWidget(self._words)
        inner.addStretch(1)
        inner.addWidget(self._line)
        inner.addSpacing(4)
        inner.addWidget(self._numbers)
        inner.addLayout(buttons)
        column.addLayout(inner, 1)

    def show_service(self, service: ServiceStatus, series: Series, view: View) -> None:
        """The service as it is; ``series`` its CPU on the clock of ``view.ticks``."""
        self._service, self._view = service, view
        state = service.state
        glyph, tone = icons.STATES[state]
        self._title.setText(service_title(service))
        self._chip.show_state(glyph, tone, service_state(state))
        self._more.set_words(tr("More for {service}", service=service_title(service)))
        self._detail.setText(self._sentence(service))
        self._show_words(service)
        measured = state in _MEASURED and service.pid is not None
        self._line.setVisible(measured)
        self._numbers.setVisible(measured)
        if measured:
            line_tone = Tone.RUN if tone is Tone.OK else tone
            self._line.show_series(series, view.ticks, line_tone)
        self._numbers.show_numbers(service, view.uptime_s(service))
        self._start.setVisible(state in _NEEDS_EYES or state is ServiceState.STOPPED)
        self._start.set_words(tr("Start") if state is ServiceState.STOPPED else tr("Start again"))
        self._start.setEnabled(view.reachable)
        self._log.setVisible(state in _NEEDS_EYES)
        self._log.set_words(tr("Show log"))
        self.setAccessibleName(self._spoken(service))

    @staticmethod
    def _sentence(service: ServiceStatus) -> str:
        if service.note is not None and str(service.note):
            words = str(service.note)
            return words[:1].upper() + words[1:]
        if str(service.detail):
            return str(service.detail)
        return _address(service.url) or (
            tr("Not started") if service.state is ServiceState.STOPPED else ""
        )

    def _show_words(self, service: ServiceStatus) -> None:
        words = ""
        if service.state in _NEEDS_EYES and service.error is not None:
            words = str(service.error.title)
        elif service.state is ServiceState.EXTERNAL:
            words = tr("Somebody else runs it. It is used, and never stopped.")
        self._words.setText(words)
        self._words.set_color("bad" if service.state is ServiceState.FAILED else "sub")
        self._words.setVisible(bool(words))
        # Where the error is told, its own words matter more than the address.
        self._detail.setVisible(not (words and service.state is ServiceState.FAILED))

    @staticmethod
    def _spoken(service: ServiceStatus) -> str:
        parts = [service_title(service), service_state(service.state)]
        if service.cpu_percent is not None:
            parts.append(tr("CPU {percent}", percent=percent(service.cpu_percent)))
        if service.rss_bytes is not None:
            parts.append(tr("Memory {size}", size=size(service.rss_bytes)))
        if service.error is not None:
            parts.append(str(service.error.title))
        return ", ".join(parts)

    def _on_start_clicked(self) -> None:
        if self._service:
            self._actions.start(self._service.name)

    def _on_log_clicked(self) -> None:
        if self._service:
            self._actions.show_log(self._service.name)

    def _on_more_clicked(self) -> None:
        self._pop_up(self._more.mapToGlobal(QPoint(0, self._more.height())))

    def _pop_up(self, at: QPoint) -> None:
        if self._service and self._view:
            menu = self._actions.menu(self, self._service, self._view)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(at)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._pop_up(event.globalPos())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if self._service and inside and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(self._service.name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._service and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.opened.emit(self._service.name)
        else:
            super().keyPressEvent(event)


class _Numbers(QWidget):
    """CPU, memory, uptime in one line."""

    def __init__(self) -> None:
        super().__init__()
        never = Qt.TextElideMode.ElideNone
        self._cpu_caption = Label("", Role.SECONDARY, "sub", elide=never)
        self._cpu = Label("", Role.SECONDARY_MEDIUM, elide=never)
        self._memory_caption = Label("", Role.SECONDARY, "sub", elide=never)
        self._memory = Label("", Role.SECONDARY_MEDIUM, elide=never)
        self._uptime = Label("", Role.SECONDARY, "sub", align=Qt.AlignmentFlag.AlignRight)
        self._uptime_s: float | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._cpu_caption)
        row.addSpacing(5)
        row.addWidget(self._cpu)
        row.addSpacing(10)
        row.addWidget(self._memory_caption)
        row.addSpacing(5)
        row.addWidget(self._memory)
        row.addSpacing(8)
        row.addWidget(self._uptime, 1)

    def show_numbers(self, service: ServiceStatus, uptime_s: float | None) -> None:
        cpu, memory = service.cpu_percent, service.rss_bytes
        self._cpu_caption.setText(tr("CPU"))
        self._cpu.setText(percent(cpu) if cpu is not None else DASH)
        self._memory_caption.setText(tr("Memory"))
        self._memory.setText(size(memory) if memory is not None else DASH)
        self._uptime_s = uptime_s
        self._fit_uptime()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_uptime()

    def _fit_uptime(self) -> None:
        """Its largest unit alone where both do not fit: better than words that are cut off."""
        if self._uptime_s is None:
            self._uptime.setText("")
            return
        words = duration(self._uptime_s)
        others = (self._cpu_caption, self._cpu, self._memory_caption, self._memory)
        used = sum(label.sizeHint().width() for label in others) + 28
        if used + width_of(words, Role.SECONDARY) > self.width():
            words = duration(_whole_units(self._uptime_s))
        self._uptime.setText(words)


def _address(url: str) -> str:
    """Host and port of an address, without what every address has."""
    return url.partition("://")[2].rstrip("/")


def _whole_units(seconds: float) -> float:
    """Rounded down to whole days, hours or minutes, whichever is the largest that it has."""
    unit = next((unit for unit in (86_400, 3_600, 60) if seconds >= unit), 1)
    return seconds - seconds % unit

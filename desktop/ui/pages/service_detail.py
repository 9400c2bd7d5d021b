"""The details of one service: its error, its command line, its log, and what can be done."""

from __future__ import annotations

import shlex

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.engine.leftovers import stale_code
from desktop.engine.model import ServiceStatus
from desktop.engine.states import ServiceState
from desktop.ui import icons
from desktop.ui.actions import Actions, is_web
from desktop.ui.fonts import Role
from desktop.ui.phrases import restart_policy, restart_words, service_state, service_title
from desktop.ui.trends import Series
from desktop.ui.view import STARTABLE, STOPPABLE, View
from desktop.ui.widgets.button import Button, IconButton
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.chip import StateChip
from desktop.ui.widgets.label import Label
from desktop.ui.widgets.problem_panel import ProblemPanel
from desktop.ui.widgets.sparkline import Sparkline
from desktop.words import tr

CAPTION_WIDTH = 112
HEAD = 52
MEASURED = frozenset({ServiceState.RUNNING, ServiceState.STARTING, ServiceState.STOPPING})
_ANSWERS = frozenset({ServiceState.RUNNING, ServiceState.EXTERNAL})


class ServiceDetail(Card):
    """A card with its own scroll bar, so that a long error stays readable."""

    closed = Signal()

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._actions = actions
        self._service: ServiceStatus | None = None
        self._view: View | None = None
        self._title = Label("", Role.PANEL_TITLE)
        self._chip = StateChip(tinted=True)
        self._note = Label("", Role.SECONDARY, "sub")
        self.start = Button("", "play")
        self.stop = Button("", "stop")
        self.force = Button("", look="danger")
        self.restart = Button("", "restart")
        self.open = Button("", "open")
        self.log = Button("", "logs")
        self._close = IconButton("close")
        self._close.clicked.connect(self.closed)
        self._problem = ProblemPanel()
        self._copy_error = Button("", "copy")
        self._problem.add_button(self._copy_error)
        self._code = _Field()
        self._command = _Field(mono=True, copies=True)
        self._address = _Field()
        self._policy = _Field()
        self._path = _Field(mono=True, copies=True)
        self._processes = _Field()
        self._cpu = _Curve()
        self._connect()
        self._lay_out()

    def _connect(self) -> None:
        for button, verb in (
            (self.start, self._actions.start),
            (self.stop, self._actions.stop),
            (self.restart, self._actions.restart),
            (self.log, self._actions.show_log),
        ):
            button.clicked.connect(lambda _checked=False, do=verb: self._with_name(do))
        self.open.clicked.connect(self._on_open_clicked)
        self.force.clicked.connect(self._on_force_clicked)
        self._copy_error.clicked.connect(lambda: self._actions.copy(self._problem.words))
        self._command.copied.connect(self._actions.copy)
        self._path.copied.connect(self._actions.copy)

    def _with_name(self, do: object) -> None:
        if self._service is not None and callable(do):
            do(self._service.name)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 8, 10)
        head.setSpacing(8)
        head.addWidget(self._title)
        head.addWidget(self._chip)
        head.addWidget(self._note, 1)
        for button in (self.log, self.open, self.restart, self.start, self.stop, self.force):
            head.addWidget(button)
        head.addWidget(self._close)
        inside = self._inside = QWidget()
        fields = QVBoxLayout(inside)
        fields.setContentsMargins(16, 2, 16, 12)
        fields.setSpacing(8)
        fields.addWidget(self._problem)
        fields.addWidget(self._cpu)
        for field in (
            self._code,
            self._command,
            self._address,
            self._policy,
            self._path,
            self._processes,
        ):
            fields.addWidget(field)
        fields.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        area.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 1)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(area, 1)

    def retranslate(self) -> None:
        """Take the words of the present language."""
        self.start.set_words(tr("Start"))
        self.stop.set_words(tr("Stop"))
        self.force.set_words(tr("Force stop…"))
        self.open.set_words(tr("Open"))
        self.log.set_words(tr("Show log"))
        self._close.set_words(tr("Close the details"))
        self._copy_error.set_words(tr("Copy"))
        self._cpu.set_caption(tr("CPU, last 2 min"))
        self._code.set_caption(tr("Old code"))
        self._command.set_caption(tr("Command"))
        self._address.set_caption(tr("Address"))
        self._policy.set_caption(tr("Restart policy"))
        self._path.set_caption(tr("Log file"))
        self._processes.set_caption(tr("Processes"))

    def height_wanted(self) -> int:
        """Tall enough for all that it says."""
        inner = self._inside.layout()
        width = self.width() - 2
        needed = inner.totalHeightForWidth(width) if inner is not None else 0
        return HEAD + needed + 3

    def show_service(self, service: ServiceStatus, view: View, series: Series) -> None:
        """The service as it is; ``series`` its CPU on the clock of ``view.ticks``."""
        self._service, self._view = service, view
        state = service.state
        glyph, tone = icons.STATES[state]
        self._title.setText(service_title(service))
        self._chip.show_state(glyph, tone, service_state(state))
        note = service.note if service.note is not None else service.detail
        self._note.setText(str(note))
        self._show_buttons(service, view)
        self._problem.setVisible(service.error is not None)
        if service.error is not None:
            self._problem.show_problem(service.error)
        measured = state in MEASURED and service.cpu_percent is not None
        self._cpu.setVisible(measured)
        if measured:
            self._cpu.show_series(series, view.ticks)
        stale = stale_code(view.stack, service)
        self.restart.set_words(restart_words(stale is not None))
        self._code.show_value(str(stale.evidence) if stale else "")
        external = state is ServiceState.EXTERNAL
        self._command.show_value("" if external else shlex.join(service.argv))
        self._address.show_value(service.url)
        self._policy.show_value(
            tr("Somebody else runs it. It is used, and never stopped.")
            if external
            else restart_policy()
        )
        self._path.show_value("" if external else service.log_path)
        self._processes.show_value(str(service.processes) if service.processes else "")

    def _show_buttons(self, service: ServiceStatus, view: View) -> None:
        state = service.state
        shown = {
            self.start: state in STARTABLE,
            self.stop: state in STOPPABLE,
            self.force: state is ServiceState.STOPPING,
            self.restart: state is ServiceState.RUNNING,
            self.open: is_web(service.url) and state in _ANSWERS,
            self.log: bool(service.log_path) and state is not ServiceState.EXTERNAL,
        }
        for button, visible in shown.items():
            button.setVisible(visible)
        for button in (self.start, self.stop, self.force, self.restart):
            button.setEnabled(view.reachable)

    def _on_open_clicked(self) -> None:
        if self._service is not None:
            self._actions.open_service(self._service)

    def _on_force_clicked(self) -> None:
        if self._service is not None and self._view is not None:
            self._actions.ask_force_stop(self._view, self._service.name)


class _Curve(QWidget):
    """CPU over the last two minutes, with its caption."""

    def __init__(self) -> None:
        super().__init__()
        self._caption = Label("", Role.SECONDARY, "sub")
        self._caption.setFixedWidth(CAPTION_WIDTH)
        self._line = Sparkline()
        self._line.setFixedHeight(40)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._caption, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._line, 1)

    def set_caption(self, words: str) -> None:
        self._caption.setText(words)
        self._line.setAccessibleName(words)

    def show_series(self, series: Series, now: float) -> None:
        self._line.show_series(series, now)


class _Field(QWidget):
    """A caption and a value; hidden while there is no value."""

    copied = Signal(str)

    def __init__(self, *, mono: bool = False, copies: bool = False) -> None:
        super().__init__()
        self._caption = Label("", Role.SECONDARY, "sub")
        self._caption.setFixedWidth(CAPTION_WIDTH)
        role = Role.MONO if mono else Role.SECONDARY
        self._value = Label("", role, wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._caption, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._value, 1, Qt.AlignmentFlag.AlignTop)
        self._copy: IconButton | None = None
        if copies:
            self._copy = IconButton("copy", side=22, icon_side=14)
            self._copy.clicked.connect(lambda: self.copied.emit(self._value.text()))
            row.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)

    def set_caption(self, words: str) -> None:
        self._caption.setText(words)
        if self._copy is not None:
            self._copy.set_words(tr("Copy {what}", what=words))

    def show_value(self, words: str) -> None:
        self._value.setText(words)
        self.setVisible(bool(words))

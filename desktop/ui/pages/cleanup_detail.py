"""All that is known of one process of the Cleanup page: evidence, command, and what it runs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.engine.cleanup_model import HeldTask
from desktop.engine.model import WorkerRow
from desktop.quantities import clock, duration, size
from desktop.ui import icons
from desktop.ui.actions import Actions
from desktop.ui.cleanup_actions import arguments, fate, since
from desktop.ui.cleanup_lines import Line
from desktop.ui.findings import Mark, evidence
from desktop.ui.fonts import Role
from desktop.ui.pages.cleanup_model import line_marks, outcome, process_words
from desktop.ui.widgets.button import Button, IconButton
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.chip import StateChip
from desktop.ui.widgets.glyph import Glyph
from desktop.ui.widgets.label import Label
from desktop.words import Text, text, tr

WIDTH = 312
_STARTERS: dict[str, Text] = {
    "celery-tray": Text("Celery Tray"),
    "terminal": text("a terminal"),
    "multi": text("celery multi"),
    "script": text("a script"),
    "unknown": text("not known"),
}


class CleanupDetail(Card):
    """A panel with its own scroll bar; it is filled anew only when something has changed."""

    closed = Signal()
    force_asked = Signal(object)
    """The :class:`Line` that is shown and waited for."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._actions = actions
        self._line: Line | None = None
        self._title = Label("", Role.PANEL_TITLE, elide=Qt.TextElideMode.ElideMiddle)
        self._process = Label("", Role.SECONDARY, "sub")
        self._close = IconButton("close")
        self._close.clicked.connect(self.closed)
        self.force = Button("", look="danger")
        self.force.clicked.connect(lambda: self.force_asked.emit(self._line))
        self._inside = QWidget()
        self._facts = QVBoxLayout(self._inside)
        self._facts.setContentsMargins(16, 4, 16, 16)
        self._facts.setSpacing(12)
        self._shown: object = None
        self._lay_out()

    def _lay_out(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self._title)
        names.addWidget(self._process)
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 8, 8)
        head.addLayout(names, 1)
        head.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._inside)
        area.viewport().setAutoFillBackground(False)
        self._inside.setAutoFillBackground(False)
        self._area = area
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 0, 16, 12)
        foot.addWidget(self.force)
        foot.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(1, 0, 1, 1)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(area, 1)
        whole.addLayout(foot)

    def retranslate(self) -> None:
        """Take the words of the present language."""
        self._close.set_words(tr("Close the details"))
        self.force.set_words(tr("Force stop…"))
        self._area.setAccessibleName(tr("Details"))
        self._shown = None

    def show_line(self, line: Line, now: float) -> None:
        """This process, as it is."""
        self._line = line
        self._title.setText(line.name)
        self._process.setText(process_words(line))
        self.force.setVisible(line.waits)
        self.setAccessibleName(f"{line.name}, {process_words(line)}")
        # Ages tick with each look; nothing else is built again for them.
        shown = (line, round(now) // 10)
        if shown != self._shown:
            self._shown = shown
            self._build(line, now)

    def _build(self, line: Line, now: float) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        worker = line.row.worker if line.row else None
        if line.item is not None:
            self._add(tr("Progress"), _Marked(line_marks(line)[0], outcome(line, now)))
        if worker is not None:
            seen = [_Marked(mark, words) for mark, words in evidence(worker)]
            self._add(tr("What was seen"), *seen)
        tasks = line.tasks
        if tasks is None:
            unknown = tr("It could not be asked what it runs.")
            self._add(tr("Tasks it runs"), Label(unknown, Role.SECONDARY, wrap=True))
        elif tasks:
            self._add(tr("Tasks it runs"), *(_Task(task, now) for task in tasks))
        if line.row is not None:
            self._say(tr("When it is stopped"), str(line.row.outcome))
            self._say(tr("When it is forced"), str(line.row.outcome_of_force))
        if worker is not None:
            self._about(worker, now)
        self._facts.addStretch(1)

    def _about(self, worker: WorkerRow, now: float) -> None:
        if worker.keeper is not None:
            self._say(
                tr("What would start it again"),
                tr("{name} ({kind})", name=worker.keeper.name, kind=worker.keeper.kind),
            )
        self._say(tr("Command"), worker.command, mono=True, copies=True)
        self._say(tr("Folder"), worker.cwd, mono=True, copies=True)
        self._say(tr("Interpreter"), worker.python, mono=True)
        self._say(tr("App"), worker.app, mono=True)
        self._say(tr("Queues"), ", ".join(worker.queues))
        starter = _STARTERS.get(worker.started_by)
        self._say(tr("Started by"), str(starter) if starter else worker.started_by)
        if worker.create_time:
            age = duration(max(0.0, now - worker.create_time))
            self._say(
                tr("Started at"),
                tr("{time}, {age} ago", time=clock(worker.create_time), age=age),
            )
        self._say(tr("User"), worker.username)
        self._say(tr("Memory"), "" if worker.rss_bytes is None else size(worker.rss_bytes))
        self._say(tr("Broker"), worker.broker)

    def _say(self, caption: str, words: str, *, mono: bool = False, copies: bool = False) -> None:
        if words:
            label = Label(words, Role.MONO if mono else Role.SECONDARY, wrap=True)
            self._add(caption, label, copied=words if copies else "")

    def _add(self, caption: str, *values: QWidget, copied: str = "") -> None:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(Label(caption, Role.SECONDARY, "sub"), 1)
        if copied:
            copy = IconButton("copy", side=18, icon_side=12)
            copy.set_words(tr("Copy {what}", what=caption))
            copy.clicked.connect(lambda: self._actions.copy(copied))
            head.addWidget(copy)
        column.addLayout(head)
        for value in values:
            column.addWidget(value)
        self._facts.addWidget(part)


class _Marked(QWidget):
    """A mark, and below it what speaks for it."""

    def __init__(self, mark: Mark | None, words: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 2)
        column.setSpacing(2)
        if mark is not None:
            chip = StateChip(tinted=mark.loud)
            chip.show_state(mark.glyph, mark.tone, mark.word)
            column.addWidget(chip)
        if words:
            column.addWidget(Label(words, Role.SECONDARY, wrap=True))


class _Task(QWidget):
    """A task with its arguments, and what an end by force would do to it."""

    def __init__(self, task: HeldTask, now: float) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 2)
        row.setSpacing(6)
        tone = "bad" if task.acknowledged is not False else "run"
        marker = QVBoxLayout()
        marker.addSpacing(3)
        marker.addWidget(Glyph(icons.GLYPH, "state-busy", "run"))
        marker.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(Label(task.name, Role.SECONDARY_MEDIUM, wrap=True))
        if given := arguments(task):
            column.addWidget(Label(given, Role.MONO, "sub", wrap=True, lines_max=4))
        forced = tr("By force it {fate}.", fate=fate(task))
        running = since(task, now)
        column.addWidget(
            Label(tr("Running for {time}.", time=running), Role.SECONDARY, "sub", wrap=True)
            if running
            else Label("", Role.SECONDARY)
        )
        column.addWidget(Label(forced, Role.SECONDARY, tone, wrap=True))
        row.addLayout(marker)
        row.addLayout(column, 1)

"""All that is known of one process of the Cleanup page: evidence, command, and what it runs."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.calls import arguments
from desktop.engine.cleanup_model import HeldTask
from desktop.engine.model import WorkerRow
from desktop.quantities import clock, duration, size
from desktop.ui import icons
from desktop.ui.actions import Actions
from desktop.ui.cleanup_actions import fate, since
from desktop.ui.cleanup_lines import Line
from desktop.ui.findings import Mark, evidence
from desktop.ui.fonts import Role
from desktop.ui.pages.cleanup_model import line_marks, outcome, process_words
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.chip import StateChip
from desktop.ui.widgets.detail_panel import DetailPanel
from desktop.ui.widgets.glyph import Glyph
from desktop.ui.widgets.label import Label
from desktop.words import Text, text, tr

_STARTERS: dict[str, Text] = {
    "celery-tray": Text("Celery Tray"),
    "terminal": text("a terminal"),
    "multi": text("celery multi"),
    "script": text("a script"),
    "unknown": text("not known"),
}


class CleanupDetail(DetailPanel):
    """It is filled anew only when something has changed."""

    force_asked = Signal(object)
    """The :class:`Line` that is shown and waited for."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(actions, parent)
        self._line: Line | None = None
        self._shown: object = None
        self.force = Button("", look="danger")
        self.force.clicked.connect(lambda: self.force_asked.emit(self._line))
        self.foot.addWidget(self.force)
        self.foot.addStretch(1)

    def retranslate(self) -> None:
        super().retranslate()
        self.force.set_words(tr("Force stop…"))
        self._shown = None

    def show_line(self, line: Line, now: float) -> None:
        """This process, as it is."""
        self._line = line
        self.title.setText(line.name)
        self.subtitle.setText(process_words(line))
        self.force.setVisible(line.waits)
        self.setAccessibleName(f"{line.name}, {process_words(line)}")
        # Ages tick with each look; nothing else is built again for them.
        shown = (line, round(now) // 10)
        if shown != self._shown:
            self._shown = shown
            self._build(line, now)

    def _build(self, line: Line, now: float) -> None:
        self.clear()
        worker = line.row.worker if line.row else None
        if line.item is not None:
            self.add(tr("Progress"), _Marked(line_marks(line)[0], outcome(line, now)))
        if worker is not None:
            seen = [_Marked(mark, words) for mark, words in evidence(worker)]
            self.add(tr("What was seen"), *seen)
        tasks = line.tasks
        if tasks is None:
            unknown = tr("It could not be asked what it runs.")
            self.add(tr("Tasks it runs"), Label(unknown, Role.SECONDARY, wrap=True))
        elif tasks:
            self.add(tr("Tasks it runs"), *(_Task(task, now) for task in tasks))
        if line.row is not None:
            self.say(tr("When it is stopped"), str(line.row.outcome))
            self.say(tr("When it is forced"), str(line.row.outcome_of_force))
        if worker is not None:
            self._about(worker, now)
        self.end()

    def _about(self, worker: WorkerRow, now: float) -> None:
        if worker.keeper is not None:
            self.say(
                tr("What would start it again"),
                tr("{name} ({kind})", name=worker.keeper.name, kind=worker.keeper.kind),
            )
        self.say(tr("Command"), worker.command, mono=True, copies=True)
        self.say(tr("Folder"), worker.cwd, mono=True, copies=True)
        self.say(tr("Interpreter"), worker.python, mono=True)
        self.say(tr("App"), worker.app, mono=True)
        self.say(tr("Queues"), ", ".join(worker.queues))
        starter = _STARTERS.get(worker.started_by)
        self.say(tr("Started by"), str(starter) if starter else worker.started_by)
        if worker.create_time:
            age = duration(max(0.0, now - worker.create_time))
            self.say(
                tr("Started at"),
                tr("{time}, {age} ago", time=clock(worker.create_time), age=age),
            )
        self.say(tr("User"), worker.username)
        self.say(tr("Memory"), "" if worker.rss_bytes is None else size(worker.rss_bytes))
        self.say(tr("Broker"), worker.broker)


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

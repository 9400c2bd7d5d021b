"""The figures: how much goes through, how long it takes, what fails, over minutes to days."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.engine.history_commands import TaskFigures, TaskFiguresReport
from desktop.engine.model import Problem
from desktop.engine.task_model import ChartPoint
from desktop.quantities import span
from desktop.ui.fonts import Role
from desktop.ui.pages.tasks.failure_table import FailureTable
from desktop.ui.pages.tasks.feed import Request
from desktop.ui.pages.tasks.name_table import NameTable
from desktop.ui.widgets.chart import Chart, Line
from desktop.ui.widgets.label import Label
from desktop.ui.widgets.segments import Segments
from desktop.ui.widgets.table_card import TableCard
from desktop.words import Text, text, tr, trn

SPANS: dict[str, tuple[float, Text]] = {
    "15m": (900.0, text("15 min")),
    "1h": (3_600.0, text("1 h")),
    "6h": (21_600.0, text("6 h")),
    "1d": (86_400.0, text("24 h")),
    "7d": (7 * 86_400.0, text("7 d")),
}
POINTS = 60
REST_S = 3.0
"""After an answer the figures rest at least so long, and ten times as long as they took."""
_SHARE_TOP = 10


class Figures(QWidget):
    """Asks for the figures while it is seen; charts above, tables below."""

    search_asked = Signal(str)
    """A query for the tasks behind a row that was clicked."""

    def __init__(self, request: Request, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._request = request
        self._awake = False
        self._project = ""
        self._asked_at = 0.0
        self._break_off: Callable[[], object] | None = None
        self._round = 0
        self._report = TaskFiguresReport()
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._ask)
        self.spans = Segments(tuple(SPANS))
        self.spans.chosen_changed.connect(lambda _key: self._begin())
        self.sentence = Label("", Role.BODY, "sub")
        self.throughput, self.failures = Chart(_rate), Chart(_rate)
        self.runtime, self.wait, self.queued = Chart(span), Chart(span), Chart(_count)
        self.names = NameTable()
        self.groups = FailureTable()
        self._names_title = Label("", Role.CARD_TITLE)
        self._groups_title = Label("", Role.CARD_TITLE)
        self.names.chosen.connect(self.search_asked)
        self.groups.chosen.connect(self.search_asked)
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.sentence, 1)
        head.addWidget(self.spans)
        grid = QGridLayout()
        grid.setSpacing(12)
        grid.addWidget(self.throughput, 0, 0, 1, 2)
        grid.addWidget(self.failures, 0, 2)
        for place, chart in enumerate((self.runtime, self.wait, self.queued)):
            grid.addWidget(chart, 1, place)
            grid.setColumnStretch(place, 1)
        inside = QWidget()
        inside.setObjectName("content")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(grid)
        self._names_card, self._groups_card = TableCard(self.names), TableCard(self.groups)
        column.addWidget(self._names_title)
        column.addWidget(self._names_card)
        column.addWidget(self._groups_title)
        column.addWidget(self._groups_card)
        column.addStretch(1)
        area = QScrollArea()
        area.setObjectName("page")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(12)
        whole.addLayout(head)
        whole.addWidget(area, 1)

    def retranslate(self) -> None:
        """Take the words of the present language."""
        for key, (_, words) in SPANS.items():
            self.spans.show_words(key, str(words))
        self.names.setAccessibleName(tr("Tasks by name"))
        self.groups.setAccessibleName(tr("Failures by place"))
        self._show()

    # --- when it asks -----------------------------------------------------------------------

    def take(self, project: str) -> None:
        """Of this project."""
        if project != self._project:
            self._project = project
            self._report = TaskFiguresReport()
            self._show()
            self._begin()

    def set_awake(self, awake: bool) -> None:
        """Whether somebody sees it."""
        if awake == self._awake:
            return
        self._awake = awake
        if awake:
            self._ask()
        else:
            self._leave()

    def _begin(self) -> None:
        if self._awake:
            self._ask()

    def _leave(self) -> None:
        self._round += 1
        self._again.stop()
        if self._break_off is not None:
            self._break_off()
            self._break_off = None

    def _ask(self) -> None:
        self._leave()
        round_ = self._round
        self._asked_at = time.monotonic()
        since_s, _ = SPANS[self.spans.chosen]
        command = TaskFigures(self._project, time.time() - since_s, points=POINTS)
        settled: list[bool] = []

        def answered(answer: object) -> None:
            settled.append(True)
            if round_ == self._round:
                if isinstance(answer, TaskFiguresReport):
                    self._report = answer
                    self._show()
                self._rest()

        def failed(problem: Problem) -> None:
            settled.append(True)
            if round_ == self._round:
                self.sentence.setText(str(problem.title))
                self._rest()

        break_off = self._request(command, answered, failed)
        if not settled:
            self._break_off = break_off

    def _rest(self) -> None:
        self._break_off = None
        took_s = time.monotonic() - self._asked_at
        since_s, _ = SPANS[self.spans.chosen]
        # A point of the chart moves on no sooner than its part of the span is over.
        rest_s = max(REST_S, 10 * took_s, min(since_s / POINTS / 3, 60.0))
        self._again.start(round(rest_s * 1000))

    # --- what it shows ----------------------------------------------------------------------

    def _show(self) -> None:
        report, points = self._report, self._report.points
        instants = tuple(point.at for point in points)

        def line(name: str, color: str, of: Callable[[ChartPoint], float | None]) -> Line:
            return Line(name, color, tuple(of(point) for point in points))

        self.throughput.show_lines(
            tr("Throughput"), instants, (line(tr("finished"), "run", lambda p: p.finished),)
        )
        self.failures.show_lines(
            tr("Failures"), instants, (line(tr("failed"), "bad", lambda p: p.failed),)
        )
        self.runtime.show_lines(
            tr("Runtime"),
            instants,
            (
                line(tr("median"), "run", lambda p: p.runtime_p50_s),
                line(tr("95 %"), "rev", lambda p: p.runtime_p95_s),
            ),
        )
        self.wait.show_lines(
            tr("Wait, 95 %"), instants, (line(tr("wait"), "warn", lambda p: p.wait_p95_s),)
        )
        self.queued.show_lines(
            tr("In the queues"), instants, (line(tr("messages"), "off", lambda p: p.depth),)
        )
        self.names.show_names(report.names)
        self.groups.show_groups(report.failures)
        self._names_title.setText(tr("Tasks by name"))
        self._groups_title.setText(tr("Failures by place"))
        for part in (self._names_title, self._names_card):
            part.setVisible(bool(report.names))
        for part in (self._groups_title, self._groups_card):
            part.setVisible(bool(report.failures))
        self._show_sentence(report)

    def _show_sentence(self, report: TaskFiguresReport) -> None:
        done = sum(name.succeeded + name.failed for name in report.names)
        failed = sum(name.failed for name in report.names)
        if not done:
            self.sentence.setText(tr("Nothing has ended in this time."))
            return
        words = trn("{count} task ended", "{count} tasks ended", done, count=f"{done:,}")
        share = 100 * failed / done
        digits = f"{share:.1f}" if share < _SHARE_TOP else f"{share:.0f}"
        wrong = tr("{count} failed ({share} %)", count=f"{failed:,}", share=digits)
        self.sentence.setText(f"{words} · {wrong}")


def _rate(value: float) -> str:
    return tr("{n} per minute", n=f"{value:,.0f}" if value >= 10 else f"{value:.1f}")


def _count(value: float) -> str:
    return f"{value:,.0f}"

"""All that is known of one queue: who takes it, what is out, what comes next, what can be done."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from desktop.calls import arguments, message_notes
from desktop.engine.queue_commands import QueuePeek
from desktop.engine.task_model import QueueDetail, QueuedMessage
from desktop.quantities import duration, size
from desktop.ui.actions import Actions
from desktop.ui.fonts import Role
from desktop.ui.pages.queue_table import draw_trend
from desktop.ui.phrases import DASH
from desktop.ui.queue_words import (
    consumers,
    empty_in,
    is_alone,
    oldest,
    pace,
)
from desktop.ui.widgets.button import Button, IconButton
from desktop.ui.widgets.detail_panel import DetailPanel
from desktop.ui.widgets.label import Label
from desktop.words import tr, trn

SPAN_S = 3600.0
LIST_MAX = 20
"""Messages that are shown."""
BODY_LINES = 6


class QueuePanel(DetailPanel):
    """It is filled anew only when something has changed."""

    purge_asked = Signal(object)
    """The :class:`QueueDetail` that is to be emptied."""
    move_asked = Signal(object, object, object)
    """From, to (:class:`QueueDetail`), and ids (a tuple; (): all)."""
    why_asked = Signal(str)
    """Id of a task."""
    copy_asked = Signal(str)
    """Id of a task."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(actions, parent)
        self._queue: QueueDetail | None = None
        self._others: tuple[QueueDetail, ...] = ()
        self._peek: QueuePeek | None = None
        self._shown: object = None
        self._trend = _Trend()
        self.move_ = Button("")
        self.purge = Button("", look="danger")
        self.move_.clicked.connect(lambda: self.ask_where(self.move_, ()))
        self.purge.clicked.connect(lambda: self.purge_asked.emit(self._queue))
        self.foot.addWidget(self.move_)
        self.foot.addWidget(self.purge)
        self.foot.addStretch(1)

    def retranslate(self) -> None:
        super().retranslate()
        self.move_.set_words(tr("Move…"))
        self.purge.set_words(tr("Drop messages…"))
        self._shown = None

    def show_queue(
        self,
        queue: QueueDetail,
        others: tuple[QueueDetail, ...],
        peek: QueuePeek | None,
        now: float,
        *,
        reachable: bool,
    ) -> None:
        """This queue; ``others`` are those that its messages may be moved to."""
        self._queue, self._others, self._peek = queue, others, peek
        self.title.setText(queue.name)
        self.subtitle.setText(trn("{n} waiting", "{n} waiting", queue.depth))
        self.setAccessibleName(f"{queue.name}, {self.subtitle.text()}")
        self.purge.setEnabled(reachable and bool(queue.depth))
        self.move_.setEnabled(reachable and bool(queue.depth and others))
        messages = peek.messages if peek else None
        shown = (messages, _facts(queue, now))
        if shown != self._shown:
            self._shown = shown
            self._build(queue, messages, now)
        self._trend.show_depths(queue.depths, now)

    def _build(
        self, queue: QueueDetail, messages: tuple[QueuedMessage, ...] | None, now: float
    ) -> None:
        self.clear()
        if is_alone(queue):
            words = tr("Nobody takes from this queue.")
            if queue.near:
                words += " " + tr("Did you mean “{near}”?", near=queue.near)
            self.add(tr("Needs a look"), Label(words, Role.SECONDARY, "warn", wrap=True))
        self._trend = _Trend()
        self.add(tr("Waiting, last hour"), self._trend)
        for caption, words in _facts(queue, now):
            self.say(caption, words)
        if messages:
            rows = [_Message(one, self) for one in messages]
            more = queue.depth - len(messages)
            if more > 0:
                left = Label(trn("and {n} more", "and {n} more", more), Role.SECONDARY, "sub")
                self.add(tr("Next messages"), *rows, left)
            else:
                self.add(tr("Next messages"), *rows)
        self.end()

    def ask_where(self, button: QWidget, ids: tuple[str, ...]) -> None:
        """Where to move messages: all, or these."""
        self.where(ids).popup(button.mapToGlobal(button.rect().bottomLeft()))

    def where(self, ids: tuple[str, ...]) -> QMenu:
        """The queues that messages can be moved to."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(tr("Move to"))
        for other in self._others:
            entry = menu.addAction(tr("Move to “{queue}”", queue=other.name).replace("&", "&&"))
            entry.triggered.connect(
                lambda _checked=False, to=other: self.move_asked.emit(self._queue, to, ids)
            )
        return menu


def _facts(queue: QueueDetail, now: float) -> tuple[tuple[str, str], ...]:
    """(caption, words) of what is known; without what is not."""
    priorities = ", ".join(
        tr("priority {priority}: {n}", priority=priority, n=f"{count:,}")
        for priority, count in queue.by_priority
    )
    delivered = f"{queue.unacked:,}" if queue.unacked else ""
    if delivered and queue.redelivered_in_s is not None:
        # By the minute: it ticks, and the panel must not be made anew each second.
        left = duration(queue.redelivered_in_s // 60 * 60) if queue.redelivered_in_s > 60 else ""
        again = (
            tr("the first goes back in {time}", time=left) if left else tr("the first goes back")
        )
        delivered = f"{delivered} · {again}"
    known = (
        (tr("Consumers"), consumers(queue)),
        (tr("By priority"), priorities),
        (tr("Delivered, not acknowledged"), delivered),
        (tr("Next has waited"), _unless_dash(oldest(queue, now // 10 * 10))),
        (tr("Pace"), _pace(queue)),
        (tr("Whose"), "" if queue.mine else tr("Not of this app, on the same database.")),
    )
    return tuple((caption, words) for caption, words in known if words)


def _pace(queue: QueueDetail) -> str:
    soon = empty_in(queue)
    moves = _unless_dash(pace(queue))
    if soon == DASH:
        return moves
    return tr("{pace}, empty in {time}", pace=moves, time=soon) if moves else ""


def _unless_dash(words: str) -> str:
    return "" if words == DASH else words


class _Trend(QWidget):
    """Depth over an hour."""

    def __init__(self) -> None:
        super().__init__()
        self._depths: tuple[tuple[float, int], ...] = ()
        self._now = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Waiting, last hour"))

    def show_depths(self, depths: tuple[tuple[float, int], ...], now: float) -> None:
        if (depths, now) != (self._depths, self._now):
            self._depths, self._now = depths, now
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 56)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRect(0, -6, self.width(), self.height() + 12)
        draw_trend(painter, whole, self._depths, self._now, SPAN_S)
        painter.end()


class _Message(QWidget):
    """A message: its task, arguments, and what is special; with what can be done about it."""

    def __init__(self, one: QueuedMessage, panel: QueuePanel) -> None:
        super().__init__()
        module, _, function = one.name.rpartition(".")
        name = function or tr("no task")
        self.setAccessibleName(f"{one.position + 1}: {one.name or name}")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(f"{one.position + 1}. {name}", Role.SECONDARY_MEDIUM))
        rank = [tr("priority {n}", n=one.priority)] if one.priority else []
        notes = " · ".join((module, *rank, *message_notes(one), size(one.size_bytes)))
        words.addWidget(Label(notes.strip(" ·"), Role.SECONDARY, "sub", wrap=True))
        given = arguments(one) or ("" if one.name else one.body)
        if given:
            words.addWidget(Label(given, Role.MONO, "sub", wrap=True, lines_max=BODY_LINES))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 4)
        row.setSpacing(2)
        row.addLayout(words, 1)
        if one.id:
            buttons = QHBoxLayout()
            buttons.setSpacing(0)
            why = IconButton("why", tr("Why isn't it running?"), side=22, icon_side=14)
            why.clicked.connect(lambda: panel.why_asked.emit(one.id))
            copy = IconButton("copy", tr("Copy ID"), side=22, icon_side=14)
            copy.clicked.connect(lambda: panel.copy_asked.emit(one.id))
            move = IconButton("chevron-right", tr("Move…"), side=22, icon_side=14)
            move.clicked.connect(lambda: panel.ask_where(move, (one.id,)))
            for button in (why, copy, move):
                buttons.addWidget(button)
            column = QVBoxLayout()
            column.addLayout(buttons)
            column.addStretch(1)
            row.addLayout(column)

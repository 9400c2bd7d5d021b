"""The life of a task as steps: sent, received, started, tried again, ended. No widgets here."""

from __future__ import annotations

from typing import NamedTuple

from desktop.engine.states import TaskState
from desktop.engine.task_model import Attempt, Task
from desktop.quantities import fine_clock, span
from desktop.ui import icons
from desktop.ui.pages.tasks.columns import revoked
from desktop.ui.phrases import task_state
from desktop.ui.shown_text import NAME_MAX, one_line
from desktop.ui.theme import Tone
from desktop.words import tr

DETAIL_MAX = 160
STEPS_MAX = 24
"""Of a task that was tried more often, the middle is left out."""


class Step(NamedTuple):
    """One thing that happened, or will."""

    glyph: str
    tone: Tone
    title: str
    detail: str
    when: str
    """The first step's instant; of the others how long after the first."""
    at: float | None


def steps(task: Task) -> tuple[Step, ...]:
    """All that is known of it, the oldest first."""
    made = _Steps()
    made.add(TaskState.PENDING, tr("Sent"), task.sent_at, _terms(task))
    attempts = task.attempts
    first = attempts[0].received_at if attempts else None
    queue = tr("queue {name}", name=one_line(task.queue, NAME_MAX)) if task.queue else ""
    waited = _waited(task.sent_at, first or task.received_at)
    made.add(TaskState.RECEIVED, tr("Received"), first or task.received_at, _joined(queue, waited))
    before = first or task.received_at
    for number, attempt in enumerate(attempts, start=1):
        made.add_start(attempt, before, number)
        if attempt.state is TaskState.RETRY:
            words = tr("Retry {n}", n=number)
            made.add(TaskState.RETRY, words, attempt.ended_at, attempt.exception)
        elif attempt.ended_at is None:
            words = tr("Delivered again")
            made.add(TaskState.RETRY, words, None, tr("Its worker did not finish it."))
        else:
            made.add(attempt.state, task_state(attempt.state), attempt.ended_at, attempt.exception)
        before = attempt.ended_at or attempt.started_at
    now = Attempt(task.state, task.worker, task.worker_pid, task.received_at, task.started_at, None)
    if attempts and task.started_at is not None and task.started_at == attempts[-1].started_at:
        now = Attempt(task.state)  # it waits for its next try
    made.add_start(now, before, len(attempts) + 1)
    if task.state is TaskState.RETRY and not _told(task):
        made.add(TaskState.RETRY, task_state(task.state), task.finished_at, task.exception)
    if task.finished_at is not None and task.state is not TaskState.RETRY:
        words = revoked(task) if task.state is TaskState.REVOKED else ""
        given = task.result if task.state is TaskState.SUCCESS else task.exception
        ran = tr("ran {time}", time=span(task.runtime_s)) if task.runtime_s is not None else ""
        made.add(task.state, task_state(task.state), task.finished_at, _joined(words, given, ran))
    elif task.state is TaskState.REVOKED:
        made.add(task.state, task_state(task.state), None, revoked(task))
    return made.finished()


def _told(task: Task) -> bool:
    """The retry that it waits for is among its attempts."""
    return bool(task.attempts) and task.attempts[-1].state is TaskState.RETRY


def _terms(task: Task) -> str:
    parts = []
    tried_again = any(one.state is TaskState.RETRY for one in task.attempts)
    if task.eta and not tried_again:  # a retry brings its own
        parts.append(tr("not before {time}", time=fine_clock(task.eta)))
    if task.expires_at:
        parts.append(tr("expires {time}", time=fine_clock(task.expires_at)))
    return _joined(*parts)


def _waited(since: float | None, until: float | None) -> str:
    if since is None or until is None:
        return ""
    return tr("waited {time}", time=span(until - since))


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


class _Steps:
    """Puts instants in relation to the first one."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._begun: float | None = None

    def add(self, state: TaskState, title: str, at: float | None, detail: str) -> None:
        """One more; a step of which neither instant nor detail is known did not happen."""
        if at is None and not detail:
            return
        glyph, tone = icons.STATES[state]
        when = ""
        if at is not None:
            when = fine_clock(at) if self._begun is None else f"+{span(at - self._begun)}"
            self._begun = at if self._begun is None else self._begun
        shown = one_line(detail, DETAIL_MAX)
        self._steps.append(Step(glyph, tone, title, shown, when, at))

    def add_start(self, attempt: Attempt, before: float | None, number: int) -> None:
        """An attempt began; ``before`` is when it could have."""
        if attempt.started_at is None:
            return
        title = tr("Started") if number == 1 else tr("Started again")
        process = tr("process {pid}", pid=attempt.worker_pid) if attempt.worker_pid else ""
        node = one_line(attempt.worker, NAME_MAX)
        where = _joined(_waited(before, attempt.started_at), node, process)
        self.add(TaskState.STARTED, title, attempt.started_at, where)

    def finished(self) -> tuple[Step, ...]:
        if len(self._steps) <= STEPS_MAX:
            return tuple(self._steps)
        left = len(self._steps) - STEPS_MAX
        half = STEPS_MAX // 2
        gap = Step("more", Tone.OFF, tr("{n} more steps", n=left), "", "", None)
        return (*self._steps[:half], gap, *self._steps[-half:])

"""The tasks that have not finished, and what has changed about them. Bounded whatever comes.

Pure. One thread changes it; others hold ``lock`` while they look.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import islice
from sys import intern

from desktop.engine.model import ActiveTask, TaskCounts
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.engine.telemetry.record import Record, asked_again, own, task_of
from desktop.engine.telemetry.tombs import Tombs
from desktop.engine.telemetry.wire import Event

RECORDS_MAX = 20_000
"""Beyond this many tasks that have not finished the oldest waiting ones are forgotten."""
TEXT_MAX = 48 * 1024 * 1024
"""Characters that their long arguments, results and tracebacks may have together."""
SHORT = 256
"""Arguments, and results, up to this many characters are not counted."""
LATE_S = 5.0
"""So long after its end a task is kept for "retried" of an earlier run: where runs overlap in a
busy pool, one in two thousand comes after the end of the next."""
CHANGED_MAX = 20_000
"""So many changes, or half the text, and they are to be taken at once."""

RECEIVED, STARTED = TaskState.RECEIVED, TaskState.STARTED


class Memory:
    """Records by the ids of their tasks, and the bookkeeping of who is in flight."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.records: dict[str, Record] = {}
        """All that have not finished, and those that have since :meth:`take`."""
        self.tombs = Tombs()
        self._running: dict[str, Record] = {}
        self._waiting = 0
        self._changed: dict[str, Record] = {}
        self._late: list[Task] = []
        self._lingering: list[Record] = []
        """Ended, told, and kept for an event that is late."""
        self._counts = {"received": 0, "succeeded": 0, "failed": 0, "retried": 0, "revoked": 0}
        self._text = 0
        self._wall = 0.0

    # --- what is known -----------------------------------------------------------------------

    @property
    def counts(self) -> TaskCounts:
        return TaskCounts(active=len(self._running), **self._counts)

    @property
    def in_flight(self) -> int:
        """Tasks that nodes have, running or waiting."""
        return len(self._running) + self._waiting

    def active(self, limit: int) -> tuple[ActiveTask, ...]:
        """The tasks in flight: running ones first, each kind oldest first."""
        shown = sorted(islice(self._running.values(), limit), key=_order)
        if len(shown) < limit and self._waiting:
            waiting = (r for r in self.records.values() if r.state is RECEIVED and not r.gone)
            shown += sorted(islice(waiting, limit - len(shown)), key=_order)
        return tuple(
            ActiveTask(
                id=record.id,
                name=record.name,
                worker=record.worker,
                state=record.state,
                received_at=record.received_at,
                started_at=record.started_at,
                args=record.args,
                kwargs=record.kwargs,
                worker_pid=record.worker_pid,
            )
            for record in shown
        )

    def take(self) -> list[Task]:
        """The tasks that have changed since this was called last; each once, as it is now. Those
        that have finished are forgotten."""
        with self.lock:
            changed, self._changed = self._changed, {}
            taken, self._late = self._late, []
            lingering, self._lingering = self._lingering, []
            for record in lingering:
                if record.id not in changed:
                    self._bury_or_wait(record)
            for record in changed.values():
                if record.final:
                    self._bury_or_wait(record)
                taken.append(task_of(record))
        return taken

    def _bury_or_wait(self, record: Record) -> None:
        """Forget it, unless an earlier run has still to tell why it was retried."""
        waits = any(asked_again(run, record) for run in record.more.earlier or ())
        if waits and self._wall - record.seen_at < LATE_S and record.id in self.records:
            self._lingering.append(record)
        elif record.final:
            self._bury(record)

    @property
    def is_full(self) -> bool:
        """What has changed is to be taken at once."""
        return len(self._changed) + len(self._late) >= CHANGED_MAX or self._text > TEXT_MAX // 2

    # --- what comes and goes -----------------------------------------------------------------

    def _open(self, event: Event) -> Record | None:
        """A task that was not heard of."""
        if not event.uuid:
            return None
        if len(self.records) >= RECORDS_MAX or self._text > TEXT_MAX:
            self._make_room()
        record = Record(event.uuid, intern(event.name or ""))
        self.records[event.uuid] = record
        size = len(event.args or "") + len(event.kwargs or "")
        if size > SHORT:
            own(record).size = size
            self._text += size
        return record

    def _note(self, record: Record, now: float) -> None:
        record.heard_at = now
        record.seen_at = self._wall
        self._changed[record.id] = record

    def _weigh(self, record: Record) -> None:
        more = record.more
        size = len(record.args) + len(record.kwargs) + len(more.result) + len(more.traceback)
        if more.earlier:
            size += sum(len(run.traceback) for run in more.earlier)
        self._text += size - more.size
        own(record).size = size

    def _bury(self, record: Record) -> None:
        if self.records.pop(record.id, None) is not None:
            self._text -= record.more.size
            self.tombs.put(record)

    def _make_room(self) -> None:
        """Forget a tenth: what nobody has first, then what waits, then what runs; the oldest of
        each. What they have come to is told."""
        wanted = max(len(self.records) // 10, 1)
        doomed: list[Record] = []
        kinds: tuple[Callable[[Record], bool], ...] = (
            lambda one: not is_held(one),
            lambda one: is_held(one) and one.state is RECEIVED,
            lambda one: is_held(one) and one.state is STARTED,
        )
        for is_next in kinds:
            doomed += islice(filter(is_next, self.records.values()), wanted - len(doomed))
        for record in doomed:
            del self.records[record.id]
            self._text -= record.more.size
            self._leave(record)
            if self._changed.pop(record.id, None) is not None:
                self._late.append(task_of(record))

    # --- who is in flight --------------------------------------------------------------------

    def _leave(self, record: Record) -> None:
        """It is in flight no more; its state says in what way it was."""
        if record.state is STARTED:
            self._running.pop(record.id, None)
        elif record.state is RECEIVED and not record.gone:
            self._waiting -= 1

    def _recount(self, record: Record, before: TaskState, was_held: bool) -> None:
        """Its state was ``before``, and a node had it or not."""
        held = is_held(record)
        self._waiting += (held and record.state is RECEIVED) - (was_held and before is RECEIVED)
        if held and record.state is STARTED:
            self._running[record.id] = record
        elif was_held and before is STARTED:
            self._running.pop(record.id, None)

    def _lose(self, record: Record, why: str) -> None:
        """Its node has it no more; ``why`` becomes its doubt, unless it is ""."""
        if record.gone or not is_open(record):
            return
        self._leave(record)
        record.gone = True
        if why and not record.more.doubt:
            own(record).doubt = why
            record.seen_at = max(self._wall, record.seen_at)
            self._changed[record.id] = record


def is_open(record: Record) -> bool:
    """Some node got it, and no event has ended it."""
    return record.state is RECEIVED or record.state is STARTED


def is_held(record: Record) -> bool:
    """Some node has it, as far as is known."""
    return not record.gone and (record.state is RECEIVED or record.state is STARTED)


def _order(record: Record) -> tuple[float, str]:
    instant = record.started_at if record.state is STARTED else record.received_at
    return (instant or 0.0, record.id)

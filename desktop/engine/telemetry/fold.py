"""Events in; tasks, counts and the tasks in flight out. Pure: no clock, no thread, no broker.

What comes out does not depend on the order in which events come, and an event that comes twice
counts once. A task that has ended does not come back by an event from before its end; a later one
(a redelivery, a retry) is a new run, and what was before becomes an attempt. A finished task is
handed over and forgotten, but for its id and its end.
"""

from __future__ import annotations

from collections.abc import Iterable

from desktop.engine.iso_time import instant
from desktop.engine.metrics_commands import WorkerSeries
from desktop.engine.states import TaskState
from desktop.engine.telemetry import endings, runs
from desktop.engine.telemetry.correction import COUNTERS, Correctable
from desktop.engine.telemetry.endings import ENDS
from desktop.engine.telemetry.memory import RECEIVED, SHORT, STARTED, is_held
from desktop.engine.telemetry.record import Record, describe, own
from desktop.engine.telemetry.starts import Starts
from desktop.engine.telemetry.tombs import Tomb
from desktop.engine.telemetry.wire import Event


class Fold(Correctable):
    """The state that events describe. ``now`` is always monotonic seconds, ``wall`` the same
    moment since the epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.starts = Starts()
        self.task_events = 0
        """Taken in so far."""

    def feed(self, events: Iterable[Event], now: float, wall: float = 0.0) -> None:
        """Take events in, in any order."""
        with self.lock:
            self._wall = wall
            node, pid, ends = "", -1, ENDS.get
            records, told = self.records, self.metrics.of
            counted = self.metrics.nobody
            tasks = counted.tasks
            for event in events:
                kind = event.type
                if kind[:5] == "task-":
                    self.task_events += 1
                    if kind == "task-sent":
                        self._sent(event, now)
                        told(event.hostname).of(None, event).count(kind)
                        continue
                    if event.hostname != node or event.pid != pid:
                        node, pid = self.nodes.task_event(event, now, wall)
                        counted = told(node)
                        tasks = counted.tasks
                    if kind == "task-received":
                        event.hostname, event.pid = node, pid
                        self._received(event, now)
                        task = tasks.get(event.name or "") or counted.of(None, event)
                        task.received += 1
                        if not event.eta:
                            task.prefetches = True
                    elif kind == "task-started":
                        self._started(event, record := records.get(event.uuid), now)
                        record = record or records.get(event.uuid)
                        task = (record and tasks.get(record.name)) or counted.of(record, event)
                        task.started += 1
                        if record is not None and record.received_at and not record.more.eta:
                            task.prefetch_time_s = event.timestamp - record.received_at
                    else:
                        record = records.get(event.uuid)
                        if (state := ends(kind)) is not None:
                            self._ended(event, record, state, now)
                            record = record or records.get(event.uuid)
                        task = (record and tasks.get(record.name)) or counted.of(record, event)
                        task.ended(event, record)
                elif kind[:7] == "worker-" and event.hostname:
                    started = self.starts.count(event.hostname, event.pid)
                    self._worker_event(event, now, started)
                    self.metrics.worker_event(event)

    def series(self) -> tuple[WorkerSeries, ...]:
        """What Flower's metrics tell, as it is now. Any thread may ask."""
        with self.lock:
            return self.metrics.report(self.records.values())

    def _sent(self, event: Event, now: float) -> None:
        record = self.records.get(event.uuid)
        if record is None:
            tomb = self.tombs.get(event.uuid)
            if tomb:
                self._late.append(tomb.told_late(event, self._wall))
                return
            record = self._open(event)
            if record is None:
                return
            record.complete = True
            record.retries = event.retries or 0
            if event.eta or event.expires:
                more = own(record)
                more.eta, more.expires_at = instant(event.eta), instant(event.expires)
        elif record.sent_at is not None:
            return  # a retry, or twice: the first time is when it was sent
        record.sent_at = event.timestamp or None
        describe(record, event)
        self._note(record, now)

    def _received(self, event: Event, now: float) -> None:
        record = self.records.get(event.uuid)
        if record is None:
            record = self._begun(event, RECEIVED)
            if record is None:
                return
            endings.receive(record, event, event.clock or event.timestamp)
            self._waiting += 1
        elif record.state is TaskState.PENDING:
            endings.receive(record, event, event.clock or event.timestamp)
            self._waiting += 1
        elif not self._place(record, event, RECEIVED):
            return
        self._counts["received"] += 1
        self._note(record, now)

    def _started(self, event: Event, record: Record | None, now: float) -> None:
        place = event.clock or event.timestamp
        if (
            record is not None
            and record.state is RECEIVED
            and record.r < place
            and record.worker == event.hostname
            and record.worker_pid == event.pid
        ):
            if record.gone:
                record.gone = record.unseen = False
                own(record).doubt = ""
            else:
                self._waiting -= 1
            record.answered = False
            record.s = place
            record.state = STARTED
            record.started_at = event.timestamp or None
            record.starts += 1
            self._running[record.id] = record
        elif record is None or record.state is TaskState.PENDING:
            if record is None:
                record = self._begun(event, STARTED)
                if record is None:
                    return
            endings.begin(record, event, place)
            self._running[record.id] = record
        elif not self._place(record, event, STARTED):
            return
        self.starts.note(event.hostname, event.pid, event.timestamp)
        self._note(record, now)

    def _ended(self, event: Event, record: Record | None, state: TaskState, now: float) -> None:
        place = event.clock or event.timestamp
        if (
            record is not None
            and record.e < 0.0
            and record.more.elsewhere is None
            and (record.more.earlier is None or state is not TaskState.RETRY)
            and record.s < place
            and record.r < place
            and record.worker == event.hostname
            and record.worker_pid == event.pid
        ):
            self._leave(record)
            record.gone = False
            endings.end(record, event, state, place)
        elif record is None or record.state is TaskState.PENDING:
            if record is None:
                record = self._begun(event, state)
                if record is None:
                    return
            endings.end(record, event, state, place)
        elif not self._place(record, event, state):
            return
        counter = COUNTERS.get(event.type)
        if counter is not None:
            self._counts[counter] += 1
        if event.traceback or (event.result and len(event.result) > SHORT):
            self._weigh(record)
        self._note(record, now)

    def _place(self, record: Record, event: Event, state: TaskState) -> bool:
        """An event that does not simply follow; False: it came before."""
        was_held, before = is_held(record), record.state
        if not runs.place(record, event, state, self.nodes.skew):
            return False
        if record.worker == event.hostname and record.worker_pid == event.pid:
            record.gone = record.unseen = False
        self._recount(record, before, was_held)
        return True

    def _begun(self, event: Event, state: TaskState) -> Record | None:
        """A task that is not in memory: new, or one that has ended and begins again. None: it is
        no news of a new run."""
        tomb = self.tombs.get(event.uuid)
        if tomb is not None:
            if not tomb.is_before(event, state, self.nodes.skew):
                if not tomb.knows(event, state):
                    self._tell_late(tomb, event, state)
                return None
            self.tombs.pop(event.uuid)
        record = self._open(event)
        if record is not None and tomb is None and state is RECEIVED:
            record.complete = not event.retries
        return record

    def _tell_late(self, tomb: Tomb, event: Event, state: TaskState) -> None:
        if state is RECEIVED:
            self._counts["received"] += 1
        self._late.append(tomb.told_late(event, self._wall))

"""What is put right in the memory of tasks by other witnesses than events: the nodes' answers,
their deaths, results, and the queues. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from desktop.engine.model import ActiveTask
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.engine.telemetry import endings
from desktop.engine.telemetry.memory import RECEIVED, STARTED, Memory, is_held, is_open
from desktop.engine.telemetry.metrics import Metrics
from desktop.engine.telemetry.nodes import Alive, Fate, Nodes
from desktop.engine.telemetry.record import own
from desktop.engine.telemetry.runs import ASKED
from desktop.engine.telemetry.wire import Event


class NodeTasks(NamedTuple):
    """What a node says it has."""

    running: tuple[ActiveTask, ...]
    waiting: tuple[ActiveTask, ...] | None = None
    """Those that wait for a free process or for their time; None: it was not asked."""

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(task.id for task in (*self.running, *(self.waiting or ())))


class Correctable(Memory):
    """A memory that others than events tell of. ``now`` and ``asked_at`` are monotonic seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes = Nodes()
        self.metrics = Metrics(self.tombs.name)
        self._nameless: set[str] = set()  # nodes with tasks whose process is not known yet

    def tick(self, now: float, alive: Alive, wall: float = 0.0) -> None:
        """Let go of the tasks of nodes that are gone, by :mod:`desktop.engine.telemetry.nodes`.
        ``wall`` is now since the epoch."""
        with self.lock:
            self._wall = max(self._wall, wall)
            fates = self.nodes.fates(now, alive)
            if not fates:
                return
            for (name, _), fate in fates.items():
                if fate is Fate.ALL_GONE and not self.nodes.knows(name):
                    self.metrics.gone(name)
            for record in self.records.values():
                fate = fates.get((record.worker, record.worker_pid), Fate.KEPT)
                if fate is Fate.ALL_GONE and record.state is STARTED:
                    self._lose(record, "worker-gone")
                elif fate is not Fate.KEPT and record.state is RECEIVED:
                    self._lose(record, "")

    def lost_touch(self, now: float) -> None:
        """Events were missed: tasks that only waited may have gone anywhere meanwhile. Those that
        ran are kept until :meth:`repair`."""
        with self.lock:
            for record in self.records.values():
                record.unseen = True
                if record.more.elsewhere:
                    own(record).elsewhere = None
                if record.state is RECEIVED:
                    self._lose(record, "")
            self.nodes.grant_time(now)

    def repair(
        self, answers: Mapping[str, NodeTasks], asked_at: float, wall: float = 0.0
    ) -> list[str]:
        """Put right what events that were lost have left wrong, by what the nodes themselves say
        they have. ``asked_at`` is when they were asked, ``wall`` the same since the epoch.

        Ids of tasks that should be with a node that answered and are not: their end was missed, or
        they went back to a queue, or they wait for their rate limit, of which no answer tells.
        """
        missed: list[str] = []
        with self.lock:
            self._wall = max(self._wall, wall)
            for node, held in answers.items():
                ids = held.ids
                for record in self.records.values():
                    if record.worker != node or record.heard_at >= asked_at or record.id in ids:
                        continue
                    if record.state is STARTED and not record.gone:
                        missed.append(record.id)
                        self._lose(record, "")
                    elif record.state is RECEIVED and held.waiting is not None:
                        missed.append(record.id)
                for task in (*held.running, *(held.waiting or ())):
                    if task.id and task.id not in self.tombs:
                        self._take_answer(node, task, asked_at)
        return missed

    def missing(self) -> list[str]:
        """Ids of tasks that no node has, as far as is known, and that have not finished."""
        with self.lock:
            return [
                record.id
                for record in self.records.values()
                if not record.final and (record.gone or record.state is TaskState.RETRY)
            ]

    def settle(self, task: Task, asked_at: float, wall: float = 0.0) -> None:
        """What another source told of a task at ``asked_at``: its result, or (PENDING) the queue
        in which it waits. Not of one that a node has."""
        with self.lock:
            record = self.records.get(task.id)
            if record is None:
                if task.id not in self.tombs:
                    self._late.append(task)
                return
            if record.final or record.heard_at > asked_at:
                return
            self._wall = max(self._wall, wall)
            was_held, before = is_held(record), record.state
            own(record).doubt = task.doubt
            if task.state is TaskState.PENDING:
                record.gone = is_open(record)
                record.queue = task.queue or record.queue
            else:
                endings.settle(record, task)
                counter = COUNTERS_OF_STATES.get(task.state)
                if counter is not None:
                    self._counts[counter] += 1
            self._recount(record, before, was_held)
            self._note(record, asked_at)

    def doubt(self, ids: Iterable[str], why: str, at: float) -> None:
        """Nobody knows what became of these, when it was looked for them at ``at`` (wall clock);
        they stay as they were seen last."""
        with self.lock:
            for one in ids:
                record = self.records.get(one)
                if record is None:
                    if one not in self.tombs:
                        self._late.append(Task(one, doubt=why, seen_at=at))
                elif record.gone and not record.final and not record.more.doubt:
                    own(record).doubt = why
                    record.seen_at = max(at, record.seen_at)
                    self._changed[one] = record

    def _take_answer(self, node: str, task: ActiveTask, asked_at: float) -> None:
        record = self.records.get(task.id)
        if record is None:
            record = self._open(Event(uuid=task.id, name=task.name))
            if record is None:
                return
        elif record.heard_at > asked_at or record.final:
            return  # an event tells more than an older answer
        before, was_held = record.state, is_held(record)
        record.answered = record.answered or record.unseen or not record.worker
        record.unseen = record.gone = False
        if record.more.doubt:
            own(record).doubt = ""
        record.worker, record.worker_pid = self.nodes.answered(node, asked_at)
        if not record.worker_pid:
            self._nameless.add(node)
        record.name = record.name or task.name
        record.args = record.args or task.args
        record.kwargs = record.kwargs or task.kwargs
        if task.eta:
            own(record).eta = task.eta
        if before is not STARTED:
            record.state = task.state
        if record.state is STARTED:
            record.started_at = record.started_at or task.started_at
            record.starts = record.starts or 1
            record.s = max(record.s, ASKED)
        else:
            record.r = max(record.r, ASKED)
        self._recount(record, before, was_held)
        self._note(record, asked_at)

    def _worker_event(self, event: Event, now: float, started: int) -> None:
        """``started`` is how many tasks of this process were heard to start."""
        self.nodes.worker_event(event, now, self._wall, started)
        if event.type != "worker-online" and event.hostname not in self._nameless:
            return
        self._nameless.discard(event.hostname)
        for record in self.records.values():
            if record.worker != event.hostname or not is_open(record):
                continue
            if record.worker_pid == 0:
                record.worker_pid = event.pid
            elif (
                event.type == "worker-online"
                and record.worker_pid == event.pid
                and record.at < event.timestamp
            ):
                self._lose(record, "worker-gone")  # re-executed in place (HUP): another life


COUNTERS = {
    "task-succeeded": "succeeded",
    "task-failed": "failed",
    "task-retried": "retried",
    "task-revoked": "revoked",
}
COUNTERS_OF_STATES = {endings.ENDS[kind]: counter for kind, counter in COUNTERS.items()}

"""Repairs what events that were lost have left wrong, by asking others.

Events are published, not kept: what comes while nobody listens is gone. The nodes tell what they
have (``inspect``), the result backend how tasks ended, the queues what still waits. Asked at the
beginning, after every gap, when a node's heartbeats count more than was heard, and now and then.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from desktop.engine.control import Control, active_task, waiting_task
from desktop.engine.errors import TrayError
from desktop.engine.model import ActiveTask
from desktop.engine.task_model import Task
from desktop.engine.telemetry.correction import NodeTasks
from desktop.engine.telemetry.fold import Fold

ASK_TIMEOUT_S = 1.0
ASK_AGAIN_TIMEOUT_S = 3.0
EVERY_S = 60.0
"""While tasks are in flight."""
MISSED_EVERY_S = 30.0
"""At most so often because of heartbeats that count more: doubled each time that nothing was found,
for a task may be told to send no events."""
MISSED_EVERY_MAX_S = 1800.0
GAP_MARGIN_S = 10.0
"""Clocks disagree, and what was heard last was not written yet."""
LATE_S = 1.0
"""A result lies there before the last events of its run are read: so long these have, and then they
tell better. Read in batches of 50 ms, and later where a burst comes."""
_QUESTIONS: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("scheduled", {}),
    ("reserved", {}),
    ("active", {}),
)
"""Along a task's way: one that moves on between two answers is met further on. The other way round
it slips through."""
IDS_MAX = 50_000
"""Tasks that are looked for in one go, the newest first."""

log = logging.getLogger(__name__)


class Queued(msgspec.Struct, frozen=True):
    """What a broker still has of some tasks."""

    waiting: Mapping[str, str]
    """Those that wait, each with its queue."""
    unacked: frozenset[str] = frozenset()
    """Those that were delivered, and come again should their worker be gone."""
    complete: bool = True
    """All was looked at; otherwise what is not here may be there."""


class Witnesses(msgspec.Struct, frozen=True):
    """Who else can tell of tasks. Each blocks, and may raise :class:`TrayError`: then it is as if
    it had known nothing."""

    results: Callable[[Sequence[str]], Iterable[Task]] = lambda _: ()
    """How those of these tasks ended that have."""
    queued: Callable[[frozenset[str]], Queued] = lambda _: Queued({}, complete=False)
    """Those of these tasks that the broker still has."""
    unfinished: Callable[[], Sequence[str]] = lambda: ()
    """Ids of tasks that had not ended when an earlier engine heard of them last."""
    heard_until: Callable[[], float | None] = lambda: None
    """When an earlier engine heard of any task last (wall clock); None: never."""
    ended_since: Callable[[float], Iterable[Task]] = lambda _: ()
    """What has ended since that time (wall clock), whoever sent it."""


class Repair:
    """One repair at a time, in a thread of its own."""

    def __init__(self, fold: Fold, control: Control, witnesses: Witnesses) -> None:
        self._fold, self._control, self._witnesses = fold, control, witnesses
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._again = False
        self._stopped = threading.Event()
        self._gap: float | None = None
        """Since then events may have been missed (wall clock)."""
        self._is_first = True
        self._due_at = math.inf
        self._missed = 0
        self._unknown = False
        """Nodes run tasks, and none is known."""
        self._pause_s = MISSED_EVERY_S

    @property
    def busy(self) -> bool:
        return self._thread is not None

    def begin(self, gap: float | None = None) -> None:
        """Repair now, or once more as soon as the present one is done. ``gap`` is the time since
        which events may have been missed, where they were for certain."""
        with self._lock:
            if self._stopped.is_set():
                return
            if gap is not None:
                self._gap = gap if self._gap is None else min(gap, self._gap)
                self._pause_s = MISSED_EVERY_S
            if self._thread is not None:
                self._again = True
                return
            self._thread = threading.Thread(target=self._run, name="telemetry-repair", daemon=True)
            self._thread.start()

    def tick(self, now: float) -> None:
        """Time has passed: repair, if that is due."""
        if self.busy:
            return
        missed, in_flight = self._fold.nodes.missed, self._fold.in_flight
        # What ran before anything was heard, at nodes that did not answer when they were asked.
        unknown = not in_flight and self._fold.nodes.at_work
        if missed != self._missed or unknown > self._unknown:
            self._missed = missed
            self._due_at = min(self._due_at, now + self._pause_s)
            self._pause_s = min(2 * self._pause_s, MISSED_EVERY_MAX_S)
        self._unknown = unknown
        if now >= self._due_at and (in_flight or unknown):
            self.begin()

    def stop(self) -> None:
        """Begin no more; what is under way ends by itself, and nobody is told of it."""
        with self._lock:
            self._stopped.set()

    # --- the thread --------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            try:
                self._once()
            except Exception:
                # The next repair may fare better; events go on meanwhile.
                log.exception("the repair of the telemetry broke")
            self._due_at = time.monotonic() + EVERY_S
            with self._lock:
                if not self._again or self._stopped.is_set():
                    self._thread = None
                    return
                self._again = False

    def _once(self) -> None:
        with self._lock:
            gap, self._gap = self._gap, None
        is_first, self._is_first = self._is_first, False
        asked_at, at = time.monotonic(), time.time()
        answers = self._ask(ASK_TIMEOUT_S)
        if not answers or any(one.waiting is None for one in answers.values()):
            # A machine that is busy starting a stack answers late.
            answers = self._ask(ASK_AGAIN_TIMEOUT_S)
        ids = dict.fromkeys((*self._fold.repair(answers, asked_at, at), *self._fold.missing()))
        if is_first:
            held = frozenset().union(*(one.ids for one in answers.values()))
            before = self._told(self._witnesses.unfinished)
            ids |= dict.fromkeys(one for one in before if one not in held)
            gap = self._witnesses.heard_until()
        wanted = list(ids)[:IDS_MAX]
        ended = self._each(self._witnesses.results, wanted) if wanted else ()
        open_ = dict.fromkeys(wanted)
        for task in ended:
            open_.pop(task.id, None)
        queued = self._told(self._witnesses.queued, frozenset(open_)) if open_ else None
        if gap is not None:
            ended += self._each(self._witnesses.ended_since, gap - GAP_MARGIN_S)
        if ended or queued:
            self._stopped.wait(LATE_S)
        for task in ended:
            self._fold.settle(task, asked_at, at)
        if queued:
            self._settle_queued(queued, open_, asked_at, at)

    def _settle_queued(
        self, queued: Queued, open_: Iterable[str], asked_at: float, at: float
    ) -> None:
        """What the broker has of those that should be somewhere, are not, and have no result."""
        for one, queue in queued.waiting.items():
            self._fold.settle(Task(one, queue=queue, doubt="queued", seen_at=at), asked_at, at)
        if queued.complete:
            known = {*queued.waiting, *queued.unacked}
            self._fold.doubt((one for one in open_ if one not in known), "not-running", at)

    def _each(self, ask: Callable[..., Iterable[Task]], *arguments: Any) -> tuple[Task, ...]:
        """What is told one by one; nothing when the broker goes midway."""
        told: tuple[Task, ...] = self._told(lambda: tuple(ask(*arguments)))
        return told

    def _told(self, ask: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return ask(*arguments)
        except TrayError as error:
            log.debug("%s", error)
            return ()

    def _ask(self, timeout_s: float) -> dict[str, NodeTasks]:
        """What each node that answers has."""
        said = self._control.replies_to(_QUESTIONS, timeout_s)
        scheduled, reserved, active = (_by_node(replies) for replies in said)
        return {
            node: NodeTasks(
                _tasks(node, replies, active_task),
                _tasks(node, reserved[node], waiting_task)
                + _tasks(node, scheduled[node], waiting_task)
                if node in reserved and node in scheduled
                else None,
            )
            for node, replies in active.items()
        }


def _by_node(replies: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    """Two nodes may have one name: what either has, the name has."""
    found: dict[str, list[Any]] = {}
    for node, reply in replies:
        found.setdefault(node, []).extend(reply if isinstance(reply, list) else ())
    return found


def _tasks(
    node: str, replies: Iterable[Any], make: Callable[[str, dict[str, Any]], ActiveTask]
) -> tuple[ActiveTask, ...]:
    return tuple(make(node, task) for task in replies if isinstance(task, dict))

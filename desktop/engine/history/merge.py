"""Two records of one task become one. Pure.

Each may lack what the other knows: events get lost, an engine that starts knows only what it has
heard since, an answer of a node tells less than its events did.
"""

from __future__ import annotations

import msgspec

from desktop.engine.history.schema import ENDED
from desktop.engine.states import TaskState
from desktop.engine.task_model import ATTEMPTS_MAX, Attempt, Task

_PRECEDENCE = {
    TaskState.PENDING: 0,
    TaskState.RECEIVED: 1,
    TaskState.STARTED: 2,
    TaskState.RETRY: 3,
    TaskState.REJECTED: 4,
    TaskState.REVOKED: 5,
    TaskState.FAILURE: 6,
    TaskState.SUCCESS: 7,
}
"""Which of two states is later where no instant tells. After celery.states.PRECEDENCE, read for
events: there an ended state wins over any that is not."""
_OF_THE_MESSAGE = (
    "name", "queue", "args", "kwargs", "root_id", "parent_id", "sent_at", "eta", "expires_at",
)  # fmt: skip
_OF_THE_RUN = (
    "worker", "worker_pid", "result", "exception", "traceback", "received_at", "started_at",
    "finished_at", "runtime_s", "revoked_why",
)  # fmt: skip
_AGAIN = frozenset({*ENDED, TaskState.RETRY})


def merge(old: Task, new: Task) -> Task:
    """What is known of a task after ``new`` was told; ``old`` was known before.

    The later state wins. A start after an end is another run (the message was delivered again, or
    it was retried): the earlier run becomes an :class:`Attempt`. What one of them does not know is
    taken from the other, as far as it is about the same run.
    """
    if new.doubt and not new.worker:
        # Only that nobody knows: the state stays as it was heard last.
        return old if old.state in ENDED else msgspec.structs.replace(old, doubt=new.doubt)
    later, earlier = (old, new) if _is_older(new, old) else (new, old)
    other_run = _is_other_run(earlier, later)
    changes: dict[str, object] = {
        field: getattr(earlier, field)
        for field in (_OF_THE_MESSAGE if other_run else (*_OF_THE_MESSAGE, *_OF_THE_RUN))
        if not getattr(later, field) and getattr(earlier, field)
    }
    attempts = _attempts(earlier, later, other_run)
    if attempts != later.attempts:
        changes["attempts"] = attempts
    starts = max(earlier.starts, later.starts)
    if other_run and later.started_at and later.starts <= earlier.starts:
        starts = earlier.starts + max(1, later.starts)  # it did not hear of those before
    changes["starts"] = starts
    changes["retries"] = max(earlier.retries, later.retries)
    changes["seen_at"] = max(earlier.seen_at, later.seen_at)
    if later.worker == earlier.worker or not later.clock:
        changes["clock"] = max(earlier.clock, later.clock)
    return msgspec.structs.replace(later, **changes)


def _is_older(new: Task, old: Task) -> bool:
    """Whether ``new`` tells of something before what ``old`` tells."""
    same_node = new.worker == old.worker and new.clock and old.clock
    if same_node and new.clock != old.clock:
        return new.clock < old.clock
    if (new.state in ENDED) != (old.state in ENDED):
        ended, open_ = (old, new) if old.state in ENDED else (new, old)
        # Only a start after the end is a later life; a record that comes late is not.
        begun = open_.started_at or open_.received_at
        end = ended.finished_at or ended.seen_at
        restarted = begun is not None and begun > end
        return (open_ is new) != restarted
    if new.seen_at != old.seen_at:
        return new.seen_at < old.seen_at
    return _PRECEDENCE[new.state] < _PRECEDENCE[old.state]


def _is_other_run(earlier: Task, later: Task) -> bool:
    """Whether ``later`` tells of another run than ``earlier``."""
    if earlier.state not in _AGAIN:
        return False
    if later.state not in ENDED and later.state is not TaskState.RETRY:
        return True
    first, second = earlier.started_at, later.started_at
    return first is not None and second is not None and second > first


def _attempts(earlier: Task, later: Task, other_run: bool) -> tuple[Attempt, ...]:
    if not (earlier.attempts or other_run):
        return later.attempts
    before = [*earlier.attempts, *([_as_attempt(earlier)] if other_run else [])]
    # A run may have been told before its end was known.
    known = {_same(one) for one in later.attempts}
    missed = [one for one in before if _same(one) not in known]
    if not missed:
        return later.attempts
    return tuple(sorted((*missed, *later.attempts), key=_begun)[-ATTEMPTS_MAX:])


def _as_attempt(task: Task) -> Attempt:
    return Attempt(
        task.state,
        task.worker,
        task.worker_pid,
        task.received_at,
        task.started_at,
        task.finished_at,
        task.exception,
        task.traceback,
    )


def _same(attempt: Attempt) -> tuple[object, ...]:
    return attempt.worker, attempt.worker_pid, _begun(attempt)


def _begun(attempt: Attempt) -> float:
    return attempt.started_at or attempt.received_at or attempt.ended_at or 0.0

"""It does not run because it is done."""

from __future__ import annotations

from desktop.engine.states import TaskState
from desktop.engine.task_model import Reason
from desktop.engine.why.evidence import Evidence
from desktop.engine.why.phrases import ago, took
from desktop.words import Text, text, verbatim

CODE = "finished"
EXCEPTION_MAX = 300


def finished(seen: Evidence) -> Reason:
    if seen.thrown_away:
        return Reason(CODE, False, text("It did not run: a worker threw it away."))
    if seen.ended and not seen.is_revoked:
        return Reason(CODE, True, _how(seen), _evidence(seen), _fix(seen))
    if seen.ended:
        return Reason(CODE, False, text("It did not run to its end: it was revoked."))
    if seen.alive:
        return Reason(CODE, False, text("It has not ended: it waits or runs."))
    if not (seen.looked.results or seen.looked.history):
        words = text("Whether it has ended is not known: no result and no history could be read.")
        return Reason(CODE, None, words)
    return Reason(CODE, False, text("There is no result, and no word of its end."))


def _how(seen: Evidence) -> Text:
    state = _state(seen)
    at = (seen.task.finished_at if seen.task else None) or (
        seen.result.finished_at if seen.result else None
    )
    when = ago(at, seen.now)
    if state is TaskState.SUCCESS:
        return text("It has run and succeeded{when}.", when=when)
    if state is TaskState.FAILURE:
        return text("It has run and failed{when}.", when=when)
    if state is TaskState.REJECTED:
        return text("A worker rejected it{when}.", when=when)
    return text("It has ended{when}: its result is there.", when=when)


def _state(seen: Evidence) -> TaskState | None:
    if seen.result and seen.result.state:
        return seen.result.state
    return seen.task.state if seen.task else None


def _evidence(seen: Evidence) -> Text:
    task = seen.task
    if task and task.exception:
        return verbatim(task.exception[:EXCEPTION_MAX])
    if seen.result and _state(seen) is TaskState.FAILURE and seen.result.result:
        return verbatim(seen.result.result[:EXCEPTION_MAX])
    if task and task.worker:
        return text("{worker} ran it{took}.", worker=task.worker, took=took(task.runtime_s))
    if seen.result:
        return text("The result backend has its result.")
    return Text("")


def _fix(seen: Evidence) -> Text:
    if _state(seen) is TaskState.FAILURE:
        return text("See how: celery-tray tasks show {id}", id=seen.id)
    return Text("")

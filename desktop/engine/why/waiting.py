"""Its time has not come: an ETA, a countdown, or the pause before a retry."""

from __future__ import annotations

from desktop.engine.states import TaskState
from desktop.engine.task_model import Reason
from desktop.engine.why.evidence import Evidence
from desktop.engine.why.phrases import clock, span
from desktop.words import Text, text

RETRY = "retry"
ETA = "eta"


def retry(seen: Evidence) -> Reason:
    at, retries = _due(seen), _retries(seen)
    if at is None or not retries or at <= seen.now:
        return Reason(RETRY, False, text("It does not wait for a retry."))
    words = text(
        "It failed and is tried again at {time}, in {span} (retry {n}).",
        time=clock(at),
        span=span(at - seen.now),
        n=retries,
    )
    return Reason(RETRY, True, words, _where(seen))


def eta(seen: Evidence) -> Reason:
    at = _due(seen)
    if at is None:
        holds = False if seen.alive or seen.task else None
        return Reason(ETA, holds, text("No later time is set for it."))
    if at <= seen.now:
        return Reason(ETA, False, text("Its time has come: {time}.", time=clock(at)))
    words = text(
        "It is not due yet: it starts at {time}, in {span}.",
        time=clock(at),
        span=span(at - seen.now),
    )
    return Reason(ETA, True, words, _where(seen))


def _due(seen: Evidence) -> float | None:
    if seen.ended or seen.runs_on:
        return None
    if seen.held_back:
        return seen.held_back.at
    if seen.message:
        return seen.message.eta
    return seen.task.eta if seen.task else None


def _retries(seen: Evidence) -> int:
    if seen.message:
        return seen.message.retries
    task = seen.task
    return task.retries if task and task.state is TaskState.RETRY else 0


def _where(seen: Evidence) -> Text:
    if seen.held_back and seen.held_back.worker:
        return text("{worker} holds it until then.", worker=seen.held_back.worker)
    if seen.waits:
        return text("It lies in “{queue}” until a worker has room.", queue=seen.waits.queue)
    return Text("")

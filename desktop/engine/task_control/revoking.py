"""Revokes tasks, and asks afterwards whether it is so.

Celery keeps the ids of revoked tasks in the memory of each worker (``worker.state.revoked``: 50,000
of them, for three hours, unless ``--statedb`` keeps them on disk); a new worker learns them from
its neighbours. Nothing takes one back from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from desktop.engine.states import TaskState
from desktop.engine.task_commands import TaskOutcome
from desktop.engine.task_control.outcomes import has_ended, outcome, place_words
from desktop.engine.task_control.place import Place
from desktop.engine.task_control.records import ID_LENGTH
from desktop.engine.task_control.whereabouts import (
    AT_ONCE,
    Seen,
    Where,
    Whereabouts,
)
from desktop.words import Text, text, verbatim

REVOKES_MAX = 50_000
"""Celery's ``REVOKES_MAX``: beyond it workers forget the ids that they were told first."""
CONFIRM_S = 1.0


def revocable(known: Whereabouts, seen: Seen) -> Text | None:
    """Why it can't be revoked; None: it can."""
    if known.where is Where.ENDED:
        return has_ended(known)
    if known.where is Where.RUNS:
        return text(
            "It runs already, on {node}. Revoking does not stop it; terminating does.",
            node=verbatim(known.node),
        )
    task = known.task
    if is_unknown(known) and len(task.id) < ID_LENGTH:
        return text("No task with this id is known, and none whose id begins so.")
    unheard = known.where is Where.UNKNOWN and seen.pool_of(task.worker) is None
    if unheard and task.state is TaskState.STARTED and not task.doubt:
        return text(
            "It runs, by what was heard of it, on {node}, which did not answer. Revoking does not "
            "stop it; terminating does.",
            node=verbatim(task.worker),
        )
    if not seen.nodes and not seen.silent:
        return text(
            "No worker runs, and only workers remember what is revoked. Start one first, or take "
            "it out of its queue."
        )
    return None


def is_unknown(known: Whereabouts) -> bool:
    """Neither history, events, broker, workers nor results know anything of it."""
    return known.where is Where.UNKNOWN and not known.task.name


def will_be_revoked(known: Whereabouts) -> Text:
    if known.where is Where.UNKNOWN:
        return text("Nobody knows where it is. A worker that gets it drops it.")
    return text("{place} It is dropped when its turn comes.", place=place_words(known))


async def revoke(place: Place, seen: Seen, tasks: Sequence[Whereabouts]) -> list[TaskOutcome]:
    """Tell every worker, then ask each what it knows."""
    ids = [one.task.id for one in tasks]
    if not ids:
        return []
    for start in range(0, len(ids), AT_ONCE):
        await asyncio.to_thread(
            place.control.replies,
            "revoke",
            CONFIRM_S,
            arguments={"task_id": ids[start : start + AT_ONCE]},
            enough=_from_all(seen),
        )
    said = await asyncio.to_thread(
        place.control.replies, "revoked", CONFIRM_S, enough=_from_all(seen)
    )
    known_by = {node: frozenset(map(str, reply)) for node, reply in said if isinstance(reply, list)}
    return [_revoked(one, known_by, seen) for one in tasks]


async def revoked_ids(place: Place) -> frozenset[str]:
    """What any worker that answers knows to be revoked."""
    said = await asyncio.to_thread(place.control.replies, "revoked", CONFIRM_S)
    return frozenset(str(one) for _, reply in said if isinstance(reply, list) for one in reply)


def _from_all(seen: Seen) -> Callable[[Sequence[Any]], bool]:
    expected = len(seen.nodes) + len(seen.silent)
    return lambda replies: 0 < expected <= len(replies)


def _revoked(known: Whereabouts, by: dict[str, frozenset[str]], seen: Seen) -> TaskOutcome:
    missing = [node for node, ids in by.items() if known.task.id not in ids]
    late = [name for name in seen.silent if name not in by]
    if not by or len(missing) == len(by):
        return outcome(known, text("No worker confirmed it."), done=False)
    if missing:
        names = verbatim(", ".join(missing))
        return outcome(known, text("Revoked, but {nodes} did not take it in.", nodes=names))
    if late:
        names = verbatim(", ".join(late))
        return outcome(known, text("Revoked. {nodes} will learn it when it is free.", nodes=names))
    if is_unknown(known):
        words = text("Every worker will drop it. Nothing else is known of a task with this id.")
        return outcome(known, words)
    return outcome(known, text("Revoked: every worker drops it."))

"""Revokes tasks and terminates those that run, and asks afterwards whether it is so.

Celery keeps the ids of revoked tasks in the memory of each worker (``worker.state.revoked``: 50,000
of them, for three hours, unless ``--statedb`` keeps them on disk); a new worker learns them from
its neighbours. Nothing takes one back from there.
"""

from __future__ import annotations

import asyncio
import signal as signals
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from desktop.engine.errors import UsageError
from desktop.engine.task_commands import TaskOutcome
from desktop.engine.task_control.outcomes import has_ended, nobody_has_it, outcome, place_words
from desktop.engine.task_control.place import Place
from desktop.engine.task_control.whereabouts import (
    AT_ONCE,
    Seen,
    Where,
    Whereabouts,
    holders,
)
from desktop.words import Text, text, verbatim

REVOKES_MAX = 50_000
"""Celery's ``REVOKES_MAX``: beyond it workers forget the ids that they were told first."""
CONFIRM_S = 1.0
END_S = 5.0
"""How long the end of a terminated task is waited for."""
_PAUSE_S = 0.1
SIGNALS = ("TERM", "INT", "QUIT", "KILL", "HUP", "USR1", "USR2")


def revocable(known: Whereabouts, seen: Seen) -> Text | None:
    """Why it can't be revoked; None: it can."""
    if known.where is Where.ENDED:
        return has_ended(known)
    if known.where is Where.RUNS:
        return text(
            "It runs already, on {node}. Revoking does not stop it; terminating does.",
            node=verbatim(known.node),
        )
    if not seen.nodes and not seen.silent:
        return text(
            "No worker runs, and only workers remember what is revoked. Start one first, or take "
            "it out of its queue."
        )
    return None


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
    return outcome(known, text("Revoked: every worker drops it."))


# --- terminating -------------------------------------------------------------------------------


def check_signal(name: str) -> str:
    """``TERM`` for "SIGTERM", "term" and "TERM". Raises :class:`UsageError` for what is none."""
    wanted = name.upper().removeprefix("SIG")
    if wanted not in SIGNALS or not hasattr(signals, f"SIG{wanted}"):
        raise UsageError(
            "bad-signal",
            text("There is no signal {name} to end a task with.", name=verbatim(name)),
            Text(""),
            text("Use one of these: {names}", names=", ".join(SIGNALS)),
        )
    return wanted


def terminable(known: Whereabouts, seen: Seen) -> Text | None:
    """Why it can't be terminated; None: it can."""
    if known.where is Where.ENDED:
        return has_ended(known)
    if known.where in {Where.QUEUED, Where.HELD}:
        return text("It does not run yet. Revoke it instead.")
    if known.where is Where.UNKNOWN:
        return nobody_has_it(seen)
    node = seen.pool_of(known.node)
    if node is None or not node.can_terminate:
        return text(
            "{node} runs its tasks inside its own process (pool {pool}): one alone can't be ended.",
            node=verbatim(known.node),
            pool=verbatim(node.pool if node else "?"),
        )
    return None


def will_be_terminated(known: Whereabouts, signal: str) -> Text:
    return text(
        "Process {pid} of {node} ends with SIG{signal}, and the task with it; it is not run again.",
        pid=known.pid,
        node=verbatim(known.node),
        signal=signal,
    )


async def terminate(place: Place, tasks: Sequence[Whereabouts], signal: str) -> list[TaskOutcome]:
    """Tell the nodes that run them, then wait until they do not any more."""
    if not tasks:
        return []
    by_node: dict[str, list[str]] = {}
    for one in tasks:
        by_node.setdefault(one.node, []).append(one.task.id)
    said = await asyncio.gather(
        *(
            asyncio.to_thread(
                place.control.replies,
                "terminate",
                CONFIRM_S,
                [node],
                arguments={"task_id": ids, "signal": signal},
            )
            for node, ids in by_node.items()
        )
    )
    errors = {
        node: str(reply["error"])[:200]
        for replies in said
        for node, reply in replies
        if isinstance(reply, dict) and reply.get("error")
    }
    left = await _still_running(place, [one.task.id for one in tasks], tuple(by_node))
    return [_terminated(one, signal, left, errors) for one in tasks]


async def _still_running(place: Place, ids: list[str], nodes: Sequence[str]) -> frozenset[str]:
    until = time.monotonic() + END_S
    left: Iterable[str] = ids
    while left and time.monotonic() < until:
        held = await holders(place, list(left), nodes)
        left = [one for one in left if one in held and held[one].state == "active"]
        if left:
            await asyncio.sleep(_PAUSE_S)
    return frozenset(left)


def _terminated(
    known: Whereabouts, signal: str, left: frozenset[str], errors: dict[str, str]
) -> TaskOutcome:
    if known.task.id not in left:
        return outcome(known, text("Ended with SIG{signal}.", signal=signal))
    if error := errors.get(known.node):
        words = text("{node} refused: {reason}", node=verbatim(known.node), reason=verbatim(error))
        return outcome(known, words, done=False)
    words = text("It was told SIG{signal} and still runs. SIGKILL can't be ignored.", signal=signal)
    return outcome(known, words, done=False)

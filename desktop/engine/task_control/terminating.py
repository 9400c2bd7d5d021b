"""Terminates tasks that run, and looks afterwards whether it is so.

A node takes a task that it was told to terminate for ended in that moment (Celery's
``Request.terminate``), whatever its process does: so it is the process that is looked for.
"""

from __future__ import annotations

import asyncio
import signal as signals
import time
from collections.abc import Mapping, Sequence

from desktop.engine.errors import UsageError
from desktop.engine.task_commands import TaskOutcome
from desktop.engine.task_control.outcomes import has_ended, nobody_has_it, outcome
from desktop.engine.task_control.place import Place
from desktop.engine.task_control.whereabouts import (
    Seen,
    Where,
    Whereabouts,
    ask_nodes,
    holders,
)
from desktop.engine.task_signals import MEANINGS, STAYS
from desktop.words import Text, text, verbatim

CONFIRM_S = 1.0
END_S = 5.0
"""How long the end of a terminated task is waited for."""
_PAUSE_S = 0.1


def check_signal(name: str) -> str:
    """``TERM`` for "SIGTERM", "term" and "TERM". Raises :class:`UsageError` for what is none, and
    for INT: Celery's processes ignore it, and the task would be told as revoked and go on."""
    wanted = name.upper().removeprefix("SIG")
    if wanted == "INT":
        raise UsageError(
            "ignored-signal",
            text("SIGINT ends no task."),
            text(
                "The processes of Celery's pools ignore it: the task would be told as revoked, "
                "and go on."
            ),
            text("Use one of these: {names}", names=", ".join(MEANINGS)),
        )
    if wanted not in MEANINGS or not hasattr(signals, f"SIG{wanted}"):
        raise UsageError(
            "bad-signal",
            text("There is no signal {name} to end a task with.", name=verbatim(name)),
            Text(""),
            text("Use one of these: {names}", names=", ".join(MEANINGS)),
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


def will_be_terminated(known: Whereabouts, seen: Seen, signal: str) -> Text:
    node = seen.pool_of(known.node)
    if node is not None and node.has_greenlets:
        return text(
            "Its greenlet on {node} ends by GreenletExit, whatever the signal, as soon as it "
            "waits for something; it is not run again.",
            node=verbatim(known.node),
        )
    if signal in STAYS:
        return text(
            "SIG{signal} goes to process {pid} of {node}. {meaning}",
            pid=known.pid,
            node=verbatim(known.node),
            signal=signal,
            meaning=MEANINGS[signal],
        )
    # Without the signal's name: a person chooses it after this was said.
    return text(
        "Process {pid} of {node} runs it, and ends with it; it is not run again.",
        pid=known.pid,
        node=verbatim(known.node),
    )


async def terminate(
    place: Place, seen: Seen, tasks: Sequence[Whereabouts], signal: str
) -> list[TaskOutcome]:
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
    left = await _still_running(place, seen, tasks, signal)
    return [_terminated(one, seen, signal, left, errors) for one in tasks]


async def _still_running(
    place: Place, seen: Seen, tasks: Sequence[Whereabouts], signal: str
) -> frozenset[str]:
    """Ids of those that are not over, as far as can be seen, after a while."""
    nodes = tuple(dict.fromkeys(one.node for one in tasks))
    until = time.monotonic() + END_S
    left = {one.task.id: one for one in tasks}
    while True:
        held = await holders(place, list(left), nodes)
        pools = {} if signal in STAYS else await _pools(place, seen, list(left.values()))
        left = {
            task_id: one
            for task_id, one in left.items()
            if (task_id in held and held[task_id].state == "active")
            or one.pid in pools.get(one.node, ())
        }
        if not left or time.monotonic() >= until:
            return frozenset(left)
        await asyncio.sleep(_PAUSE_S)


async def _pools(
    place: Place, seen: Seen, tasks: Sequence[Whereabouts]
) -> Mapping[str, frozenset[int]]:
    """Processes of the pools that run these, by node."""
    nodes = {one.node for one in tasks if (node := seen.pool_of(one.node)) and node.processes}
    if not nodes:
        return {}
    return {one.name: frozenset(one.processes) for one in await ask_nodes(place, sorted(nodes))}


def _terminated(
    known: Whereabouts, seen: Seen, signal: str, left: frozenset[str], errors: dict[str, str]
) -> TaskOutcome:
    node = seen.pool_of(known.node)
    if error := errors.get(known.node):
        words = text("{node} refused: {reason}", node=verbatim(known.node), reason=verbatim(error))
        return outcome(known, words, done=known.task.id not in left)
    if known.task.id in left:
        words = text(
            "It was told SIG{signal} and still runs, though its worker takes it for ended. "
            "SIGKILL can't be ignored.",
            signal=signal,
        )
        return outcome(known, words, done=False)
    if node is not None and node.has_greenlets:
        return outcome(known, text("Its greenlet was told to end."))
    if signal in STAYS:
        return outcome(known, text("It was told that its soft time limit is over."))
    return outcome(known, text("Ended with SIG{signal}.", signal=signal))

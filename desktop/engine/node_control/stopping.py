"""A worker's warm stop: it takes no more, finishes what it runs, gives back the rest, and ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from desktop.engine.commands import Stop
from desktop.engine.errors import ServiceError, TrayError, WouldHarm
from desktop.engine.node_commands import TellNode
from desktop.engine.node_control.target import Target, check_one, silent
from desktop.engine.states import Owner
from desktop.words import Text, text, verbatim

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

PATIENCE_S = 2.0
"""How long the answer waits for the end; the worker takes the time that it needs."""


async def warm_stop(stack: LiveStack, target: Target, command: TellNode) -> Text:
    """Ours by its supervisor, another one by its own process, on the person's word. Raises
    WouldHarm without it."""
    if target.service:
        report = await stack.stop(Stop(command.project, (target.service,), patience_s=PATIENCE_S))
        return _finishes() if report.busy else _stopped()
    if not command.consent:
        raise WouldHarm(
            "not-ours",
            text("{node} was not started from here.", node=verbatim(target.node)),
            text("Whoever started it may miss it, or start it again."),
            text("Say so if it is to stop all the same: {option}", option="--yes"),
        )
    if target.row and target.row.owner in {Owner.EXTERNAL, Owner.ORPHAN}:
        # By its pid: a name may be another's, too.
        report = await stack.cleaner.stop_existing((target.row.pid,), PATIENCE_S)
        for failed in report.failed:
            raise TrayError.of(failed.problem)
        if report.stopped or report.busy:
            return _finishes() if report.busy else _stopped()
        raise _left_alone(target)
    if target.row is None or target.row.owner is not Owner.REMOTE:
        raise _left_alone(target)
    check_one(target, command.pid)
    return await _shut_down(target)


async def _shut_down(target: Target) -> Text:
    """On another machine: only its name reaches it, and nobody else has that."""
    control, node = target.place.control, target.node
    await asyncio.to_thread(control.replies, "shutdown", 0.2, [node])
    if await asyncio.to_thread(control.ping, node, PATIENCE_S):
        return _finishes()
    return _stopped()


def _left_alone(target: Target) -> ServiceError:
    if target.answer is None:
        return silent(target.node, target.pid)
    return ServiceError(
        "not-this-app",
        text("{node} is not known to be a worker of this app.", node=verbatim(target.node)),
        text("It was left running."),
        text("See what runs with: celery-tray workers"),
    )


def _finishes() -> Text:
    return text("It takes no more tasks, finishes those that run, and ends.")


def _stopped() -> Text:
    return text("It has stopped.")

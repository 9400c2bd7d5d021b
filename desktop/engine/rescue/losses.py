"""Is a task really lost? Looks where it may still be, and sends it again on a person's word.

Blocks, except where it says ``async``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from desktop.engine import redis_url
from desktop.engine.app_info import AppInfo
from desktop.engine.cleanup_model import LostTask
from desktop.engine.commands import RunAgainReport, ServiceProblem
from desktop.engine.errors import TrayError
from desktop.engine.model import Problem
from desktop.engine.rescue import unacked
from desktop.engine.rescue.lost import LostTasks
from desktop.engine.rescue.witnesses import Broker
from desktop.engine.task_control.sending import Letter, send
from desktop.words import Text, text

log = logging.getLogger(__name__)


def really_lost(
    broker: Broker, tasks: Sequence[LostTask], queues: Collection[str], info: AppInfo
) -> tuple[LostTask, ...]:
    """Those whose message is nowhere (``queues`` are searched too), and that have no result where
    the app of ``info`` keeps them. Raises ServiceError."""
    if not tasks:
        return ()
    ids = frozenset(one.id for one in tasks)
    everywhere = {*queues, *(one.queue for one in tasks if one.queue)}
    # The queues on both sides: a worker that takes a message between two looks moves it one way,
    # one that gives it back the other.
    somewhere = set(unacked.waiting(broker.url, broker.keys, everywhere, ids))
    somewhere |= {one.id for one in unacked.read(broker.url, broker.keys)}
    somewhere |= unacked.waiting(broker.url, broker.keys, everywhere, ids - somewhere)
    left = [one for one in tasks if one.id not in somewhere]
    if redis_url.is_redis(info.result_backend):
        # Without it the events alone speak.
        with contextlib.suppress(TrayError):
            ended = unacked.finished(
                info.result_backend, [one.id for one in left], info.result_key_prefix
            )
            left = [one for one in left if one.id not in ended]
    return tuple(left)


def keep(list_of: LostTasks, tasks: Sequence[LostTask]) -> None:
    """Add to the list; a disk that refuses is logged: the list goes on without it."""
    try:
        list_of.put(tasks)
    except OSError as error:
        log.warning("the list of lost tasks can't be kept: %s", error)


async def run_again(
    list_of: LostTasks, url: str, options: Mapping[str, Any], ids: Iterable[str]
) -> RunAgainReport:
    """Each task once: what was run again before, or is not in the list, is told as failed."""
    sent: list[LostTask] = []
    failed: list[ServiceProblem] = []
    for one in dict.fromkeys(ids):
        task = list_of.get(one)
        problem = _problem(task, url)
        if task is None or problem is not None:
            failed.append(ServiceProblem(one, problem or _unknown()))
            continue
        try:
            again_id = await asyncio.to_thread(send, url, options, _letter(task))
        except TrayError as error:
            failed.append(ServiceProblem(one, error.problem))
            continue
        task = msgspec.structs.replace(task, again_id=again_id)
        sent.append(task)
        # At once: an engine that dies now must not send it twice.
        await asyncio.to_thread(keep, list_of, [task])
    return RunAgainReport(tuple(sent), tuple(failed))


def _letter(task: LostTask) -> Letter:
    args, kwargs = json.loads(task.payload)
    return Letter(
        task.name,
        task.queue,
        json.dumps(args),
        json.dumps(kwargs),
        shown_args=task.args or "()",
        shown_kwargs=task.kwargs or "{}",
        again_of=task.id,
    )


def _problem(task: LostTask | None, url: str) -> Problem | None:
    if task is None:
        return _unknown()
    if task.again_id:
        return _failed(
            text("It was run again already."),
            text("As {id}.", id=task.again_id),
            text("See that task."),
        )
    if not task.payload:
        return _failed(
            text("Its arguments are not known whole."),
            _as_told(task),
            text("Send it from where it came from."),
        )
    if not url:
        return _failed(
            text("The broker is not running."),
            text("Nothing can be sent without it."),
            text("Start Redis first."),
        )
    return None


def _as_told(task: LostTask) -> Text:
    if not task.args and not task.kwargs:
        return text("Only the log of its worker told of {name}.", name=task.name)
    return text(
        "{name} was sent with {args} {kwargs}, as far as it was told.",
        name=task.name,
        args=task.args,
        kwargs=task.kwargs,
    )


def _unknown() -> Problem:
    return _failed(
        text("It is not in the list of lost tasks."),
        text("The list keeps the newest of them."),
        text("Send it from where it came from."),
    )


def _failed(title: Text, message: Text, next_step: Text) -> Problem:
    return Problem("not-run-again", title, message, next_step)

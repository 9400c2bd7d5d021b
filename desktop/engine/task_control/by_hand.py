"""Runs a task by hand: which there are, whether the arguments fit, and where it goes."""

from __future__ import annotations

import asyncio
import difflib
import json
import math
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from desktop.engine.errors import TrayError, UsageError
from desktop.engine.history_commands import Selection
from desktop.engine.task_commands import RunTask, TaskActionReport, TaskOutcome
from desktop.engine.task_control import again
from desktop.engine.task_control.arguments import read_list, read_object
from desktop.engine.task_control.place import Place, place_of
from desktop.engine.task_control.sending import Letter, Note, send
from desktop.engine.task_control.signature import misfit
from desktop.engine.task_control.whereabouts import ANSWER_TIMEOUT_S, Whereabouts
from desktop.engine.task_model import RegisteredTask
from desktop.words import Text, text, verbatim

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

COUNTDOWN_MAX_S = 10 * 365 * 86_400.0
TASKS_MAX = 5_000
_ABOUT = {"taskinfoitems": ["rate_limit"]}


def selection_of(task_id: str) -> Selection:
    return Selection(ids=(task_id,))


async def registered(stack: LiveStack) -> tuple[RegisteredTask, ...]:
    """What the app has and the workers would run, by name."""
    found = {
        one.name: RegisteredTask(one.name, one.signature, one.doc, (), one.rate_limit, one.queue)
        for one in stack.app.info.details
    }
    for name in stack.app.info.tasks:
        found.setdefault(name, RegisteredTask(name))
    try:
        place = await place_of(stack)
    except TrayError:
        place = None
    for node, name, limit in await _told(place) if place else ():
        one = found.get(name) or RegisteredTask(name)
        found[name] = msgspec.structs.replace(
            one, nodes=(*one.nodes, node), rate_limit=limit or one.rate_limit
        )
    return tuple(found[name] for name in sorted(found)[:TASKS_MAX])


async def _told(place: Place) -> list[tuple[str, str, str]]:
    """(node, name, rate limit) of each task in the workers' registries."""
    said = await asyncio.to_thread(
        place.control.replies, "registered", ANSWER_TIMEOUT_S, arguments=_ABOUT
    )
    return [
        (node, *registration(str(one)))
        for node, reply in said
        if isinstance(reply, list)
        for one in reply[:TASKS_MAX]
    ]


def registration(words: str) -> tuple[str, str]:
    """Name and rate limit from a line of ``inspect registered``: "shop.add [rate_limit=10/m]"."""
    name, _, rest = words.partition(" [")
    return name[:1024], rest.removesuffix("]").removeprefix("rate_limit=") if rest else ""


async def run(
    place: Place, command: RunTask, first: Whereabouts | None, note: Note
) -> TaskActionReport:
    """``first``: the task that it repeats, if any."""
    args, kwargs = read_list(command.args), read_object(command.kwargs)
    countdown_s = _countdown(command.countdown_s)
    task = await _task(place, command.name)
    why = misfit(task.signature, len(args), kwargs)
    if why:
        raise UsageError(
            "arguments-do-not-fit",
            text("{name} can't be called like this.", name=verbatim(command.name)),
            why,
            text("It is {name}{signature}.", name=verbatim(task.name), signature=task.signature),
        )
    again.check_content(place.info)
    queue = command.queue or (first.queue if first else "") or task.queue
    queue = queue or place.info.default_queue
    consumers, complete = await _consumers(place)
    _check_queue(place, queue, consumers, chosen=bool(command.queue))
    letter = _letter(command, first, queue, args, kwargs)
    if countdown_s:
        letter = msgspec.structs.replace(letter, eta=time.time() + countdown_s)
    at = time.time()
    new_id = await asyncio.to_thread(send, place.url, place.options, letter)
    note(letter, new_id, at)
    # Where a worker did not answer it may be the one that consumes the queue.
    return _report(command.name, queue, new_id, consumed=queue in consumers or not complete)


def _letter(
    command: RunTask, first: Whereabouts | None, queue: str, args: list[Any], kwargs: dict[str, Any]
) -> Letter:
    message = first.message if first else None
    return Letter(
        command.name,
        queue,
        json.dumps(args, ensure_ascii=False),
        json.dumps(kwargs, ensure_ascii=False),
        priority=message.priority if message else None,
        time_limit_s=message.time_limit_s if message else None,
        soft_time_limit_s=message.soft_time_limit_s if message else None,
        again_of=command.again,
        root_id=first.task.root_id if first else "",
    )


def _report(name: str, queue: str, new_id: str, *, consumed: bool) -> TaskActionReport:
    def told(sent: Text) -> Text:
        waits = text("{sent} No worker consumes that queue now: it waits.", sent=sent)
        return sent if consumed else waits

    # The outcome stands beside its id.
    outcome = TaskOutcome(
        new_id, name, True, told(text("Sent to {queue}.", queue=verbatim(queue))), new_id
    )
    whole = told(text("Sent to {queue} as {id}.", queue=verbatim(queue), id=new_id))
    return TaskActionReport((outcome,), 1, 0, whole)


def _countdown(seconds: float | None) -> float:
    if seconds is None:
        return 0.0
    if not (math.isfinite(seconds) and 0 <= seconds <= COUNTDOWN_MAX_S):
        raise UsageError(
            "bad-countdown",
            text("It can't wait for {seconds} s.", seconds=f"{seconds:g}"),
            Text(""),
            text("Give a number of seconds from 0 up."),
        )
    return seconds


async def _task(place: Place, name: str) -> RegisteredTask:
    """What is known of this task. Raises UsageError when neither app nor workers know it: it would
    be thrown away by whoever takes it."""
    known = {one.name: one for one in place.info.details}
    if name in known:
        one = known[name]
        return RegisteredTask(one.name, one.signature, one.doc, (), one.rate_limit, one.queue)
    names = {*place.info.tasks, *(told for _, told, _ in await _told(place))}
    if name in names:
        return RegisteredTask(name)
    raise UsageError(
        "no-such-task-name",
        text("No worker knows a task called {name}.", name=verbatim(name)),
        _near(name, names | known.keys()),
        text("See which there are: {command}", command="celery-tray tasks run --help"),
    )


async def _consumers(place: Place) -> tuple[frozenset[str], bool]:
    """Queues that some worker consumes now, and whether all workers that there are said so."""
    said = await asyncio.to_thread(place.control.replies, "active_queues", ANSWER_TIMEOUT_S)
    consumed = frozenset(
        str(queue.get("name"))
        for _, reply in said
        if isinstance(reply, list)
        for queue in reply
        if isinstance(queue, dict)
    )
    return consumed, {node for node, _ in said} >= set(place.expected)


def _check_queue(place: Place, queue: str, consumed: frozenset[str], *, chosen: bool) -> None:
    """Raises UsageError for a queue that a person named and that nobody knows: what is sent there
    waits for ever."""
    known = {*place.queues, *consumed}
    if chosen and queue not in known:
        raise UsageError(
            "no-such-queue",
            text("Neither the app nor a worker knows a queue called {name}.", name=verbatim(queue)),
            _near(queue, known),
            text("Use one of these: {names}", names=verbatim(", ".join(sorted(known)))),
        )


def _near(name: str, names: Iterable[str]) -> Text:
    near = difflib.get_close_matches(name, list(names), n=1)
    return text("Did you mean {name}?", name=verbatim(near[0])) if near else Text("")

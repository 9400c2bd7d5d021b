"""Runs tasks again, with their real arguments or not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import msgspec

from desktop.engine.app_info import AppInfo
from desktop.engine.errors import ServiceError, TrayError
from desktop.engine.task_commands import TaskOutcome
from desktop.engine.task_control.arguments import Arguments, arguments_of
from desktop.engine.task_control.outcomes import outcome
from desktop.engine.task_control.place import Place
from desktop.engine.task_control.sending import Letter, Note, post_office
from desktop.engine.task_control.whereabouts import Where, Whereabouts
from desktop.words import Text, text, verbatim

_ALIVE = frozenset({Where.QUEUED, Where.HELD, Where.RUNS})
_SOURCES = {
    "message": text("its message"),
    "node": text("the worker that has it"),
    "result": text("the result backend"),
    "record": text("its record"),
}


def preview(known: Whereabouts, info: AppInfo) -> TaskOutcome:
    """What would happen."""
    arguments = arguments_of(known)
    refused = _refused(known, arguments)
    if refused:
        return refused
    queue = queue_of(known, info)
    words = text(
        "It would be sent to {queue}, with its arguments from {source}.{warning}",
        queue=verbatim(queue),
        source=_SOURCES[arguments.source],
        warning=_warning(known, info),
    )
    alive = known.where in _ALIVE
    return msgspec.structs.replace(outcome(known, words), alive=alive)


def why_not(known: Whereabouts) -> Text:
    """Why it can't be sent again as it was; "" when it can."""
    refused = _refused(known, arguments_of(known))
    return refused.words if refused else Text("")


async def run_again(place: Place, tasks: Sequence[Whereabouts], note: Note) -> list[TaskOutcome]:
    """Send each again, as a new task."""
    check_content(place.info)
    return await asyncio.to_thread(_send, place, tasks, note)


def _send(place: Place, tasks: Sequence[Whereabouts], note: Note) -> list[TaskOutcome]:
    found: list[TaskOutcome] = []
    broken: TrayError | None = None
    try:
        with post_office(place.url, place.options) as post:
            for known in tasks:
                arguments = arguments_of(known)
                refused = _refused(known, arguments)
                if refused:
                    found.append(refused)
                    continue
                sent = letter(known, arguments, place.info)
                at = time.time()
                new_id = post(sent)
                note(sent, new_id, at)
                words = text(
                    "Sent again as {id}.{warning}",
                    id=new_id,
                    warning=_warning(known, place.info),
                )
                found.append(outcome(known, words, new_id=new_id))
    except TrayError as error:
        broken = error
    if broken:
        # Those that were sent are sent; of the rest it is told why not.
        rest = tasks[len(found) :]
        found += [outcome(known, broken.problem.message, done=False) for known in rest]
    return found


def letter(known: Whereabouts, arguments: Arguments, info: AppInfo) -> Letter:
    """The same task once more: name, arguments, queue, priority and limits; not its place in a
    chain, a group or a chord."""
    task, message = known.task, known.message
    return Letter(
        name=task.name,
        queue=queue_of(known, info),
        args=arguments.args,
        kwargs=arguments.kwargs,
        shown_args=task.args or (message.shown_args if message else ""),
        shown_kwargs=task.kwargs or (message.shown_kwargs if message else ""),
        priority=message.priority if message else None,
        time_limit_s=message.time_limit_s if message else None,
        soft_time_limit_s=message.soft_time_limit_s if message else None,
        again_of=task.id,
        root_id=task.root_id or (message.root_id if message else ""),
    )


def queue_of(known: Whereabouts, info: AppInfo) -> str:
    """Where it came from; else where the app sends it."""
    if known.queue:
        return known.queue
    said = (one.queue for one in info.details if one.name == known.task.name)
    return next(said, "") or info.default_queue


def check_content(info: AppInfo) -> None:
    """Raises :class:`ServiceError` where workers would throw away what is sent from here."""
    if not {"json", "application/json"} & set(info.accepts):
        raise ServiceError(
            "not-json",
            text("The app's workers take no JSON."),
            text(
                "They accept {kinds} (accept_content), and would drop what is sent from here.",
                kinds=verbatim(", ".join(info.accepts)),
            ),
            text("Send it from the app itself."),
        )


def _refused(known: Whereabouts, arguments: Arguments) -> TaskOutcome | None:
    task = known.task
    if not task.name:
        return TaskOutcome(task.id, "", False, text("Nothing is known of it, not even its name."))
    if not arguments.whole:
        return TaskOutcome(
            task.id,
            task.name,
            False,
            text("{why} Repair them, then run it.", why=arguments.why_not),
            args=arguments.args,
            kwargs=arguments.kwargs,
        )
    return None


def _warning(known: Whereabouts, info: AppInfo) -> Text:
    if known.where in _ALIVE:
        return text(" The first one is still on its way: it runs twice.")
    if known.message and known.message.followed:
        return text(" What was to follow it is not sent.")
    if not known.queue and len(info.consumed) > 1:
        return text(" The queue that it came from is not known; this is where the app sends it.")
    return Text("")

"""Tasks of a dead worker of which no event told this engine: by the history and by its own log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from desktop.engine import redis_url
from desktop.engine.app_info import AppInfo
from desktop.engine.cleanup_model import LostTask
from desktop.engine.rescue import worker_log
from desktop.engine.rescue.lost import payload_of
from desktop.engine.rescue.watched import Watched
from desktop.engine.rescue.worker_log import Told
from desktop.engine.task_model import Task

SUCCESSOR_MARGIN_S = 2.0
"""A create time can be up to a second early (facts): a process that seems this much older than a
death was there before it."""

HadBy = Callable[[str, int], Sequence[Task]]
"""What a process (node, pid) had not ended when the history heard of it last. Blocks."""


class Untold(msgspec.Struct, frozen=True):
    """Of one death."""

    suspects: tuple[LostTask, ...] = ()
    """What it had, as far as is known. Whether each is lost is still to be seen."""
    ended: frozenset[str] = frozenset()
    """Ids of tasks whose end its log tells, though no event may have."""


def ask(dead: Watched, had_by: HadBy, running: Iterable[Watched], info: AppInfo) -> Untold:
    """Both witnesses. Blocks; raises :class:`desktop.engine.errors.TrayError` when the history
    can't be read."""
    told = Told()
    if dead.log:
        told = worker_log.read(Path(dead.log), dead.create_time, dead.died_at)
        if any(_wrote_too(one, dead) for one in running):
            # While a worker is taken over two write to one file, and the lines don't tell who.
            told = msgspec.structs.replace(told, open=())
    had = had_by(dead.node, dead.pid) if dead.node else ()
    return Untold(weigh(dead, had, told, info), told.ended)


def weigh(dead: Watched, had: Iterable[Task], told: Told, info: AppInfo) -> tuple[LostTask, ...]:
    """What it may have taken with it. Pure.

    What the history heard last may be over since. So such a task counts when the log tells that it
    was received and not that it ended, or when its end would stand in the result backend.
    """
    received = dict(told.open)
    has_results = redis_url.is_redis(info.result_backend)
    found = {
        task.id: _of_history(dead, task, info)
        for task in had
        if task.id not in told.ended and (task.id in received or has_results)
    }
    # Asked to end it gave back what it had not begun, and another may have that by now.
    only_logged = () if told.asked else told.open
    for task_id, name in only_logged:
        if task_id in found:
            continue
        found[task_id] = LostTask(
            id=task_id,
            name=name,
            queue=info.default_queue,
            node=dead.node,
            lost_at=dead.died_at,
        )
    return tuple(found.values())


def _of_history(dead: Watched, task: Task, info: AppInfo) -> LostTask:
    return LostTask(
        id=task.id,
        name=task.name,
        args=task.args,
        kwargs=task.kwargs,
        queue=task.queue or info.default_queue,
        node=dead.node,
        lost_at=dead.died_at,
        payload=payload_of(task.args, task.kwargs),
    )


def _wrote_too(one: Watched, dead: Watched) -> bool:
    return one.log == dead.log and one.create_time < dead.died_at - SUCCESSOR_MARGIN_S

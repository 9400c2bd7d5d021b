"""Tasks that were acknowledged when they began, and died with their worker: listed, and kept.

Nothing can bring them back by itself: their message is gone. What is known of them is enough to
run them again, on a person's word.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from desktop.engine.cleanup_model import HeldTask, LostTask
from desktop.engine.rescue.watched import Watched
from desktop.engine.telemetry.holders import Holding

KEPT_MAX = 1_000
"""The oldest are forgotten beyond it."""
TOLD_S = 7 * 86_400.0
"""One that can't be run again from here is told for a week: there is nothing else to do about it.
It stays in the list, and in the log of the cleanups."""
CUT_AT = 1_024
"""Celery cuts representations of arguments there (``resultrepr_maxsize``, ``argsrepr``)."""


def suspects(
    dead: Watched, had: Iterable[Holding], asked: Mapping[str, HeldTask], default_queue: str
) -> tuple[LostTask, ...]:
    """What the process had and did not end, by its events and by its own last answer.

    Whether each is lost is still to be seen: not if its message is somewhere, or its result.
    """
    found: dict[str, LostTask] = {}
    for task in asked.values():
        found[task.id] = LostTask(
            id=task.id,
            name=task.name,
            args=task.args,
            kwargs=task.kwargs,
            queue=task.queue or _queue(dead, default_queue),
            node=dead.node,
            lost_at=dead.died_at,
            payload=task.payload,
        )
    for holding in had:
        known = found.get(holding.id)
        found[holding.id] = LostTask(
            id=holding.id,
            name=holding.name or (known.name if known else ""),
            args=holding.args or (known.args if known else ""),
            kwargs=holding.kwargs or (known.kwargs if known else ""),
            queue=(known.queue if known else "") or holding.queue or _queue(dead, default_queue),
            node=dead.node,
            lost_at=dead.died_at,
            payload=(known.payload if known else "") or payload_of(holding.args, holding.kwargs),
        )
    return tuple(found.values())


def payload_of(args: str, kwargs: str) -> str:
    """``[args, kwargs]`` as JSON, from their representations; "" when those are not the whole
    truth: cut, or of values that JSON does not know."""
    if len(args) >= CUT_AT or len(kwargs) >= CUT_AT:
        return ""
    try:
        values = ast.literal_eval(args or "()"), ast.literal_eval(kwargs or "{}")
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return ""
    if not isinstance(values[0], tuple | list) or not isinstance(values[1], dict):
        return ""
    if "..." in args or "..." in kwargs or not all(isinstance(key, str) for key in values[1]):
        # An ellipsis may stand for what was left out.
        return ""
    try:
        return json.dumps(values, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        return ""


def _queue(dead: Watched, default: str) -> str:
    """Where it may be sent when nobody knows where it came from: what its worker took from runs
    it too."""
    if default in dead.queues or not dead.queues:
        return default
    return dead.queues[0]


class LostTasks:
    """The list, in one file. The newest come first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tasks: dict[str, LostTask] = {}

    def load(self) -> None:
        """Read it; what can't be read is set aside, never deleted. Blocks."""
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=list[LostTask])
        except FileNotFoundError:
            return
        except (msgspec.MsgspecError, UnicodeDecodeError, OSError):
            with contextlib.suppress(OSError):
                self._path.replace(self._path.with_name(f"{self._path.name}.broken"))
            return
        self._tasks = {**{one.id: one for one in kept}, **self._tasks}

    @property
    def open(self) -> tuple[LostTask, ...]:
        """Those that were not run again, and are to be told."""
        oldest = time.time() - TOLD_S
        return tuple(
            one for one in self.all if not one.again_id and (one.payload or one.lost_at > oldest)
        )

    @property
    def all(self) -> tuple[LostTask, ...]:
        return tuple(sorted(self._tasks.values(), key=lambda one: one.lost_at, reverse=True))

    def get(self, task_id: str) -> LostTask | None:
        return self._tasks.get(task_id)

    def put(self, tasks: Sequence[LostTask]) -> None:
        """Add, or change; raises OSError when the disk refuses: they stand in the list all the
        same. Blocks."""
        self._tasks.update((one.id, self._better(one)) for one in tasks)
        self._tasks = {one.id: one for one in self.all[:KEPT_MAX]}
        _write(self._path, msgspec.json.encode(list(self.all)))

    def _better(self, told: LostTask) -> LostTask:
        """A loss may be told twice: the log of a worker that follows within a second is read from
        a little before it was there. What was run again stays so, and what is known is kept."""
        known = self._tasks.get(told.id)
        if known is None or told.again_id:
            return told
        return known if known.again_id or (known.payload and not told.payload) else told


class Dying(msgspec.Struct, frozen=True):
    """A death whose tasks are not accounted for yet: the engine that saw it may die too."""

    dead: Watched
    tasks: tuple[LostTask, ...]


def write_dying(path: Path, dying: Sequence[Dying]) -> None:
    """Blocks; raises OSError when the disk refuses."""
    if dying:
        _write(path, msgspec.json.encode(list(dying)))
    else:
        path.unlink(missing_ok=True)


def read_dying(path: Path) -> list[Dying]:
    """What an earlier engine has left unaccounted. Blocks."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Dying])
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError):
        return []


def _write(path: Path, data: bytes) -> None:
    """A crash leaves either the old or the new file, whole; only the person may read it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".lost-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise

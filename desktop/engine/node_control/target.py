"""Which process is meant by a node's name. Two processes may have one name, and remote control
reaches both: then neither is told anything."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from desktop.engine.census.answers import NodeAnswer, answer_of
from desktop.engine.errors import ServiceError
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner, Role
from desktop.engine.task_control.place import Place, place_of
from desktop.words import Text, text, verbatim

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

ANSWER_TIMEOUT_S = 0.6
"""How long a second process of the same name is waited for."""


class Target(msgspec.Struct, frozen=True):
    """One worker process, as it is known now."""

    node: str
    pid: int
    """Of its main process, as the node itself tells it; 0: it did not answer."""
    place: Place
    answer: NodeAnswer | None = None
    stats: Mapping[str, Any] = {}
    row: WorkerRow | None = None
    """Its row in the census, where it is known there."""
    service: str = ""
    """The service of ours that it is."""
    namesakes: int = 1
    """Processes that have this name, itself included."""

    @property
    def owner(self) -> Owner | None:
        if self.service:
            return Owner.OURS
        return self.row.owner if self.row else None

    @property
    def autoscales(self) -> bool:
        return isinstance(self.stats.get("autoscaler"), dict)


async def find(stack: LiveStack, node: str, pid: int, *, all_of_them: bool = True) -> Target:
    """Ask who has this name, and look who is known by it. ``pid`` 0: whoever has the name.

    ``all_of_them``: wait for a second one of the name, who may have come just now; else the last
    look at the workers tells of it. Raises ServiceError while the broker is down.
    """
    place = await place_of(stack)
    rows = [one for one in stack.found.rows if one.node == node and one.role is Role.WORKER]
    known = max(len(rows), place.expected.count(node))
    answers = await _answers(place, node, pid, alone=not all_of_them and known <= 1)
    pids = {one.pid for one in rows} | {one.pid for one, _ in answers}
    # In a container of this machine a worker answers with another pid than it has out here.
    elsewhere = any(one.owner is Owner.REMOTE for one in rows)
    chosen = next((one for one in answers if pid in {0, one[0].pid}), None)
    main = chosen[0].pid if chosen else pid or (rows[0].pid if len(rows) == 1 else 0)
    return Target(
        node,
        main,
        place,
        chosen[0] if chosen else None,
        chosen[1] if chosen else {},
        next((one for one in rows if main == one.pid), None),
        _service(stack, main),
        max(known, len(answers), 0 if elsewhere else len(pids), 1),
    )


async def _answers(
    place: Place, node: str, pid: int, *, alone: bool
) -> list[tuple[NodeAnswer, Mapping[str, Any]]]:
    """Everybody who answers by this name; ``alone``: the first, or the first with this pid."""

    def enough(replies: Sequence[Any]) -> bool:
        return alone and any(pid in {0, one.pid} for one, _ in _of(node, replies))

    replies = await asyncio.to_thread(
        place.control.replies, "stats", ANSWER_TIMEOUT_S, [node], enough=enough
    )
    return _of(node, [{name: reply} for name, reply in replies])


def _of(node: str, replies: Sequence[Any]) -> list[tuple[NodeAnswer, Mapping[str, Any]]]:
    said = (one.get(node) for one in replies if isinstance(one, dict))
    return [
        (answer, one) for one in said if isinstance(one, dict) and (answer := answer_of(node, one))
    ]


def _service(stack: LiveStack, pid: int) -> str:
    found = (s for s in stack.supervisors.values() if pid and s.pid == pid)
    return next((one.service.spec.known_as for one in found), "")


def check_one(target: Target, pid: int) -> None:
    """Raises :class:`ServiceError` unless exactly the process that is meant listens."""
    node = verbatim(target.node)
    if target.namesakes > 1:
        raise ServiceError(
            "duplicate-node",
            text("{n} workers are called {node}.", n=target.namesakes, node=node),
            text("What is said to one of them, all of them hear."),
            text("Stop the surplus ones by their process: celery-tray cleanup"),
        )
    if target.answer is None:
        raise silent(target.node, pid)


def silent(node: str, pid: int) -> ServiceError:
    title = text("{node} does not answer.", node=verbatim(node))
    if pid:
        title = text("{node} (process {pid}) does not answer.", node=verbatim(node), pid=pid)
    return ServiceError(
        "silent-node",
        title,
        text("A worker of pool solo answers nothing while it runs a task; any other one hangs."),
        text("See where it hangs: {command}", command=f"celery-tray workers dump {node}"),
    )


def refused(node: str, why: Text, next_step: Text = Text("")) -> ServiceError:  # noqa: B008
    return ServiceError(
        "node-refused", text("{node} can't do that.", node=verbatim(node)), why, next_step
    )

"""What nodes say of themselves on the broker, and whether it is this machine that speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.node_name import host_of

UPTIME_MARGIN_S = 2.0
"""``uptime`` is in whole seconds, the create time up to one early."""
IMPORT_MAX_S = 60.0
"""A node's uptime begins when its app is imported: so much later than its process, at most, for
the two to be taken for one without any other evidence."""

_POOLS = {"thread": "threads", "asynpool": "prefork"}
"""Names of pools where the module's differs."""


class NodeAnswer(msgspec.Struct, frozen=True):
    """One node's answer to ``inspect stats``, ``active``, ``reserved``, ``active_queues``.

    None and empty: it was not asked that, or did not say.
    """

    node: str
    pid: int
    """In the process namespace of its own machine or container."""
    pool_pids: tuple[int, ...] = ()
    queues: tuple[str, ...] = ()
    uptime_s: float | None = None
    active: int | None = None
    reserved: int | None = None
    pool: str = ""
    """"prefork", "solo", "threads", …"""
    concurrency: int | None = None
    hostname: str = ""
    """The machine's own name where the answer tells it; else that of the node name counts."""
    broker: str = ""


class Here(msgspec.Struct, frozen=True):
    """What this machine knows of the process with the pid of an answer."""

    node: str
    """As its command line names it; "" when it names none."""
    children: frozenset[int]
    hostname: str
    """This machine's."""


def speaks_here(answer: NodeAnswer, facts: ProcessFacts, here: Here, now: float) -> bool:
    """Whether ``answer`` comes from the process ``facts`` of this machine.

    The same pid alone proves nothing: another machine has such a pid too.
    """
    age_s = now - facts.create_time
    if answer.uptime_s is not None and answer.uptime_s > age_s + UPTIME_MARGIN_S:
        return False
    pool = set(answer.pool_pids) - {answer.pid}
    if pool:
        # A pool process may have been replaced since; all of them at once are not.
        return bool(pool & here.children)
    if answer.node == here.node:
        return True
    if (answer.hostname or host_of(answer.node)) == here.hostname:
        return True
    return answer.uptime_s is not None and age_s - answer.uptime_s < IMPORT_MAX_S


def answer_of(
    node: str,
    stats: Mapping[str, Any],
    *,
    queues: Sequence[str] = (),
    active: int | None = None,
    reserved: int | None = None,
) -> NodeAnswer | None:
    """A node's answer to ``inspect stats`` as a value; None when it tells no pid.

    What a node says is not to be trusted in shape: what does not fit is left out.
    """
    pid = _number(stats.get("pid"))
    if not pid:
        return None
    pool = _mapping(stats.get("pool"))
    processes = pool.get("processes")
    module = str(pool.get("implementation") or "").partition(":")[0]
    uptime = stats.get("uptime")
    return NodeAnswer(
        node=node,
        pid=pid,
        pool_pids=tuple(
            number
            for one in (processes if isinstance(processes, list) else ())
            if (number := _number(one))
        ),
        queues=tuple(queues),
        uptime_s=float(uptime) if isinstance(uptime, int | float) else None,
        active=active,
        reserved=reserved,
        pool=_POOLS.get(short := module.rpartition(".")[2], short),
        concurrency=_number(pool.get("max-concurrency")),
        broker=_broker(_mapping(stats.get("broker"))),
    )


def _broker(said: Mapping[str, Any]) -> str:
    host, port = said.get("hostname"), _number(said.get("port"))
    if not isinstance(host, str) or not host or "/" in host:
        return ""
    where = f"{host}:{port}" if port else host
    return f"{said.get('transport') or 'redis'}://{where}/{said.get('virtual_host') or 0}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None

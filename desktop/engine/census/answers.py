"""What nodes say of themselves on the broker, and whether it is this machine that speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.node_name import host_of
from desktop.engine.cleanup_model import HeldTask

UPTIME_MARGIN_S = 2.0
"""``uptime`` is in whole seconds, the create time up to one early."""
IMPORT_MAX_S = 60.0
"""A node's uptime begins when its app is imported: so much later than its process, at most, for
the two to be taken for one without any other evidence."""

_POOLS = {"thread": "threads", "asynpool": "prefork"}
"""Names of pools where the module's differs."""


class NodeAnswer(msgspec.Struct, frozen=True):
    """One node's answer to the questions of :mod:`desktop.engine.census.inquiry`.

    None and empty: it was not asked that, or did not say.
    """

    node: str
    pid: int
    """In the process namespace of its own machine or container."""
    pool_pids: tuple[int, ...] = ()
    queues: tuple[str, ...] | None = None
    """Those that it consumes now; (): none."""
    uptime_s: float | None = None
    tasks: tuple[HeldTask, ...] | None = None
    """What it runs."""
    reserved_ids: tuple[str, ...] | None = None
    """Tasks that wait for a free pool process. Not those that wait for their rate limit: Celery
    tells of them nowhere."""
    scheduled_ids: tuple[str, ...] | None = None
    """Tasks that wait for their time (ETA, countdown, retry)."""
    registered: tuple[str, ...] | None = None
    """Names of its tasks, without Celery's own."""
    rate_limited: tuple[str, ...] = ()
    """Those of them that have a rate limit."""
    total: int | None = None
    """Tasks that it has received since its start."""
    pool: str = ""
    """"prefork", "solo", "threads", …"""
    concurrency: int | None = None
    hostname: str = ""
    """The machine's own name where the answer tells it; else that of the node name counts."""
    broker: str = ""
    shares_its_name: bool = False
    """Another node answers by the same name."""

    @property
    def active(self) -> int | None:
        return None if self.tasks is None else len(self.tasks)

    @property
    def reserved(self) -> int | None:
        return None if self.reserved_ids is None else len(self.reserved_ids)

    @property
    def holds(self) -> frozenset[str] | None:
        """Ids of all tasks that it has; None when it did not answer each of the questions."""
        if self.tasks is None or self.reserved_ids is None or self.scheduled_ids is None:
            return None
        running = (task.id for task in self.tasks)
        return frozenset((*running, *self.reserved_ids, *self.scheduled_ids))


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
    queues: tuple[str, ...] | None = None,
    tasks: Sequence[tuple[HeldTask, int]] | None = None,
    reserved_ids: tuple[str, ...] | None = None,
    scheduled_ids: tuple[str, ...] | None = None,
    registered: Sequence[str] | None = None,
    shares_its_name: bool = False,
) -> NodeAnswer | None:
    """A node's answers as a value; None when its ``inspect stats`` tells no pid.

    What a node says is not to be trusted in shape: what does not fit is left out. ``tasks`` come
    with the pid of the process that runs each, ``registered`` as ``inspect registered`` tells them.
    """
    pid = _number(stats.get("pid"))
    if not pid:
        return None
    pool = _mapping(stats.get("pool"))
    processes = pool.get("processes")
    module = str(pool.get("implementation") or "").partition(":")[0]
    uptime = stats.get("uptime")
    pool_pids = tuple(
        number
        for one in (processes if isinstance(processes, list) else ())
        if (number := _number(one))
    )
    own = {pid, *pool_pids} if shares_its_name else None
    return NodeAnswer(
        node=node,
        pid=pid,
        pool_pids=pool_pids,
        queues=queues,
        uptime_s=float(uptime) if isinstance(uptime, int | float) else None,
        tasks=None
        if tasks is None
        else tuple(task for task, process in tasks if own is None or process in own),
        reserved_ids=reserved_ids,
        scheduled_ids=scheduled_ids,
        registered=None
        if registered is None
        else tuple(name.partition(" [")[0] for name in registered),
        rate_limited=tuple(
            name
            for name, limit, _ in (one.partition(" [rate_limit=") for one in registered or ())
            if limit
        ),
        total=_total(stats.get("total")),
        pool=_POOLS.get(short := module.rpartition(".")[2], short),
        concurrency=_number(pool.get("max-concurrency")),
        broker=_broker(_mapping(stats.get("broker"))),
        shares_its_name=shares_its_name,
    )


def _total(said: Any) -> int | None:
    counts = said.values() if isinstance(said, dict) else None
    return None if counts is None else sum(_number(count) or 0 for count in counts)


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

"""What nodes say of themselves on the broker, and whether it is this machine that speaks."""

from __future__ import annotations

import msgspec

from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.node_name import host_of

UPTIME_MARGIN_S = 2.0
"""``uptime`` is in whole seconds, the create time up to one early."""
IMPORT_MAX_S = 60.0
"""A node's uptime begins when its app is imported: so much later than its process, at most, for
the two to be taken for one without any other evidence."""


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

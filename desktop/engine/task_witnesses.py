"""Who can tell of a stack's tasks what events did not: its results, its queues, its history."""

from __future__ import annotations

from collections.abc import Mapping

from desktop.engine import redis_url
from desktop.engine.app_info import AppInfo
from desktop.engine.history.history import History
from desktop.engine.rescue import keys, unacked
from desktop.engine.telemetry.repair import Queued, Witnesses
from desktop.engine.telemetry.results import Results


def witnesses(url: str, info: AppInfo, history: History) -> Witnesses:
    """Those of the app that ``info`` tells of, on the broker at ``url``."""

    def queued(ids: frozenset[str]) -> Queued:
        if not redis_url.is_redis(url) or url.startswith("sentinel:"):
            return Queued({}, complete=False)
        names = dict.fromkeys((*info.queues, *info.consumed))
        known = keys.keys(
            info.transport_options, redis_url.address(url)[2], steps=info.priority_steps
        )
        found: Mapping[str, str] = {
            one: queue for queue in names for one in unacked.waiting(url, known, [queue], ids)
        }
        held = frozenset(one.id for one in unacked.read(url, known))
        return Queued(found, held & ids, complete=unacked.searchable(url, known, names))

    results = None
    if redis_url.is_redis(info.result_backend):
        results = Results(info.result_backend, info.result_key_prefix)
    return Witnesses(
        results=results.of if results else Witnesses().results,
        ended_since=results.since if results else Witnesses().ended_since,
        queued=queued,
        unfinished=history.unfinished,
        heard_until=history.heard_until,
    )

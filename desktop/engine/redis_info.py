"""What a Redis says of itself (``INFO``), judged: can Celery use it, and what should be known?

Pure: nothing here asks a server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from desktop.engine import redis_refusals as refusals
from desktop.engine.redis_refusals import Refusal, Words
from desktop.words import text

VERSION_MIN = (6, 2)
"""kombu's Redis transport (5.7, ``REFRESH_BINDING``) calls ``ZADD … GT`` for every queue that
expires, which the mailboxes of remote control do; Redis has it since 6.2. redis-py 8 opens a
connection with ``HELLO``, since 6.0."""

TOO_OLD = Words(
    "redis-too-old",
    text("Redis {version} at {place} is too old."),
    text("Celery's remote control needs Redis {needed} or later."),
    text("Update that server, or name another under [redis] url."),
)
EVICTS = Words(
    "redis-evicts",
    text("Redis at {place} may throw tasks away."),
    text("When its memory is full it drops keys to make room (maxmemory-policy {policy})."),
    text("Set it there: CONFIG SET maxmemory-policy noeviction"),
    lasting=False,
)


class Judgement(NamedTuple):
    """What its ``INFO`` tells."""

    version: str = ""
    """As people know it: ``7.0.15``, ``valkey 9.1.2``; "" when the server does not tell."""
    refusal: Refusal | None = None
    """Why Celery can't use it."""
    warning: Refusal | None = None
    """It can be used, but a person should know this."""


def judge(url: str, info: Mapping[str, Any], config: Mapping[str, Any] | None = None) -> Judgement:
    """``info`` and ``config`` as redis-py returns them (``CONFIG GET``; {} where it is denied)."""
    return Judgement(
        _version(info), _refusal(url, info), _warning(url, info, {} if config is None else config)
    )


def _version(info: Mapping[str, Any]) -> str:
    if "valkey_version" in info:
        return f"valkey {info['valkey_version']}"
    return str(info.get("redis_version", ""))


def _refusal(url: str, info: Mapping[str, Any]) -> Refusal | None:
    version = str(info.get("redis_version", ""))
    if info.get("redis_mode") == "sentinel":
        return refusals.IS_SENTINEL.about(url)
    if _number(info, "cluster_enabled") or info.get("redis_mode") == "cluster":
        return refusals.CLUSTER.about(url)
    if _parts(version) and _parts(version) < VERSION_MIN:
        needed = ".".join(map(str, VERSION_MIN))
        return TOO_OLD.about(url, version=version, needed=needed)
    if info.get("role") == "slave" and _number(info, "slave_read_only", 1):
        master = f"{info.get('master_host', '?')}:{info.get('master_port', '?')}"
        return refusals.REPLICA.about(url, master=master)
    if _number(info, "loading") or _number(info, "async_loading"):
        return refusals.LOADING.about(url)
    return None


def _warning(url: str, info: Mapping[str, Any], config: Mapping[str, Any]) -> Refusal | None:
    used, most = _number(info, "used_memory"), _number(info, "maxmemory")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if _disk_refuses(info, config):
        return refusals.DISK.about(url)
    if most and used >= most and policy == "noeviction":
        return refusals.MEMORY.about(url)
    # A queue of tasks has no time to live, so that the volatile policies do not touch it.
    if most and policy.startswith("allkeys"):
        return EVICTS.about(url, policy=policy)
    return None


def _disk_refuses(info: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
    """As ``writeCommandsDeniedByDiskError`` of Redis; its defaults where it does not tell."""
    if _number(info, "aof_enabled") and info.get("aof_last_write_status") == "err":
        return True
    stops = config.get("stop-writes-on-bgsave-error", "yes") == "yes"
    saves = config.get("save", "3600 1") != ""
    return stops and saves and info.get("rdb_last_bgsave_status") == "err"


def _number(info: Mapping[str, Any], key: str, default: int = 0) -> int:
    value = info.get(key, default)
    return int(value) if isinstance(value, int | float) else default


def _parts(version: str) -> tuple[int, ...]:
    found = re.match(r"(\d+)\.(\d+)", version)
    return tuple(map(int, found.groups())) if found else ()

"""What a server says of itself, judged without one."""

from __future__ import annotations

import pytest

from desktop.engine.redis_info import judge

URL = "redis://127.0.0.1:6379/0"
GOOD = {"redis_version": "7.0.15", "redis_mode": "standalone", "role": "master"}


@pytest.mark.parametrize("version", ["2.8.4", "5.0.7", "6.0.16", "6.1.0"])
def test_too_old_for_celery(version: str) -> None:
    refusal = judge(URL, {**GOOD, "redis_version": version}).refusal
    assert refusal and refusal.problem.code == "redis-too-old" and refusal.lasting
    assert version in str(refusal.problem.title) and "6.2" in str(refusal.problem.message)


@pytest.mark.parametrize("version", ["6.2.0", "7.4.1", "10.0.0", "", "unstable"])
def test_recent_enough_or_unknown(version: str) -> None:
    assert judge(URL, {**GOOD, "redis_version": version}).refusal is None


def test_valkey_is_called_by_its_name() -> None:
    told = {**GOOD, "redis_version": "7.2.4", "valkey_version": "9.1.2"}
    assert judge(URL, told).version == "valkey 9.1.2"


def test_a_replica_that_may_be_written_is_used() -> None:
    assert judge(URL, {**GOOD, "role": "slave", "slave_read_only": 0}).refusal is None


@pytest.mark.parametrize(
    ("info", "config", "code"),
    [
        ({"aof_enabled": 1, "aof_last_write_status": "err"}, {}, "redis-disk"),
        ({"rdb_last_bgsave_status": "err"}, {}, "redis-disk"),
        ({"rdb_last_bgsave_status": "err"}, {"save": ""}, ""),
        ({"rdb_last_bgsave_status": "err"}, {"stop-writes-on-bgsave-error": "no"}, ""),
        ({"used_memory": 10, "maxmemory": 10}, {}, "redis-memory"),
        ({"used_memory": 9, "maxmemory": 10}, {}, ""),
        ({"used_memory": 10, "maxmemory": 0}, {}, ""),
        ({"maxmemory": 10, "maxmemory_policy": "allkeys-lfu"}, {}, "redis-evicts"),
        ({"maxmemory": 10, "maxmemory_policy": "volatile-lru"}, {}, ""),
        ({"maxmemory": 0, "maxmemory_policy": "allkeys-lru"}, {}, ""),
    ],
)
def test_what_should_be_known(info: dict[str, object], config: dict[str, str], code: str) -> None:
    judgement = judge(URL, {**GOOD, **info}, config)
    assert judgement.refusal is None
    assert (judgement.warning.problem.code if judgement.warning else "") == code

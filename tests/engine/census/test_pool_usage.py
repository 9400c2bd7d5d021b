from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from desktop.engine.census import pool_usage
from desktop.engine.census.pool_usage import PoolMeter
from tests.engine.conftest import wait_until

BUSY = "print('on', flush=True)\nwhile True: pass"


@pytest.fixture
def child():
    process = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    yield process
    process.kill()
    process.wait(10)


def test_cpu_is_what_was_used_between_two_readings(child, monkeypatch: pytest.MonkeyPatch) -> None:
    meter = PoolMeter()
    assert meter.read([child.pid])[child.pid].cpu_percent is None
    wait_until(lambda: (meter.read([child.pid])[child.pid].cpu_percent or 0) > 1)
    # Whatever comes at once is told the same.
    monkeypatch.setattr(pool_usage, "OVER_S", 60.0)
    at_once = [meter.read([child.pid])[child.pid].cpu_percent for _ in range(3)]
    assert len(set(at_once)) == 1
    assert meter.read([child.pid])[child.pid].rss_bytes > 1_000_000


def test_what_is_gone_is_left_out_and_another_of_its_number_is_another(child) -> None:
    born = psutil.Process(child.pid).create_time()
    assert pool_usage.is_child(child.pid, os.getpid(), psutil.Process().create_time())
    assert not pool_usage.is_child(child.pid, os.getpid(), born + 99)
    assert child.pid in pool_usage.children_of(os.getpid(), psutil.Process().create_time())
    child.kill()
    child.wait(10)
    assert PoolMeter().read([child.pid]) == {}
    assert pool_usage.doing(child.pid) is None
    assert pool_usage.children_of(child.pid, born) == ()


def test_a_process_without_a_handler_is_never_said_to_have_one(child) -> None:
    assert not pool_usage.catches_usr1(child.pid)


def test_what_a_process_does_is_told(child) -> None:
    told = pool_usage.doing(child.pid)
    assert told and told.threads >= 1 and told.rss_bytes > 1_000_000

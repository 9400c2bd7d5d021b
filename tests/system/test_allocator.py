"""What many short threads have freed goes back to the system. In a process of its own: how memory
lies there depends on all that ran before."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from desktop.system import allocator

PROGRAM = """
import json, sys, threading
from desktop.system import allocator

limited = sys.argv[1] == "limited" and allocator.limit_heaps()
gate = threading.Barrier(12)

def work():
    kept = [bytes(4096 + n % 512) for n in range(1000)]
    gate.wait()
    # Every second one goes: what is free lies between what is used.
    del kept[::2]
    left.append(kept)

def used_kb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4

def heaps():
    with open("/proc/self/maps") as file:
        return sum(int(line.split("-")[0], 16) % (64 << 20) == 0 for line in file)

left = []
threads = [threading.Thread(target=work) for _ in range(12)]
for one in threads: one.start()
for one in threads: one.join()
many = heaps()
left.clear()
before = used_kb()
gave = allocator.give_back()
print(json.dumps({"heaps": many, "gave": gave, "given_kb": before - used_kb()}))
"""


def run(how: str) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True, timeout=60
    )
    told: dict[str, int] = json.loads(done.stdout)
    return told


def test_threads_share_few_heaps() -> None:
    assert run("limited")["heaps"] < run("free")["heaps"]


def test_what_is_free_is_given_back() -> None:
    told = run("limited")
    assert told["gave"]
    assert told["given_kb"] > 8_000


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_another_platform_has_nothing_to_give(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    allocator._glibc.cache_clear()
    try:
        assert not allocator.limit_heaps()
        assert not allocator.give_back()
    finally:
        allocator._glibc.cache_clear()

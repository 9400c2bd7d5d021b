"""Many downloads while workers, servers and Redis are killed at random."""

from __future__ import annotations

import contextlib
import hashlib
import random
import signal
import time
from collections import Counter

import httpx
import psutil

from tests.web.downloads.origin import CASES, Origin
from tests.web.downloads.rig import Rig, until

KINDS = (
    "plain",
    "slow",
    "slower",
    "chunked",
    "gzip_insisted",
    "range_right",
    "not_found",
    "redirect",
)
KILL_EVERY_S = (1.0, 4.0)


def soak(rig: Rig, origin: Origin, count: int, seed: int = 3) -> str:
    """Each ends as the right file or an honest error; none hangs; the maintenance leaves no part
    of a file. Returns what happened."""
    dice = random.Random(seed)  # noqa: S311
    expected = {}
    kills: Counter[str] = Counter()
    begun = time.monotonic()
    asked = iter([KINDS[number % len(KINDS)] for number in range(count)])
    next_kill = time.monotonic() + 2
    pending = next(asked, None)
    deadline = begun + 120 + count * 4
    while pending is not None or not _all_ended(rig, expected):
        if time.monotonic() > deadline:
            states = {one: rig.get(one) for one in expected}
            left = {k: v for k, v in states.items() if v["state"] not in ("SUCCESS", "FAILURE")}
            raise AssertionError(f"hang: {left}")
        rig.supervise()
        for _ in range(5):
            if pending is None:
                break
            with contextlib.suppress(httpx.TransportError):
                answer = rig.api.post(
                    "/api/downloads", json={"url": origin.url(pending, str(len(expected)))}
                )
                if answer.status_code == 202:  # else it was refused honestly, and is asked again
                    expected[answer.json()["id"]] = pending
                    pending = next(asked, None)
        if time.monotonic() >= next_kill and (pending is not None or dice.random() < 0.3):
            kills[_kill_something(rig, dice)] += 1
            next_kill = time.monotonic() + dice.uniform(*KILL_EVERY_S)
        time.sleep(0.2)
    ends: Counter[str] = Counter()
    for one, kind in expected.items():
        value = rig.get(one)
        wanted = CASES[kind].file
        if value["state"] == "SUCCESS":
            assert wanted is not None, value
            assert value["file"], value
            content = rig.content(value)
            assert hashlib.sha256(content).digest() == hashlib.sha256(wanted).digest(), value
            ends["files"] += 1
        else:
            assert value["state"] == "FAILURE" and value["error"]["title"], value
            ends[value["error"]["code"]] += 1
    before = _cleaned_at(rig)
    assert rig.api.post("/api/clean", json={}).status_code == 202
    until(lambda: rig.supervise() or _cleaned_at(rig) > before)
    orphans = [p for p in rig.store.glob("*/.partial") if p.parent.name not in expected]
    whole = [p for p in rig.store.glob("*/.partial") if list(p.parent.glob("[!.]*"))]
    assert not orphans and not whole, (orphans, whole)
    seconds = time.monotonic() - begun
    return f"{count} downloads in {seconds:.0f} s, killed {dict(kills)}, ended {dict(ends)}"


def _cleaned_at(rig: Rig) -> float:
    return float((rig.api.get("/api/clean").json()["cleaned"] or {"at": 0})["at"])


def _all_ended(rig: Rig, expected: dict[str, str]) -> bool:
    with contextlib.suppress(httpx.TransportError, KeyError):
        answer = rig.api.get("/api/downloads?state=PENDING,STARTED,RETRY&limit=500")
        return answer.status_code == 200 and not [
            one for one in answer.json()["downloads"] if one["id"] in expected
        ]
    return False


def _kill_something(rig: Rig, dice: random.Random) -> str:
    chosen = dice.choice(("pool", "pool", "worker", "web", "redis"))
    if chosen == "pool":
        with contextlib.suppress(psutil.Error, IndexError):
            dice.choice(rig.process("worker").children()).kill()
    elif chosen == "worker":
        rig.restart_worker()
    else:
        rig.stop(chosen, signal.SIGKILL)
        rig.start(chosen)
    return chosen

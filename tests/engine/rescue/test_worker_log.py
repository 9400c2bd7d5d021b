from __future__ import annotations

import time
from pathlib import Path

from desktop.engine.rescue import worker_log
from desktop.engine.rescue.worker_log import SILENCED, Told
from tests.engine.rescue.conftest import Yard, until

BORN = time.mktime((2026, 11, 25, 4, 0, 0, 0, 0, -1))
DIED = BORN + 600


def stamp(after_s: float, level: str = "INFO/MainProcess") -> str:
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(BORN + int(after_s)))
    return f"[{at},{int(after_s % 1 * 1000):03d}: {level}] "


def received(task: str, after_s: float = 10) -> str:
    return f"{stamp(after_s)}Task shop.{task}[{task}] received\n"


def read(tmp_path: Path, *lines: str) -> Told:
    path = tmp_path / "w.log"
    path.write_text("".join(lines))
    return worker_log.read(path, BORN, DIED)


def test_what_was_received_and_not_ended_is_open_the_last_one_last(tmp_path: Path) -> None:
    told = read(
        tmp_path,
        received("a"),
        received("b"),
        received("c"),
        f"{stamp(20)}Task shop.b[b] succeeded in 1.0s: None\n",
        received("d"),
    )
    assert told == Told((("a", "shop.a"), ("c", "shop.c"), ("d", "shop.d")), frozenset("b"))


def test_every_way_to_end_is_an_end_and_a_tasks_own_words_are_none(tmp_path: Path) -> None:
    ends = {
        "raised": "Task shop.raised[raised] raised unexpected: ValueError('[x]')",
        "retry": "Task shop.retry[retry] retry: Retry in 3s",
        "ignored": "Task shop.ignored[ignored] ignored",
        "revoked": "Discarding revoked task: shop.revoked[revoked]",
        "limit": "Hard time limit (3.0s) exceeded for shop.limit[limit]",
    }
    told = read(
        tmp_path,
        *map(received, ends),
        received("own"),
        *(f"{stamp(20)}{words}\n" for words in ends.values()),
        f"{stamp(20)}shop.own[own]: half way\n",
    )
    assert told == Told((("own", "shop.own"),), frozenset(ends))


def test_another_life_in_the_same_file_is_not_its_own(tmp_path: Path) -> None:
    told = read(
        tmp_path,
        received("before", -5),
        received("mine"),
        received("again"),
        received("again", 700),  # delivered again, to the next process
        received("after", 700),
        f"{stamp(700)}Task shop.mine[mine] succeeded in 1.0s: None\n",
    )
    assert told == Told((), frozenset({"mine"}))


def test_a_worker_that_was_asked_to_end_says_so_in_its_own_life_alone(tmp_path: Path) -> None:
    bye = "\nworker: Warm shutdown (MainProcess)\n"
    assert read(tmp_path, received("a"), bye).asked
    assert read(tmp_path, received("a"), bye).open == (("a", "shop.a"),)
    assert not read(tmp_path, received("a"), received("b", 700), bye).asked
    assert not read(tmp_path, received("b", -5), bye, received("a")).asked


def test_a_log_in_which_ends_are_silenced_is_no_witness(tmp_path: Path) -> None:
    many = [received(f"t{number}") for number in range(SILENCED)]
    assert read(tmp_path, *many).open == ()
    assert len(read(tmp_path, *many[1:]).open) == SILENCED - 1
    told = read(tmp_path, received("a"), f"{stamp(11)}Task shop.a[a] succeeded: 1\n", *many)
    assert len(told.open) == SILENCED


def test_what_is_no_log_of_celerys_own_form_tells_nothing(tmp_path: Path) -> None:
    assert worker_log.read(tmp_path / "none", BORN, DIED) == Told()
    assert read(tmp_path, "Task shop.a[a] received\n") == Told()
    assert read(tmp_path, "[9999-99-99 99:99:99,000: INFO] Task shop.a[a] received\n") == Told()
    path = tmp_path / "bytes.log"
    path.write_bytes(b"\xff\xfe[" * 50_000 + b"\n")
    assert worker_log.read(path, BORN, DIED) == Told()


async def test_a_real_solo_workers_log_tells_what_its_events_do_not(yard: Yard) -> None:
    row = yard.start("w@yard", "-P", "solo")
    done, running = yard.send("early", "done"), yard.send("early", "runs", gate=yard.gate)
    await until(lambda: yard.noted("began") == {"done": 1, "runs": 1})
    yard.kill(row)
    told = worker_log.read(yard.folder / "w@yard.log", row.create_time, time.time())
    assert told == Told(((running[0], "yard.early"),), frozenset(done))


async def test_a_real_workers_warm_stop_is_seen_in_its_log(yard: Yard) -> None:
    row = yard.start("w@yard", "-c", "1")
    yard.send("early", "done")
    await until(lambda: yard.noted("ended") == {"done": 1})
    yard.terminate(row)
    await until(lambda: not yard.runs(row))
    told = worker_log.read(yard.folder / "w@yard.log", row.create_time, time.time())
    assert told.asked
    assert told.open == ()

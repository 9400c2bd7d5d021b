"""Real workers die, and what they held is back at once: all that, and nothing else."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from desktop.engine.cleanup import audit as audits
from desktop.engine.cleanup.audit import Audit
from tests.engine.rescue.conftest import Watch, Yard, until


def waiting(yard: Yard) -> int:
    return int(yard.server.client.llen(f"{yard.prefix}celery"))


def unacked(yard: Yard) -> int:
    return int(yard.server.client.hlen(f"{yard.prefix}unacked"))


async def test_what_a_killed_worker_held_is_back_at_once(yard: Yard, watch: Watch) -> None:
    await watch.listen()
    row = yard.start("a@yard", "-c", "2", "--prefetch-multiplier", "4")
    watch.rescuer.begin()
    watch.rescuer.watch([row])
    late = yard.send("late", *range(8), gate=yard.gate)
    await until(lambda: len(yard.noted("began")) == 2 and unacked(yard) == 8)
    await until(lambda: len(watch.holders.last(late)) == 8)
    yard.kill(row)
    await until(lambda: waiting(yard) == 8, 5.0)
    assert unacked(yard) == 0
    report = await watch.rescuer.rescue()
    assert {one.id for one in report.rescued} == set(late)
    assert not report.lost
    assert report.stranded is None


async def test_without_events_all_are_asked_and_a_live_worker_keeps_its_own(
    yard: Yard, watch: Watch
) -> None:
    dies = yard.start("dies@yard", "-c", "1", "-Q", "celery", events=False)
    watch.rescuer.begin()
    watch.rescuer.watch([dies])
    yard.send("late", *range(4), gate=yard.gate)
    await until(lambda: unacked(yard) == 4)
    lives = yard.start("lives@yard", "-c", "1", "--prefetch-multiplier", "2", events=False)
    watch.rescuer.watch([dies, lives])
    yard.send("late", "own1", "own2", gate=yard.gate)
    await until(lambda: unacked(yard) == 6)
    yard.kill(dies)
    await until(lambda: waiting(yard) == 4, 8.0)
    assert unacked(yard) == 2
    yard.gate.touch()
    await until(lambda: sum(yard.noted("ended").values()) == 6 and unacked(yard) == 0)
    assert yard.noted("ended") == dict.fromkeys(("0", "1", "2", "3", "own1", "own2"), 1)
    assert waiting(yard) == 0


async def test_while_a_live_worker_is_silent_what_it_may_hold_is_left_alone_and_told(
    yard: Yard, watch: Watch
) -> None:
    busy = yard.start("busy@yard", "-P", "solo", events=False)
    dies = yard.start("dies@yard", "-P", "solo", events=False)
    watch.rescuer.begin()
    watch.rescuer.watch([busy, dies])
    # solo answers nothing while it runs a task.
    yard.send("late", 1, 2, gate=yard.gate)
    await until(lambda: sum(yard.noted("began").values()) == 2 and unacked(yard) == 2)
    yard.kill(dies)
    await until(lambda: watch.rescuer.stranded is not None)
    assert watch.rescuer.stranded
    assert watch.rescuer.stranded.count == 2
    assert f"busy@yard (pid {busy.pid})" in str(watch.rescuer.stranded.why)
    assert (waiting(yard), unacked(yard)) == (0, 2)
    yard.gate.touch()
    # It ends what it has, answers again, and takes what comes back.
    await until(lambda: len(yard.noted("ended")) == 2)
    await until(lambda: watch.rescuer.stranded is None)
    assert yard.noted("ended") == {"1": 1, "2": 1}


async def test_with_events_a_busy_silent_neighbour_delays_nothing(yard: Yard, watch: Watch) -> None:
    await watch.listen()
    busy = yard.start("busy@yard", "-P", "solo")
    watch.rescuer.begin()
    yard.send("late", "busy", gate=yard.gate)
    await until(lambda: yard.noted("began") == {"busy": 1})
    dies = yard.start("dies@yard", "-P", "threads", "-c", "1", "--prefetch-multiplier", "3")
    watch.rescuer.watch([busy, dies])
    ids = yard.send("late", 1, 2, 3, gate=yard.folder / "another gate")
    await until(lambda: len(watch.holders.last(ids)) == 3 and yard.noted("began")["1"] == 1)
    yard.kill(dies)
    await until(lambda: waiting(yard) == 3, 5.0)
    assert (waiting(yard), unacked(yard)) == (3, 1)
    assert watch.rescuer.stranded is None


def why(watch: Watch) -> str:
    """What keeps messages from going back; "": nothing does."""
    return str(watch.rescuer.stranded.why) if watch.rescuer.stranded else ""


async def test_a_consumer_that_nobody_knows_forbids_what_is_not_proven(
    yard: Yard, watch: Watch
) -> None:
    dies = yard.start("dies@yard", "-P", "solo", events=False)
    watch.rescuer.begin()
    watch.rescuer.watch([dies])
    yard.send("late", 1, gate=yard.gate)
    await until(lambda: unacked(yard) == 1)
    stranger = subprocess.Popen(["redis-cli", "-p", str(yard.server.port), "BRPOP", "some", "0"])
    try:
        await until(lambda: yard.server.client.info()["blocked_clients"] == 1)
        yard.kill(dies)
        # Workers of other tests that end at that very moment may be named first.
        await until(lambda: "1 consumer on the broker" in why(watch))
        assert unacked(yard) == 1
    finally:
        stranger.terminate()
        stranger.wait(10)
    await until(lambda: waiting(yard) == 1)


async def test_a_task_that_may_wait_for_its_rate_limit_is_left_alone(
    yard: Yard, watch: Watch
) -> None:
    dies = yard.start("dies@yard", "-P", "solo", events=False)
    watch.rescuer.begin()
    yard.send("late", "gate", gate=yard.gate)
    await until(lambda: yard.noted("began") == {"gate": 1})
    keeps = yard.start("keeps@yard", "-P", "threads", events=False)
    watch.rescuer.watch([dies, keeps])
    yard.send("limited", "a", "b")
    await until(lambda: yard.noted("ended") == {"a": 1} and unacked(yard) == 2)
    yard.kill(dies)
    await until(lambda: waiting(yard) == 1 or yard.noted("began")["gate"] == 2, 8.0)
    await until(lambda: watch.rescuer.stranded is not None)
    assert watch.rescuer.stranded
    assert "yard.limited" in str(watch.rescuer.stranded.why)
    assert yard.noted("began")["b"] == 0


async def test_a_message_of_an_unknown_queue_is_left_and_told(yard: Yard, watch: Watch) -> None:
    client = yard.server.client
    headers = {"id": "1", "task": "t"}
    client.hset("unacked", "tag", json.dumps([{"headers": headers}, "nowhere", "key"]))
    client.zadd("unacked_index", {"tag": time.time() - 60})
    report = await watch.rescuer.rescue()
    assert report.stranded
    assert (report.stranded.count, unacked(yard)) == (1, 1)
    assert "nowhere" in str(report.stranded.why)


async def test_what_was_acknowledged_early_and_died_is_listed_and_runs_again(
    yard: Yard, watch: Watch, tmp_path: Path
) -> None:
    await watch.listen()
    dies = yard.start("dies@yard", "-c", "2", "--prefetch-multiplier", "2")
    watch.rescuer.watch([dies])
    done = yard.send("early", "done")
    await until(lambda: watch.holders.has_ended(done[0]))
    ids = yard.send("early", "x", "y", "z", gate=yard.gate)
    await until(lambda: len(yard.noted("began")) == 3 and len(watch.holders.last(ids)) == 3)
    # A pool process has begun before the main process hears of it and acknowledges.
    await until(lambda: unacked(yard) == 1)
    yard.kill(dies)
    report = await watch.rescuer.rescue()
    assert {one.id for one in report.lost} == set(ids[:2])
    assert {one.id for one in report.rescued} == set(ids[2:])
    assert set(report.lost) == set(watch.rescuer.lost)
    assert {one.name for one in report.lost} == {"yard.early"}
    assert {one.node for one in report.lost} == {"dies@yard"}
    assert (watch.rescuer._accounts.list._path.stat().st_mode & 0o077) == 0
    yard.gate.touch()
    yard.start("next@yard", "-c", "1")
    again = await watch.rescuer.run_again([*ids[:2], "unknown"])
    assert [one.id for one in again.sent] == ids[:2]
    assert [one.service for one in again.failed] == ["unknown"]
    await until(lambda: all(yard.noted("ended")[key] == 1 for key in "xyz"))
    assert not watch.rescuer.lost
    told = [(one.what, one.task_id) for one in Audit(tmp_path / audits.FILE).read(100)]
    assert sorted(told) == sorted(
        [("lost", one) for one in ids[:2]]
        + [("run-again", one) for one in ids[:2]]
        + [("rescued", ids[2])]
    )
    twice = await watch.rescuer.run_again(ids[:1])
    assert not twice.sent
    assert again.sent[0].again_id in str(twice.failed[0].problem.message)


async def test_a_worker_that_ends_in_order_leaves_nothing_to_tell(yard: Yard, watch: Watch) -> None:
    await watch.listen()
    row = yard.start("a@yard", "-P", "threads", "-c", "1", "--prefetch-multiplier", "3")
    watch.rescuer.begin()
    watch.rescuer.watch([row])
    yard.send("late", 1, 2, 3, gate=yard.gate)
    await until(lambda: unacked(yard) == 3 and len(yard.noted("began")) == 1)
    yard.terminate(row)
    yard.gate.touch()
    await until(lambda: not yard.runs(row))
    report = await watch.rescuer.rescue()
    assert (report.rescued, report.lost, report.stranded) == ((), (), None)
    assert waiting(yard) + len(yard.noted("ended")) == 3
    assert unacked(yard) == 0


async def test_a_broker_that_does_not_tell_who_is_connected_forbids_what_is_not_proven(
    yard: Yard, watch: Watch
) -> None:
    dies = yard.start("dies@yard", "-P", "solo", events=False)
    watch.rescuer.watch([dies])
    yard.send("late", 1, gate=yard.gate)
    await until(lambda: unacked(yard) == 1)
    yard.server.client.execute_command("ACL", "SETUSER", "default", "-client|list")
    try:
        watch.rescuer.begin()
        yard.kill(dies)
        await until(lambda: watch.rescuer.stranded is not None)
        assert watch.rescuer.stranded
        assert "client|list" in str(watch.rescuer.stranded.why)
        assert unacked(yard) == 1
    finally:
        yard.server.client.execute_command("ACL", "SETUSER", "default", "+client|list")


async def test_a_broker_that_is_gone_stops_nothing(yard: Yard, watch: Watch) -> None:
    watch.stack = type(watch.stack)(
        url="redis://127.0.0.1:1/0", control=watch.stack.control, info=watch.stack.info
    )
    report = await watch.rescuer.rescue()
    assert (report.rescued, report.lost, report.stranded) == ((), (), None)


async def test_a_key_prefix_is_kept(yard: Yard, tmp_path) -> None:
    yard.prefix = "shop*:"
    watch = Watch(yard, tmp_path)
    try:
        await watch.listen()
        row = yard.start("a@yard", "-P", "threads", "-c", "1")
        watch.rescuer.watch([row])
        ids = yard.send("late", 1, 2, gate=yard.gate)
        await until(lambda: unacked(yard) == 2 and len(watch.holders.last(ids)) == 2)
        yard.kill(row)
        watch.rescuer.begin()
        await until(lambda: waiting(yard) == 2, 8.0)
    finally:
        await watch.close()

"""Real workers die, and what they held is back at once: all that, and nothing else."""

from __future__ import annotations

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

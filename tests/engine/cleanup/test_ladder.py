"""Each rung of the way down, with time as it is told."""

from __future__ import annotations

from typing import Any

import pytest

from desktop.engine.cleanup.ladder import (
    FORCE_STEP_S,
    KEEPER_PATIENCE_S,
    STUCK_PATIENCE_S,
    Act,
    Descent,
    Seen,
)
from desktop.engine.cleanup_model import HeldTask
from desktop.engine.commands import PlanRow
from desktop.engine.model import Keeper, WorkerRow
from desktop.engine.process import Sent
from desktop.engine.states import CleanupStep, Owner, PlanAction, Role
from desktop.words import Text

ALIVE, GONE = Seen(alive=True), Seen(alive=False)
TASK = HeldTask("1", "report.build", acknowledged=True, pid=12)
BUSY = Seen(alive=True, running=frozenset({12}))


def descent(
    *,
    tasks: tuple[HeldTask, ...] | None = (TASK,),
    patience_s: float = 100.0,
    force: bool = False,
    **more: Any,
) -> Descent:
    row = WorkerRow(
        **{"pid": 11, "create_time": 1.0, "role": Role.WORKER, "owner": Owner.ORPHAN, **more}
    )
    plan = PlanRow(row, PlanAction.STOP, True, Text(""), tasks)
    return Descent(plan, patience_s, force=force)


def test_it_is_asked_once_and_waited_for() -> None:
    one = descent()
    assert one.tick(0.0, BUSY) is Act.TERM
    assert [one.tick(at, BUSY) for at in (1.0, 50.0, 99.0)] == [None, None, None]
    assert one.step is CleanupStep.FINISHING and one.item().tasks == one.tasks != ()
    assert one.tick(99.5, GONE) is None
    assert one.over and one.step is CleanupStep.STOPPED and one.item().tasks == ()


def test_what_still_runs_after_the_patience_is_left_and_never_forced() -> None:
    one = descent(tasks=None)
    one.tick(0.0, ALIVE)
    assert one.tick(100.0, ALIVE) is None
    assert one.over and one.step is CleanupStep.LEFT and not one.forced
    assert "unknown" in str(one.note)


def test_with_consent_it_gives_back_first_and_is_killed_only_then() -> None:
    one = descent(force=True)
    one.tick(0.0, BUSY)
    assert one.tick(99.0, BUSY) is None
    assert one.tick(100.0, BUSY) is Act.QUIT
    assert one.step is CleanupStep.FORCING and one.cut_off == (TASK,)
    assert one.tick(100.0 + FORCE_STEP_S - 0.1, BUSY) is None
    assert one.tick(100.0 + FORCE_STEP_S, BUSY) is Act.KILL
    assert one.tick(200.0, BUSY) is None
    assert one.step is CleanupStep.LEFT


def test_consent_in_the_middle_needs_no_more_patience() -> None:
    one = descent()
    one.tick(0.0, BUSY)
    one.force_now()
    assert one.tick(1.0, BUSY) is Act.QUIT
    one.tick(1.5, GONE)
    assert one.step is CleanupStep.STOPPED and one.forced


def test_a_task_that_ended_before_the_force_was_not_cut_off() -> None:
    one = descent(force=True)
    one.tick(0.0, BUSY)
    one.tick(100.0, ALIVE)
    assert one.forced and one.cut_off == ()


def test_a_suspended_one_is_told_as_such_and_takes_no_quit() -> None:
    one = descent(tasks=())
    one.tick(0.0, Seen(alive=True, suspended=True))
    assert "kill -CONT 11" in str(one.note)
    one.force_now()
    assert one.tick(1.0, Seen(alive=True, suspended=True)) is Act.KILL


def test_what_finishes_nothing_is_not_waited_for_as_long_as_tasks_are() -> None:
    one = descent(tasks=(), patience_s=900.0)
    one.tick(0.0, ALIVE)
    one.tick(STUCK_PATIENCE_S, ALIVE)
    assert one.step is CleanupStep.LEFT


def test_beat_has_nothing_to_give_back() -> None:
    one = descent(tasks=(), force=True, patience_s=0.0, role=Role.BEAT)
    assert one.tick(0.0, ALIVE) is Act.TERM
    assert one.tick(0.1, ALIVE) is Act.KILL


@pytest.mark.parametrize("sent", [Sent.CHANGED, Sent.DENIED])
def test_what_could_not_be_verified_is_left(sent: Sent) -> None:
    one = descent()
    one.done(Act.TERM if one.tick(0.0, ALIVE) else Act.KILL, sent)
    assert one.over and one.step is CleanupStep.LEFT and str(one.note)
    assert one.tick(1.0, ALIVE) is None


def looped(alive: bool = True, *, loop: bool = True) -> Seen:
    return Seen(alive=alive, keeper_alive=loop)


LOOP = Keeper("shell-loop", "bash", 10, 1.0)
WATCHER = Keeper("watchfiles", "watchfiles", 10, 1.0)


@pytest.mark.parametrize("keeper", [LOOP, WATCHER])
def test_what_would_start_it_again_ends_before_it_is_asked(keeper: Keeper) -> None:
    one = descent(tasks=(), keeper=keeper)
    assert one.tick(0.0, looped()) is Act.END_KEEPER
    assert one.tick(0.1, looped()) is None
    assert one.tick(0.2, looped(loop=False)) is Act.TERM
    one.tick(0.3, looped(alive=False, loop=False))
    assert one.step is CleanupStep.STOPPED


def test_a_loop_that_does_not_end_keeps_its_worker() -> None:
    one = descent(tasks=(), keeper=LOOP)
    one.tick(0.0, looped())
    assert one.tick(KEEPER_PATIENCE_S, looped()) is None
    assert one.step is CleanupStep.LEFT and "process 10" in str(one.note)

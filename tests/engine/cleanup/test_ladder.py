"""One process on its way down, tick by tick."""

from __future__ import annotations

import msgspec
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

ALIVE, GONE = Seen(alive=True, running=frozenset({11})), Seen(alive=False)
TASK = HeldTask("1", "report.build", acknowledged=True, pid=11)
ROW = WorkerRow(10, 100.0, Role.WORKER, Owner.ORPHAN, "w@box")


def descent(
    tasks: tuple[HeldTask, ...] | None = (TASK,),
    *,
    patience_s: float = 60.0,
    force: bool = False,
    keeper: Keeper | None = None,
) -> Descent:
    row = msgspec.structs.replace(ROW, keeper=keeper)
    return Descent(PlanRow(row, PlanAction.STOP, True, Text(""), tasks), patience_s, force=force)


def test_it_is_asked_once_and_waited_for() -> None:
    one = descent()
    assert one.tick(0.0, ALIVE) is Act.TERM
    one.done(Act.TERM, Sent.SENT)
    assert [one.tick(at, ALIVE) for at in (1.0, 20.0, 59.0)] == [None, None, None]
    assert (one.step, str(one.note)) == (CleanupStep.FINISHING, "finishing 1 task")
    one.tick(59.5, GONE)
    assert (one.over, one.step) == (True, CleanupStep.STOPPED)


def test_without_consent_what_still_runs_is_left_and_named() -> None:
    one = descent(patience_s=5.0)
    one.tick(0.0, ALIVE)
    assert one.tick(5.0, ALIVE) is None
    assert (one.step, one.cut_off) == (CleanupStep.LEFT, ())
    assert "still finishes 1 task" in str(one.note)


def test_consent_goes_by_way_of_handing_back() -> None:
    one = descent(patience_s=5.0, force=True)
    one.tick(0.0, ALIVE)
    assert one.tick(4.9, ALIVE) is None
    assert one.tick(5.0, ALIVE) is Act.QUIT
    assert one.cut_off == (TASK,)
    assert one.tick(5.0 + FORCE_STEP_S - 0.1, ALIVE) is None
    assert one.tick(5.0 + FORCE_STEP_S, ALIVE) is Act.KILL
    one.tick(14.0, GONE)
    assert one.step is CleanupStep.STOPPED


def test_consent_may_come_while_it_is_waited_for() -> None:
    one = descent()
    one.tick(0.0, ALIVE)
    one.force_now()
    assert one.tick(1.0, ALIVE) is Act.QUIT


def test_a_suspended_worker_is_told_as_such_and_not_asked_to_hand_back() -> None:
    one = descent()
    suspended = Seen(alive=True, suspended=True)
    one.tick(0.0, suspended)
    one.tick(STUCK_PATIENCE_S, suspended)
    assert one.step is CleanupStep.LEFT
    assert "kill -CONT 10" in str(one.note)
    other = descent(force=True, patience_s=0.0)
    other.tick(0.0, suspended)
    assert other.tick(0.1, suspended) is Act.KILL


@pytest.mark.parametrize("sent", [Sent.CHANGED, Sent.DENIED])
def test_what_is_not_what_it_was_is_left(sent: Sent) -> None:
    one = descent()
    one.tick(0.0, ALIVE)
    one.done(Act.TERM, sent)
    assert (one.over, one.step) == (True, CleanupStep.LEFT)


def test_a_shell_loop_ends_before_its_worker_and_a_wrapper_after() -> None:
    loop = descent(keeper=Keeper("shell-loop", "run.sh", 5, 50.0))
    kept = msgspec.structs.replace(ALIVE, keeper_alive=True)
    assert loop.tick(0.0, kept) is Act.END_KEEPER
    assert loop.tick(0.1, kept) is None
    assert loop.tick(0.2, ALIVE) is Act.TERM

    wrapped = descent(keeper=Keeper("watchfiles", "watchfiles", 5, 50.0))
    assert wrapped.tick(0.0, kept) is Act.TERM
    gone = msgspec.structs.replace(GONE, keeper_alive=True)
    assert wrapped.tick(1.0, gone) is Act.END_KEEPER
    wrapped.tick(1.1, GONE)
    assert wrapped.step is CleanupStep.STOPPED


def test_a_loop_that_does_not_end_keeps_its_worker() -> None:
    loop = descent(keeper=Keeper("shell-loop", "run.sh", 5, 50.0))
    kept = msgspec.structs.replace(ALIVE, keeper_alive=True)
    loop.tick(0.0, kept)
    assert loop.tick(KEEPER_PATIENCE_S, kept) is None
    assert loop.step is CleanupStep.LEFT

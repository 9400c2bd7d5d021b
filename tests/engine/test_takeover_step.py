"""What comes next while a successor starts beside its worker: every case, without a process."""

from __future__ import annotations

import pytest

from desktop.engine.states import ServiceState
from desktop.engine.takeover_step import Seen, Step, next_step

S = ServiceState
RUNS = Seen(S.RUNNING, wanted=True, occupied=True)


@pytest.mark.parametrize(
    ("place", "successor", "step"),
    [
        (RUNS, Seen(S.STOPPED, wanted=True), Step.WAIT),
        (RUNS, Seen(S.STARTING, wanted=True), Step.WAIT),
        (RUNS, RUNS, Step.TAKE_OVER),
        (RUNS, Seen(S.FAILED, wanted=True), Step.OVER),
        (RUNS, Seen(S.STOPPED), Step.OVER),
        (RUNS, Seen(S.STOPPING, wanted=True, occupied=True), Step.WAIT),
        # It is stopped meanwhile.
        (Seen(S.RUNNING, occupied=True), RUNS, Step.LET_GO),
        (Seen(S.STOPPED), Seen(S.STARTING, wanted=True), Step.LET_GO),
        (Seen(S.STOPPING, wanted=True, occupied=True), RUNS, Step.LET_GO),
        (Seen(S.STOPPED), Seen(S.STOPPING, occupied=True), Step.WAIT),
        # It dies meanwhile.
        (Seen(S.BACKOFF, wanted=True), Seen(S.STARTING, wanted=True), Step.WAIT),
        (Seen(S.BACKOFF, wanted=True), RUNS, Step.REVIVE),
        (Seen(S.FAILED, wanted=True), RUNS, Step.REVIVE),
        (Seen(S.STARTING, wanted=True), RUNS, Step.TAKE_OVER),
        (Seen(S.STARTING, wanted=True, occupied=True), RUNS, Step.WAIT),
    ],
)
def test_each_case_has_its_step(place: Seen, successor: Seen, step: Step) -> None:
    assert next_step(place, successor) is step


@pytest.mark.parametrize("place", list(S))
@pytest.mark.parametrize("successor", list(S))
def test_a_place_that_nobody_wants_is_never_taken(place: S, successor: S) -> None:
    for wanted in (True, False):
        found = next_step(Seen(place, wanted=False), Seen(successor, wanted=wanted))
        assert found not in {Step.TAKE_OVER, Step.REVIVE}

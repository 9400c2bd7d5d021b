"""The state machine of one service: every arrow, without a clock or a process."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.model import Problem, ServiceSpec, TcpOpen
from desktop.engine.service import EXTERNAL_GRACE_S, Action, Facts, IllegalMove, Service
from desktop.engine.states import MOVES, ServiceKind, ServiceState
from desktop.words import text

S = ServiceState
PROBLEM = Problem("crashed", text("It ended."), text("Exit code 1."), text("See the log."))


def make() -> tuple[Service, list[str]]:
    moves: list[str] = []
    spec = ServiceSpec("web", ServiceKind.WEB, ("web",), "/", TcpOpen("127.0.0.1", 1))
    return Service(spec, lambda service, why: moves.append(service.state)), moves


def test_a_start_waits_for_what_it_needs_then_spawns_and_runs_when_ready() -> None:
    service, moves = make()
    service.start(0.0)
    service.tick(0.0, Facts())
    assert service.tick(0.0, Facts(needs_up=False)) is Action.NONE
    assert service.tick(0.1, Facts(needs_up=True)) is Action.SPAWN
    service.spawned(0.1)
    assert service.tick(0.2, Facts(alive=True)) is Action.NONE
    service.tick(0.3, Facts(alive=True, ready=True))
    assert moves == [S.STARTING, S.RUNNING]


def test_a_stop_asks_only_after_those_that_need_it_have_ended() -> None:
    service, _ = running()
    service.stop()
    assert service.tick(1.0, Facts(alive=True)) is Action.NONE
    assert service.state is S.STOPPING
    assert service.tick(1.0, Facts(alive=True, users_alive=True)) is Action.NONE
    assert service.tick(1.1, Facts(alive=True)) is Action.TERM
    assert service.tick(1.2, Facts(alive=True)) is Action.NONE, "it is asked once"
    service.tick(1.3, Facts(alive=False, exit_problem=PROBLEM))
    assert service.state is S.STOPPED
    assert service.problem is None


def test_nothing_starts_while_stopping() -> None:
    service, _ = running()
    service.stop()
    service.tick(1.0, Facts(alive=True))
    service.start(1.1)
    for _ in range(3):
        assert service.tick(1.2, Facts(alive=True)) is not Action.SPAWN
        assert service.state is S.STOPPING
    service.tick(1.3, Facts(exit_problem=PROBLEM))
    service.tick(1.3, Facts())
    assert service.tick(1.3, Facts()) is Action.SPAWN


def test_a_quick_exit_backs_off_and_three_in_a_row_give_up() -> None:
    service, moves = make()
    service.start(0.0)
    now = 0.0
    for _ in range(3):
        while service.state is not S.STARTING:
            now = max(now, service.retry_at)
            service.tick(now, Facts())
        assert service.tick(now, Facts()) is Action.SPAWN
        service.spawned(now)
        now += 0.2
        service.tick(now, Facts(exit_problem=PROBLEM))
    assert moves[-5:] == [S.BACKOFF, S.STARTING, S.BACKOFF, S.STARTING, S.FAILED]
    assert service.problem is PROBLEM
    assert service.tick(now + 1000, Facts()) is Action.NONE
    service.start(now + 1000)
    assert service.tick(now + 1000, Facts()) is Action.SPAWN, "a person's start tries again"


def test_a_crash_after_running_long_is_restarted() -> None:
    service, _ = running()
    service.tick(500.0, Facts(exit_problem=PROBLEM))
    assert service.state is S.BACKOFF
    assert service.restarts == 1


def test_a_service_that_never_answers_is_asked_to_stop_and_its_reason_stays() -> None:
    service, _ = make()
    service.start(0.0)
    service.tick(0.0, Facts())
    service.tick(0.0, Facts())
    service.spawned(0.0)
    due = service.due_at()
    assert due == service.spec.ready_timeout_s
    service.tick(due, Facts(alive=True, blocked=PROBLEM))
    assert service.state is S.STOPPING
    assert service.tick(due, Facts(alive=True)) is Action.TERM
    service.tick(due + 1, Facts(exit_problem=PROBLEM))
    assert service.state is S.FAILED
    assert service.problem is PROBLEM


def test_an_external_server_is_used_and_let_go_but_never_asked_to_stop() -> None:
    service, _ = make()
    service.start(0.0)
    service.tick(0.0, Facts())
    service.tick(0.0, Facts(external=True))
    assert service.state is S.EXTERNAL
    service.stop()
    assert service.tick(1.0, Facts(external=True)) is Action.NONE
    assert service.state is S.STOPPED


def test_an_external_server_that_restarts_is_given_a_grace() -> None:
    service, _ = make()
    service.start(0.0)
    service.tick(0.0, Facts())
    service.tick(0.0, Facts(external=True))
    service.tick(10.0, Facts(external=False))
    assert service.state is S.BACKOFF
    assert service.due_at() == 10.0 + EXTERNAL_GRACE_S
    service.tick(10.0 + EXTERNAL_GRACE_S, Facts())
    service.tick(10.0 + EXTERNAL_GRACE_S, Facts(external=True))
    assert service.state is S.EXTERNAL


def test_a_restart_stops_and_starts_once() -> None:
    service, moves = running()
    moves.clear()
    service.restart()
    service.tick(1.0, Facts(alive=True))
    service.tick(1.0, Facts(alive=True))
    service.tick(2.0, Facts(exit_problem=PROBLEM))
    service.tick(2.0, Facts())
    assert service.tick(2.0, Facts()) is Action.SPAWN
    service.spawned(2.0)
    service.tick(3.0, Facts(alive=True, ready=True))
    service.tick(4.0, Facts(alive=True))
    assert moves == [S.STOPPING, S.STOPPED, S.STARTING, S.RUNNING]


def test_an_adopted_service_that_was_stopping_goes_on_stopping() -> None:
    service, _ = make()
    service.adopt(0.0, stopping=True, asked=True, restarts=2)
    assert service.state is S.STOPPING
    assert service.tick(0.0, Facts(alive=True)) is Action.NONE
    service.tick(0.1, Facts(exit_problem=PROBLEM))
    assert service.state is S.STOPPED


def test_an_adopted_service_that_was_to_stop_and_not_yet_told_is_told() -> None:
    service, _ = make()
    service.adopt(0.0, stopping=True, asked=False)
    assert service.tick(0.0, Facts(alive=True, users_alive=True)) is Action.NONE
    assert service.tick(0.1, Facts(alive=True)) is Action.TERM


def test_an_adopted_service_that_was_not_ready_yet_has_to_become_so() -> None:
    service, moves = make()
    service.adopt(0.0, ready=False)
    assert service.tick(0.1, Facts(alive=True)) is Action.NONE
    assert service.due_at() == service.spec.ready_timeout_s
    service.tick(0.2, Facts(alive=True, ready=True))
    assert moves == [S.STARTING, S.RUNNING]


def test_a_move_that_is_not_in_the_table_is_a_defect() -> None:
    service, _ = running()
    with pytest.raises(IllegalMove):
        service.adopt(0.0)


wishes = st.sampled_from(["start", "stop", "restart", "none"])


@given(
    st.lists(
        st.tuples(wishes, st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans())
    )
)
def test_no_stream_of_facts_leads_to_an_illegal_move(stream: list[tuple[object, ...]]) -> None:
    service, moves = make()
    alive = False
    now = 0.0
    for wish, needs_up, ends, ready, external, blocked in stream:
        now += 1.0
        if wish == "start":
            service.start(now)
        elif wish == "stop":
            service.stop()
        elif wish == "restart":
            service.restart()
        ended = alive and bool(ends)
        alive = alive and not ended
        before = service.state
        action = service.tick(
            now,
            Facts(
                needs_up=bool(needs_up),
                alive=alive,
                exit_problem=PROBLEM if ended else None,
                external=bool(external),
                ready=bool(ready),
                blocked=PROBLEM if blocked else None,
            ),
        )
        if action is Action.SPAWN:
            assert before is S.STARTING and service.wanted and not alive
            alive = True
            service.spawned(now)
    states = [S.STOPPED, *moves]
    assert all(b in MOVES[a] for a, b in pairwise(states))


def running() -> tuple[Service, list[str]]:
    service, moves = make()
    service.start(0.0)
    service.tick(0.0, Facts())
    service.tick(0.0, Facts())
    service.spawned(0.0)
    service.tick(0.1, Facts(alive=True, ready=True))
    assert service.state is S.RUNNING
    return service, moves

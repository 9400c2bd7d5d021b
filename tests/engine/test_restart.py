"""When an ended service is started again."""

from __future__ import annotations

from desktop.engine.model import RestartPolicy
from desktop.engine.restart import Ended, judge

POLICY = RestartPolicy()


def test_pauses_double_up_to_the_cap() -> None:
    policy = RestartPolicy(quick_exits_max=50, crashes_max=50)
    ends: tuple[Ended, ...] = ()
    delays = []
    for number in range(12):
        ends = (*ends, Ended(float(number), 0.1))
        delays.append(judge(policy, ends).delay_s)
    assert delays[:4] == [0.5, 1.0, 2.0, 4.0]
    assert delays[-1] == policy.delay_max_s


def test_quick_exits_in_a_row_give_up() -> None:
    ends = tuple(Ended(float(n), 0.1) for n in range(POLICY.quick_exits_max))
    verdict = judge(POLICY, ends)
    assert not verdict.again
    assert verdict.quick


def test_a_long_run_between_quick_exits_starts_the_count_anew() -> None:
    ends = (Ended(0.0, 0.1), Ended(1.0, 0.1), Ended(100.0, 60.0), Ended(101.0, 0.1))
    assert judge(POLICY, ends).again


def test_too_many_crashes_within_the_window_give_up() -> None:
    ends = tuple(Ended(n * 20.0, 19.0) for n in range(POLICY.crashes_max + 1))
    verdict = judge(POLICY, ends)
    assert not verdict.again
    assert not verdict.quick


def test_crashes_days_apart_never_give_up() -> None:
    ends = tuple(Ended(n * 86_400.0, 86_000.0) for n in range(30))
    verdict = judge(POLICY, ends)
    assert verdict.again
    assert verdict.delay_s == POLICY.first_delay_s


def test_a_policy_switched_off_never_restarts() -> None:
    assert not judge(RestartPolicy(enabled=False), (Ended(100.0, 50.0),)).again

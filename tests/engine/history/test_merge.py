"""Two records of one task become one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.history.merge import merge
from desktop.engine.states import TaskState as S
from desktop.engine.task_model import ATTEMPTS_MAX, Attempt, Task

RECEIVED = Task(
    "1", "shop.send", S.RECEIVED, "w1@h", 7, "celery", "(1,)", "{}",
    root_id="1", received_at=10.0, seen_at=10.0, clock=1,
)  # fmt: skip
STARTED = Task(
    "1", state=S.STARTED, worker="w1@h", started_at=11.0, starts=1, seen_at=11.0, clock=2
)
DONE = Task(
    "1", state=S.SUCCESS, worker="w1@h", result="'ok'", finished_at=12.0, runtime_s=1.0,
    seen_at=12.0, clock=3,
)  # fmt: skip


def test_what_one_does_not_know_the_other_tells() -> None:
    whole = merge(merge(RECEIVED, STARTED), DONE)
    assert (whole.state, whole.name, whole.args, whole.queue) == (
        S.SUCCESS, "shop.send", "(1,)", "celery",
    )  # fmt: skip
    assert (whole.received_at, whole.started_at, whole.finished_at) == (10.0, 11.0, 12.0)
    assert (whole.starts, whole.worker_pid, whole.seen_at, whole.clock) == (1, 7, 12.0, 3)
    assert whole.attempts == ()


@given(st.permutations([RECEIVED, STARTED, DONE]))
def test_in_whatever_order_they_come(order: list[Task]) -> None:
    first, second, third = order
    assert merge(merge(first, second), third) == merge(merge(RECEIVED, STARTED), DONE)


def test_told_twice_is_told_once() -> None:
    done = merge(RECEIVED, DONE)
    assert merge(done, DONE) == done
    assert merge(done, done) == done


def test_a_start_after_the_end_is_another_run() -> None:
    failed = merge(
        RECEIVED, Task("1", state=S.FAILURE, worker="w1@h", exception="E('x')", started_at=11.0,
                       finished_at=12.0, starts=1, seen_at=12.0)
    )  # fmt: skip
    again = Task("1", state=S.STARTED, worker="w2@h", started_at=20.0, starts=1, seen_at=20.0)
    both = merge(failed, again)
    assert (both.state, both.worker, both.started_at, both.finished_at) == (
        S.STARTED, "w2@h", 20.0, None,
    )  # fmt: skip
    assert (both.name, both.exception, both.starts) == ("shop.send", "", 2)
    (attempt,) = both.attempts
    assert (attempt.state, attempt.worker, attempt.ended_at) == (S.FAILURE, "w1@h", 12.0)
    assert attempt.exception == "E('x')"


def test_a_start_that_comes_late_undoes_no_end() -> None:
    late = Task("1", "shop.send", S.STARTED, "w2@h", started_at=11.0, seen_at=11.5)
    assert merge(DONE, late).state is S.SUCCESS
    assert merge(DONE, late).name == "shop.send"


def test_a_node_that_is_asked_knows_less_than_its_events() -> None:
    """The answer of an inspection has no clock, and its instant is when it was asked."""
    answer = Task("1", "shop.send", S.STARTED, "w1@h", started_at=11.0, seen_at=12.5)
    done = merge(RECEIVED, DONE)
    assert merge(done, answer).state is S.SUCCESS


def test_the_clock_of_a_node_orders_what_its_wall_clock_does_not() -> None:
    begun = Task("1", state=S.STARTED, worker="w1@h", started_at=50.0, seen_at=50.0, clock=5)
    retried = Task("1", state=S.RETRY, worker="w1@h", exception="E()", seen_at=49.0, clock=6)
    assert merge(begun, retried).state is S.RETRY
    assert merge(retried, begun).state is S.RETRY


def test_a_retry_keeps_what_went_wrong_before() -> None:
    retried = merge(
        STARTED, Task("1", state=S.RETRY, worker="w1@h", exception="E('x')", retries=1,
                      seen_at=12.0, clock=3)
    )  # fmt: skip
    done = Task("1", state=S.SUCCESS, worker="w1@h", started_at=30.0, finished_at=31.0,
                retries=1, starts=2, seen_at=31.0, clock=9)  # fmt: skip
    both = merge(retried, done)
    assert (both.state, both.retries, both.starts, both.exception) == (S.SUCCESS, 1, 2, "")
    assert [(one.state, one.exception) for one in both.attempts] == [(S.RETRY, "E('x')")]


def test_attempts_unite_without_doubling() -> None:
    first = Attempt(S.RETRY, "w1@h", started_at=1.0, exception="A()")
    second = Attempt(S.RETRY, "w1@h", started_at=2.0, exception="B()")
    old = Task("1", state=S.STARTED, worker="w1@h", started_at=3.0, seen_at=3.0, attempts=(first,))
    new = Task(
        "1", state=S.SUCCESS, worker="w1@h", started_at=3.0, finished_at=4.0, seen_at=4.0,
        attempts=(first, second),
    )  # fmt: skip
    assert merge(old, new).attempts == (first, second)
    assert merge(new, old).attempts == (first, second)


def test_attempts_are_bounded_and_the_newest_stay() -> None:
    task = Task("1", state=S.STARTED, started_at=0.0, seen_at=0.5)
    for round_ in range(1, ATTEMPTS_MAX + 6):
        task = merge(task, Task("1", state=S.FAILURE, started_at=float(round_) - 1,
                                finished_at=round_ + 0.5, seen_at=round_ + 0.5))  # fmt: skip
        task = merge(task, Task("1", state=S.STARTED, started_at=round_ + 0.9,
                                seen_at=round_ + 0.9))  # fmt: skip
    assert len(task.attempts) == ATTEMPTS_MAX
    assert task.attempts[-1].ended_at == ATTEMPTS_MAX + 5.5

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.model import ActiveTask, TaskCounts
from desktop.engine.states import TaskState
from desktop.engine.telemetry import memory, tombs
from desktop.engine.telemetry.correction import NodeTasks
from desktop.engine.telemetry.fold import Fold
from desktop.engine.telemetry.wire import Event

NODE = "w1@h"


def unknown(name: str, pid: int) -> None:
    return None


def runs(name: str, pid: int) -> bool:
    return True


def dead(name: str, pid: int) -> bool:
    return False


def task(kind: str, uuid: str = "a", clock: int = 0, node: str = NODE, pid: int = 7) -> Event:
    return Event(f"task-{kind}", uuid, node, pid, clock, 1000.0 + clock, name="app.work")


def worker(kind: str, clock: int = 0, node: str = NODE, pid: int = 7) -> Event:
    return Event(f"worker-{kind}", "", node, pid, clock, 1000.0 + clock)


def folded(*events: Event) -> Fold:
    fold = Fold()
    fold.feed(events, 0.0)
    return fold


def running(fold: Fold) -> list[str]:
    return [t.id for t in fold.active(100) if t.state == TaskState.STARTED]


def waiting(fold: Fold) -> list[str]:
    return [t.id for t in fold.active(100) if t.state == TaskState.RECEIVED]


LIFE = (task("received", clock=1), task("started", clock=2), task("succeeded", clock=3))


@pytest.mark.parametrize(
    ("exception", "name"),
    [
        ("NotRegistered('shop.pay')", "shop.pay"),
        ("NotRegistered('shop.pay',)", "shop.pay"),
        ('NotRegistered("it\'s [bold]")', "it's [bold]"),
        ("NotRegistered('a', 'b')", ""),
        ("NotRegistered('a' + '\\x')", ""),
        ("NotRegistered(7)", ""),
        ("ValueError('shop.pay')", ""),
    ],
)
def test_a_task_that_its_worker_does_not_know_is_told_by_name(exception, name):
    failed = Event("task-failed", "a", NODE, 7, 1, 1001.0, exception=exception)
    (told,) = folded(failed).take()
    assert (told.state, told.name) == (TaskState.FAILURE, name)


def test_a_task_is_received_runs_and_ends():
    fold = folded(LIFE[0])
    assert waiting(fold) == ["a"]
    assert fold.counts == TaskCounts(received=1)
    fold.feed([LIFE[1]], 0)
    assert running(fold) == ["a"]
    assert fold.counts == TaskCounts(received=1, active=1)
    assert fold.active(1) == (
        ActiveTask("a", "app.work", NODE, TaskState.STARTED, 1001.0, 1002.0, worker_pid=7),
    )
    fold.feed([LIFE[2]], 0)
    assert fold.counts == TaskCounts(received=1, succeeded=1)
    assert fold.in_flight == 0


@pytest.mark.parametrize(
    ("kind", "field"),
    [("succeeded", "succeeded"), ("failed", "failed"), ("retried", "retried"),
     ("revoked", "revoked"), ("rejected", None)],
)  # fmt: skip
def test_every_end_takes_the_task_out_of_flight_and_counts(kind, field):
    fold = folded(*LIFE[:2], task(kind, clock=3))
    assert fold.in_flight == 0
    assert fold.counts == TaskCounts(received=1, **({field: 1} if field else {}))


RETRIED = (
    task("received", clock=1), task("started", clock=2), task("retried", clock=3),
    task("received", clock=4), task("started", clock=5), task("failed", clock=6),
)  # fmt: skip


@given(st.permutations(LIFE), st.permutations(RETRIED))
def test_counts_do_not_depend_on_the_order(life, retried):
    assert folded(*life).counts == TaskCounts(received=1, succeeded=1)
    fold = folded(*retried)
    assert fold.counts == TaskCounts(received=2, retried=1, failed=1)
    assert fold.in_flight == 0


@given(st.data())
def test_shuffled_and_repeated_streams_of_many_tasks_come_to_the_same(data):
    events: list[Event] = []
    expected = {"received": 0, "succeeded": 0, "failed": 0, "revoked": 0}
    clock = 0
    for number in range(data.draw(st.integers(1, 12))):
        node = data.draw(st.sampled_from(["w1@h", "w2@h"]))
        end = data.draw(st.sampled_from(["succeeded", "failed", "revoked"]))
        for kind in ("received", "started", end):
            clock += 1
            events.append(task(kind, f"t{number}", clock, node))
            if kind in expected:
                expected[kind] += 1
    repeated = events + data.draw(st.lists(st.sampled_from(events), max_size=20))
    fold = folded(*data.draw(st.permutations(repeated)))
    assert fold.counts == TaskCounts(**expected)
    assert fold.in_flight == 0


def test_a_retried_task_runs_again():
    assert running(folded(*RETRIED[:5])) == ["a"]


def test_a_task_that_is_delivered_again_to_another_node_runs_again():
    fold = folded(
        *LIFE, task("received", clock=9, node="w2@h"), task("started", clock=10, node="w2@h")
    )
    assert [t.worker for t in fold.active(5)] == ["w2@h"]


def test_a_task_seen_only_from_its_start_is_in_flight_without_a_name():
    (seen,) = folded(Event("task-started", "a", NODE, 7, 2, 1002.0)).active(5)
    assert (seen.name, seen.received_at) == ("", None)


def test_events_without_clocks_are_ordered_by_their_time():
    late = Event("task-started", "a", NODE, 7, 0, 999.0)
    assert folded(Event("task-succeeded", "a", NODE, 7, 0, 1003.0), late).in_flight == 0


def test_sent_events_and_unknown_kinds_change_nothing():
    fold = folded(task("sent"), task("dreamt"), Event("group-started", "a"), Event("worker-online"))
    assert fold.counts == TaskCounts()
    assert fold.in_flight == 0


def test_the_list_shows_running_tasks_first_and_the_longest_first():
    fold = folded(
        task("received", "w", 1),
        task("started", "b", 5),
        task("started", "c", 4),
        task("received", "v", 0),
    )
    assert [t.id for t in fold.active(10)] == ["c", "b", "v", "w"]
    assert [t.id for t in fold.active(2)] == ["c", "b"]


# --- nodes ---------------------------------------------------------------------------------------


def two_tasks() -> tuple[Event, ...]:
    return (worker("heartbeat"), *LIFE[:2], task("received", "b", 4))


def test_tasks_of_a_dead_process_are_forgotten_after_a_short_grace():
    fold = folded(*two_tasks())
    fold.tick(1.9, dead)
    assert fold.in_flight == 2
    fold.tick(2.0, dead)
    assert fold.in_flight == 0
    assert fold.counts.active == 0


def test_tasks_of_a_process_that_runs_are_kept_however_silent_it_is():
    fold = folded(*two_tasks())
    fold.tick(10_000.0, runs)
    assert fold.in_flight == 2


def test_where_nothing_is_known_of_the_process_its_heartbeats_decide():
    fold = folded(*two_tasks())
    fold.tick(29.0, unknown)
    assert fold.in_flight == 2
    fold.feed([worker("heartbeat", 9)], 29.0)
    fold.tick(58.0, unknown)
    assert fold.in_flight == 2
    fold.tick(59.0, unknown)
    assert fold.in_flight == 0


def test_a_node_that_never_sent_heartbeats_is_not_judged_by_them():
    fold = folded(*LIFE[:2])
    fold.tick(1000.0, unknown)
    assert running(fold) == ["a"]


def test_after_a_goodbye_what_runs_is_finished_and_what_waited_is_given_back():
    fold = folded(*two_tasks(), worker("offline", 9))
    fold.tick(1.0, runs)
    assert fold.in_flight == 2
    fold.tick(3.0, runs)
    assert (running(fold), waiting(fold)) == (["a"], [])
    fold.feed([task("succeeded", clock=20)], 60.0)
    assert fold.in_flight == 0


def test_after_a_goodbye_of_an_unknown_process_running_tasks_have_a_longer_grace():
    fold = folded(*two_tasks(), worker("offline", 9))
    fold.tick(29.0, unknown)
    assert running(fold) == ["a"]
    fold.tick(30.0, unknown)
    assert fold.in_flight == 0


def test_a_new_process_with_the_name_ends_the_silent_one_sooner():
    fold = folded(*two_tasks(), worker("online", 1, pid=8), task("received", "c", 9, pid=8))
    fold.feed([worker("heartbeat", 20, pid=8)], 6.0)
    fold.tick(6.0, unknown)
    assert [t.id for t in fold.active(9)] == ["c"]


def test_a_second_process_of_the_same_name_does_not_take_the_first_ones_tasks():
    fold = folded(*two_tasks(), worker("online", 1, pid=8))
    fold.feed([worker("heartbeat", 20)], 6.0)
    fold.tick(7.0, unknown)
    assert fold.in_flight == 2


def test_a_process_that_re_executes_itself_starts_without_tasks():
    fold = folded(*two_tasks(), worker("offline", 9), worker("online", 10))
    assert fold.in_flight == 0


# --- loss and repair -----------------------------------------------------------------------------


def told(task_id: str) -> ActiveTask:
    return ActiveTask(task_id, "app.work", NODE, TaskState.STARTED, started_at=5.0)


def test_what_a_node_says_it_runs_is_taken_over_and_the_rest_dropped():
    fold = folded(*two_tasks())
    fold.repair({NODE: NodeTasks((told("x"),))}, asked_at=1.0)
    assert running(fold) == ["x"]
    assert waiting(fold) == ["b"]
    assert fold.counts.active == 1


def test_what_happened_after_the_question_is_not_undone_by_the_answer():
    fold = folded(*two_tasks())
    fold.feed([task("succeeded", "x", 7), task("started", "y", 8)], 2.0)
    fold.repair({NODE: NodeTasks((told("x"), told("a")))}, asked_at=1.0)
    assert running(fold) == ["a", "y"] or running(fold) == ["y", "a"]


def test_nodes_that_did_not_answer_keep_their_tasks():
    fold = folded(*two_tasks())
    fold.repair({}, asked_at=1.0)
    assert fold.in_flight == 2


def test_a_task_known_only_from_an_answer_goes_with_its_node():
    fold = Fold()
    fold.repair({NODE: NodeTasks((told("x"),))}, asked_at=0.0)
    fold.feed([worker("heartbeat")], 1.0)
    fold.tick(1.5, dead)
    assert running(fold) == ["x"]
    fold.tick(3.0, dead)
    assert fold.in_flight == 0


def test_a_task_known_only_from_an_answer_goes_when_its_node_is_never_heard_again():
    fold = Fold()
    fold.repair({NODE: NodeTasks((told("x"),))}, asked_at=0.0)
    fold.tick(29.0, unknown)
    assert fold.in_flight == 1
    fold.tick(30.0, unknown)
    assert fold.in_flight == 0


def test_after_a_gap_running_tasks_stay_and_silence_counts_anew():
    fold = folded(*two_tasks())
    fold.lost_touch(100.0)
    assert (running(fold), waiting(fold)) == (["a"], [])
    fold.tick(129.0, unknown)
    assert running(fold) == ["a"]


# --- bounds --------------------------------------------------------------------------------------


def test_memory_is_bounded_whatever_is_sent(monkeypatch):
    monkeypatch.setattr(memory, "RECORDS_MAX", 100)
    monkeypatch.setattr(tombs, "TOMBS_MAX", 100)
    fold = Fold()
    fold.feed([task("started", "keep", 1)], 0.0)
    rng = random.Random(1)  # noqa: S311
    told: set[str] = set()
    for number in range(3000):
        kind = rng.choice(["received", "succeeded", "retried", "sent"])
        fold.feed([task(kind, f"t{number}", number, f"n{number}@h", number)], float(number))
        if number % 10 == 0:
            told |= {one.id for one in fold.take()}
    told |= {one.id for one in fold.take()}
    assert fold.in_flight <= 100
    assert len(fold.records) <= 100
    assert len(fold.tombs) <= 100
    assert "keep" in running(fold)
    assert len(told) == 3001  # what was forgotten was told first


def test_long_texts_are_bounded_together(monkeypatch):
    monkeypatch.setattr(memory, "TEXT_MAX", 50_000)
    fold = Fold()
    for number in range(200):
        event = task("received", f"t{number}", number)
        event.args = "a" * 1000
        fold.feed([event], 0.0)
        retried = task("retried", f"t{number}", number + 1000)
        retried.traceback = "t" * 1000
        fold.feed([retried], 0.0)
        fold.take()
    held = sum(len(one.args) + len(one.more.traceback) for one in fold.records.values())
    assert 20_000 < held <= 54_000

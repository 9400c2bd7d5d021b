from __future__ import annotations

import itertools

import pytest

from desktop.engine.model import ActiveTask
from desktop.engine.states import TaskState
from desktop.engine.telemetry.holders import Holders, Holding
from desktop.engine.telemetry.wire import Event

RECEIVED = Event("task-received", "1", "a@h", 7, 1, 10.0, name="t", args="(1,)", kwargs="{}")
STARTED = Event("task-started", "1", "a@h", 7, 2, 11.0)
ENDED = Event("task-succeeded", "1", "a@h", 7, 3, 12.0)
ELSEWHERE = Event("task-received", "1", "b@h", 8, 1, 20.0, name="t", args="(1,)", kwargs="{}")


@pytest.mark.parametrize("events", list(itertools.permutations([RECEIVED, STARTED])))
def test_the_last_that_got_it_has_it_in_whatever_order_its_events_come(
    events: tuple[Event, ...],
) -> None:
    holders = Holders()
    holders.feed(events)
    held = Holding("1", "a@h", 7, 11.0, True, "t", "(1,)", "{}")
    assert holders.last(["1", "2"]) == {"1": held}
    assert holders.had_by("a@h", 7) == (held,)
    assert holders.had_by("a@h", 8) == ()
    assert holders.running


@pytest.mark.parametrize("events", list(itertools.permutations([RECEIVED, STARTED, ENDED])))
def test_what_has_ended_is_held_by_nobody(events: tuple[Event, ...]) -> None:
    holders = Holders()
    holders.feed(events)
    assert holders.last(["1"]) == {}
    assert holders.has_ended("1")
    assert not holders.running
    holders.feed([ELSEWHERE])  # a retry, or a redelivery: a new run
    assert holders.last(["1"])["1"].node == "b@h"
    assert not holders.has_ended("1")


@pytest.mark.parametrize("events", list(itertools.permutations([RECEIVED, STARTED, ELSEWHERE])))
def test_a_redelivery_moves_it(events: tuple[Event, ...]) -> None:
    holders = Holders()
    holders.feed(events)
    found = holders.last(["1"])["1"]
    assert (found.node, found.pid, found.at, found.started) == ("b@h", 8, 20.0, False)


def test_the_senders_event_tells_the_queue() -> None:
    holders = Holders()
    holders.feed([Event("task-sent", "1", queue="mail"), RECEIVED])
    assert holders.last(["1"])["1"].queue == "mail"


def test_an_answer_fills_in_what_no_event_told() -> None:
    holders = Holders()
    holders.feed([RECEIVED, STARTED, ENDED])
    task = ActiveTask("2", "t", "a@h", TaskState.STARTED, started_at=5.0)
    ended = ActiveTask("1", "t", "a@h", TaskState.STARTED, started_at=5.0)
    holders.answered({"a@h": [task, ended]})
    (held,) = holders.had_by("a@h", 7)
    assert (held.id, held.pid, held.started) == ("2", 0, True)
    holders.lost_touch()
    assert holders.had_by("a@h", 7) == ()

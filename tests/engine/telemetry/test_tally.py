from __future__ import annotations

from desktop.engine.telemetry.fold import Fold
from desktop.engine.telemetry.tally import Tally
from desktop.engine.telemetry.wire import Event

NODE = ("w1@h", 7)


def test_what_one_heartbeat_counted_has_to_be_heard_by_the_next():
    tally = Tally()

    def missed(processed: int, started: int) -> int:
        tally.task_events += 1
        return tally.beat(processed, started)

    assert missed(100, 0) == 0  # those before anybody listened
    assert missed(110, 5) == 0
    assert missed(120, 10) == 0  # the first 110 were heard by now
    assert missed(120, 15) == 5  # of 120 five were not
    assert missed(125, 20) == 0  # told once


def test_a_worker_that_starts_anew_counts_anew():
    tally = Tally(task_events=1)
    tally.beat(100, 0)
    assert tally.beat(2, 0) == 0
    assert tally.beat(3, 0) == 0


def beats(fold: Fold, *processed: int) -> None:
    for count in processed:
        fold.feed([Event("worker-heartbeat", "", *NODE, processed=count, timestamp=1.0)], 0.0)


def starts(fold: Fold, *ids: str) -> None:
    for clock, one in enumerate(ids, 1):
        fold.feed([Event("task-started", one, *NODE, clock, 1.0)], 0.0)


def test_a_worker_that_works_without_a_word_is_silent():
    fold = Fold()
    beats(fold, 5, 5, 6)
    assert fold.nodes.silent == ()
    beats(fold, 7)
    assert fold.nodes.silent == (NODE,)
    assert fold.nodes.missed == 0  # nothing was lost: it is not told
    assert not fold.nodes.speaks(*NODE)
    starts(fold, "a")
    beats(fold, 8)
    assert fold.nodes.silent == ()
    assert fold.nodes.speaks(*NODE)


def test_an_idle_worker_is_not_silent():
    fold = Fold()
    beats(fold, 5, 5, 5, 5)
    assert fold.nodes.silent == ()


def test_lost_starts_are_counted_and_a_gap_that_is_known_is_none():
    fold = Fold()
    starts(fold, "a")
    beats(fold, 1)
    beats(fold, 4)
    starts(fold, "b")
    beats(fold, 4)
    assert fold.nodes.missed == 2
    fold.lost_touch(1.0)
    beats(fold, 90)
    starts(fold, "c")
    beats(fold, 91, 91)
    assert fold.nodes.missed == 2

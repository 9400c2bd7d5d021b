from __future__ import annotations

from desktop.engine.queues.pace import MARKS_MAX, SHOWN_MAX, SPAN_S, Pace
from desktop.engine.queues.reading import Ends, Reading


def reading(depth: int, next_: str = "a", newest: str = "a") -> Reading:
    return Reading("q", ((0, depth),), ends=(Ends(next_, newest),) if depth else ())


def pace(*samples: tuple[float, int]) -> Pace:
    made = Pace()
    for at, depth in samples:
        made.note(reading(depth), at)
    return made


def test_one_look_tells_no_pace() -> None:
    assert pace((0, 5)).growth_per_minute is None
    assert pace((0, 5)).drained_in_s is None
    assert Pace().drained_in_s is None


def test_a_queue_that_drains_tells_when_it_is_empty() -> None:
    one = pace((0, 100), (30, 70), (60, 40))
    assert one.growth_per_minute == -60
    assert one.drained_in_s == 40


def test_a_queue_that_grows_or_stands_is_never_empty() -> None:
    assert pace((0, 1), (60, 31)).growth_per_minute == 30
    assert pace((0, 1), (60, 31)).drained_in_s is None
    assert pace((0, 7), (60, 7)).drained_in_s is None
    assert pace((0, 7), (60, 0)).drained_in_s == 0


def test_only_the_last_two_minutes_count() -> None:
    assert pace((0, 0), (600, 1000), (660, 940)).growth_per_minute == -60


def test_looks_right_after_one_another_are_one() -> None:
    one = pace((0, 10), (60, 10), (60.2, 4))
    assert len(one.depths) == 2
    assert one.depths[-1] == (60.2, 4)


def test_what_is_remembered_is_bounded() -> None:
    one = Pace()
    for second in range(0, 3 * int(SPAN_S), 5):
        one.note(reading(3, f"n{second}", f"m{second}"), second)
    assert len(one.depths) <= SHOWN_MAX
    assert one.depths[0][0] >= 2 * SPAN_S - 5
    assert one.depths[-1] == (3 * SPAN_S - 5, 3)
    assert len(one._seen) <= MARKS_MAX


def test_the_age_of_the_next_message_is_known_from_when_it_was_the_newest() -> None:
    one = Pace()
    one.note(reading(1, "a", "a"), 100)
    one.note(reading(3, "a", "c"), 110)
    assert one.oldest_seen_at == 100
    one.note(reading(2, "b", "c"), 120)
    assert one.oldest_seen_at == 120, "it came between two looks"
    one.note(reading(1, "c", "c"), 130)
    assert one.oldest_seen_at == 110
    one.note(reading(0), 140)
    assert one.oldest_seen_at is None


def test_the_oldest_of_all_priorities_is_told_not_that_of_the_first_list() -> None:
    one = Pace()
    starving = Ends("low", "low")
    one.note(Reading("q", ((9, 1),), ends=(starving,)), 100)
    one.note(Reading("q", ((0, 1), (9, 1)), ends=(Ends("new", "new"), starving)), 4000)
    assert one.oldest_seen_at == 100

"""How many tasks a node has started since a moment."""

from __future__ import annotations

from desktop.engine.telemetry import starts
from desktop.engine.telemetry.starts import Starts


def test_those_after_it_on_that_process_alone() -> None:
    seen = Starts()
    for at in (1.0, 2.0, 3.0):
        seen.note("a@h", 7, at)
    seen.note("a@h", 8, 3.0)
    assert [seen.since("a@h", 7, at) for at in (0.0, 1.0, 2.5, 3.0)] == [3, 2, 1, 0]
    assert seen.since("b@h", 7, 0.0) == 0


def test_more_than_are_remembered_is_not_a_number() -> None:
    seen = Starts()
    for at in range(starts.STARTS_MAX + 5):
        seen.note("a@h", 7, float(at))
    assert seen.since("a@h", 7, 0.0) is None
    assert seen.since("a@h", 7, starts.STARTS_MAX + 2.0) == 2


def test_nodes_are_forgotten_the_oldest_first() -> None:
    seen = Starts()
    for number in range(starts.NODES_MAX + 1):
        seen.note(f"{number}@h", 7, 1.0)
    assert seen.since("0@h", 7, 0.0) == 0
    assert seen.since(f"{starts.NODES_MAX}@h", 7, 0.0) == 1

"""When the code of a process was loaded."""

from __future__ import annotations

import pytest

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.loaded import Loaded

NOW = 10_000.0
PROCESS = ProcessFacts(pid=10, create_time=NOW - 500, ppid=1)


def said(uptime_s: float | None) -> NodeAnswer:
    return NodeAnswer("w@box", 10, uptime_s=uptime_s)


@pytest.mark.parametrize(
    ("answer", "at"),
    [
        (None, NOW - 500),
        (said(None), NOW - 500),
        (said(499.0), NOW - 500),
        (said(60.0), NOW - 61),
        # Longer than it runs: its clock was set.
        (said(900.0), NOW - 500),
    ],
)
def test_by_the_nodes_uptime_or_the_start_of_its_process(
    answer: NodeAnswer | None, at: float
) -> None:
    assert Loaded().at(PROCESS, answer, NOW) == at


def test_what_was_said_counts_while_it_is_silent_and_does_not_tremble() -> None:
    loaded = Loaded()
    first = loaded.at(PROCESS, said(60.0), NOW)
    assert loaded.at(PROCESS, None, NOW + 5) == first
    assert loaded.at(PROCESS, said(69.0), NOW + 10.7) == first
    assert loaded.at(PROCESS, said(3.0), NOW + 20) == NOW + 16
    loaded.forget_all_but([])
    assert loaded.at(PROCESS, None, NOW + 21) == PROCESS.create_time

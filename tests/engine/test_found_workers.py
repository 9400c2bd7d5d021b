from __future__ import annotations

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.census.judgement.sight import Sight
from desktop.engine.census.same_app import address
from desktop.engine.found_workers import on_broker

OWN, OTHER = "redis://localhost:6379/0", "redis://localhost:6380/0"
MINE, THEIRS, NOWHERE = (NodeAnswer(f"{n}@h", n) for n in (1, 2, 3))
SIGHT = Sight(
    100.0,
    (),
    answers={(1, 1.0): MINE, (2, 2.0): THEIRS, (3, 3.0): NOWHERE},
    broker={(1, 1.0): address(OWN), (2, 2.0): address(OTHER)},
)


def test_a_worker_on_another_broker_was_told_to_send_no_events_here() -> None:
    assert on_broker(OWN, SIGHT) == (MINE,)
    assert on_broker(OTHER, SIGHT) == (THEIRS,)


def test_a_stack_whose_broker_is_not_known_has_heard_nobody() -> None:
    assert on_broker("", SIGHT) == ()

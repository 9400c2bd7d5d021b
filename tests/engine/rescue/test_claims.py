"""The rule of evidence, case by case."""

from __future__ import annotations

import msgspec
import pytest

from desktop.engine.rescue.claims import (
    Node,
    Ruling,
    Scene,
    Silent,
    judge,
    left_by_the_dead,
    proven,
)
from desktop.engine.rescue.message import Message
from desktop.engine.rescue.watched import Watched
from desktop.engine.telemetry.holders import Holding
from desktop.words import text

NOW = 1_000_000.0
OLD = Message("tag", NOW - 100, b"", "1", "t", "", "celery")
DEAD = Watched(7, NOW - 500, "a@host", died_at=NOW - 1)
HELD = Holding("1", "a@host", 7, OLD.delivered_at + 0.01)
SCENE = Scene(NOW, 2.0)


def decide(message: Message = OLD, **changes: object) -> str:
    ruling = judge([message], msgspec.structs.replace(SCENE, **changes))
    if ruling.abandoned:
        return "abandoned"
    return "refused" if ruling.refused else "in flight"


def test_nobody_claims_it_and_all_were_asked() -> None:
    assert decide() == "abandoned"


def test_a_live_node_claims_it() -> None:
    assert decide(claimed=frozenset({"1"})) == "in flight"


def test_it_was_delivered_just_now() -> None:
    assert decide(msgspec.structs.replace(OLD, delivered_at=NOW - 1)) == "in flight"


def test_it_is_no_task() -> None:
    assert decide(msgspec.structs.replace(OLD, id="")) == "in flight"


@pytest.mark.parametrize(
    "doubt",
    [
        {"silent": (Silent(9, NOW - 200, "b@host"),)},
        {"strangers": 1},
        {"blocked": text("words")},
        {"nodes": (Node("b@host", 9, rate_limited=("t",)),)},
        {"holders": {"1": msgspec.structs.replace(HELD, node="far@away", pid=3)}},
    ],
    ids=["silent", "strangers", "blocked", "rate-limited", "remote-holder"],
)
def test_whoever_may_have_it_forbids_it_unless_its_holder_is_proven_dead(
    doubt: dict[str, object],
) -> None:
    assert decide(**doubt) == "refused"
    evidence = {"deaths": (DEAD,), "holders": {"1": HELD}}
    assert decide(**{**doubt, **evidence}) == "abandoned"


def test_a_silent_worker_that_started_after_the_delivery_does_not_have_it() -> None:
    assert decide(silent=(Silent(9, NOW - 50, "b@host"),)) == "abandoned"


def test_a_rate_limited_task_of_a_node_that_started_after_the_delivery() -> None:
    node = Node("b@host", 9, NOW - 10, rate_limited=("t",))
    assert decide(nodes=(node,)) == "abandoned"


@pytest.mark.parametrize(
    "changes",
    [
        {"holders": {"1": msgspec.structs.replace(HELD, pid=8)}},
        {"holders": {"1": msgspec.structs.replace(HELD, node="b@host")}},
        # The events tell of an earlier delivery: who has it now is not known.
        {"holders": {"1": msgspec.structs.replace(HELD, at=OLD.delivered_at - 10)}},
        # It died before the delivery, or was born after it: another process with that pid.
        {"deaths": (msgspec.structs.replace(DEAD, died_at=NOW - 200),)},
        {"deaths": (msgspec.structs.replace(DEAD, create_time=NOW - 50),)},
        {"claimed": frozenset({"1"})},
        {"holders": {}},
        {"deaths": ()},
    ],
)
def test_what_is_no_proof_of_its_holders_death(changes: dict[str, object]) -> None:
    scene = msgspec.structs.replace(SCENE, deaths=(DEAD,), holders={"1": HELD})
    assert proven([OLD], scene) == (OLD,)
    assert proven([OLD], msgspec.structs.replace(scene, **changes)) == ()


def test_its_holder_runs_and_does_not_name_it() -> None:
    node = Node("a@host", 7)
    assert decide(nodes=(node,), holders={"1": HELD}) == "abandoned"
    young = msgspec.structs.replace(OLD, delivered_at=NOW - 30)
    held = msgspec.structs.replace(HELD, at=NOW - 29)
    assert decide(young, nodes=(node,), holders={"1": held}) == "in flight"


def test_its_holder_runs_and_is_silent() -> None:
    running = Watched(7, NOW - 500, "a@host")
    assert decide(running=(running,), holders={"1": HELD}) == "in flight"


def test_its_holder_is_no_process_of_this_machine_though_it_says_so() -> None:
    assert decide(holders={"1": HELD}, gone=frozenset({("a@host", 7)})) == "abandoned"


def test_only_what_a_dead_worker_may_have_had_is_told() -> None:
    assert left_by_the_dead(OLD, [DEAD])
    assert not left_by_the_dead(OLD, [msgspec.structs.replace(DEAD, create_time=NOW - 50)])
    assert not left_by_the_dead(OLD, [])
    assert judge([], SCENE) == Ruling()

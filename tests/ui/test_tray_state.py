"""The tray's state and sentence for every state that a stack can be in."""

from __future__ import annotations

import msgspec
import pytest

from desktop.engine.model import StackStatus
from desktop.engine.states import ServiceState, Severity
from desktop.ui.phrases import running_count
from desktop.ui.tray_state import TrayState, can_start, can_stop, pressing, sentence, tray_state
from tests.ui import sample
from tests.ui.sample import SHOP
from tests.ui.sample_cleanup import LEFT_OVER

S = ServiceState
ALL = tuple(S)


def with_worker(state: ServiceState, base: StackStatus = SHOP) -> StackStatus:
    return sample.with_service(base, msgspec.structs.replace(sample.WORKER, state=state))


OLD = msgspec.structs.replace(
    sample.WORKER, name="worker1.old", of="worker1", state=S.STOPPING, wanted=False
)
TAKEN_OVER = msgspec.structs.replace(SHOP, services=(*SHOP.services, OLD))


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (S.STOPPED, TrayState.RUNNING),
        (S.STARTING, TrayState.STARTING),
        (S.RUNNING, TrayState.RUNNING),
        (S.STOPPING, TrayState.STARTING),
        (S.BACKOFF, TrayState.ATTENTION),
        (S.FAILED, TrayState.FAILED),
        (S.EXTERNAL, TrayState.RUNNING),
    ],
)
def test_one_service_among_running_ones_decides(state: ServiceState, shown: TrayState) -> None:
    assert tray_state(with_worker(state)) is shown


def test_no_state_is_left_out() -> None:
    assert {tray_state(with_worker(state)) for state in ALL} <= set(TrayState)
    assert tray_state(None) is TrayState.STARTING
    assert tray_state(sample.stopped(SHOP)) is TrayState.STOPPED
    assert tray_state(msgspec.structs.replace(SHOP, services=())) is TrayState.STOPPED


def test_a_stack_that_only_uses_somebody_s_redis_is_stopped() -> None:
    redis = msgspec.structs.replace(sample.REDIS, state=S.EXTERNAL, pid=None)
    stack = sample.with_service(sample.stopped(SHOP), redis)
    assert tray_state(stack) is TrayState.STOPPED
    assert not can_stop(stack), "what is not ours is never stopped"


@pytest.mark.parametrize(
    ("severity", "shown"),
    [
        (Severity.INFO, TrayState.RUNNING),
        (Severity.WARNING, TrayState.ATTENTION),
        (Severity.CRITICAL, TrayState.ATTENTION),
    ],
)
def test_a_finding_asks_for_a_look(severity: Severity, shown: TrayState) -> None:
    finding = msgspec.structs.replace(sample.LEFTOVER, severity=severity)
    assert tray_state(msgspec.structs.replace(SHOP, findings=(finding,))) is shown


def test_leftovers_ask_for_a_look() -> None:
    assert tray_state(LEFT_OVER) is TrayState.ATTENTION


def test_the_worst_finding_is_the_pressing_one() -> None:
    worse = msgspec.structs.replace(sample.LEFTOVER, id="disk", severity=Severity.CRITICAL)
    assert pressing(msgspec.structs.replace(SHOP, findings=(sample.LEFTOVER, worse))) == worse
    assert pressing(SHOP) is None and pressing(None) is None


def test_a_broken_configuration_is_a_failure_that_says_so() -> None:
    stack = msgspec.structs.replace(SHOP, services=(), problem=sample.CRASH)
    assert tray_state(stack) is TrayState.FAILED
    assert sentence(stack) == "acme-shop · the configuration can't be used"
    assert not can_start(stack) and not can_stop(stack)


@pytest.mark.parametrize(
    ("state", "start", "stop"),
    [
        (S.STOPPED, True, False),
        (S.STARTING, False, True),
        (S.RUNNING, False, True),
        (S.STOPPING, False, False),
        (S.BACKOFF, True, True),
        (S.FAILED, True, False),
        (S.EXTERNAL, False, False),
    ],
)
def test_start_and_stop_are_offered_when_they_do_something(
    state: ServiceState, start: bool, stop: bool
) -> None:
    alone = msgspec.structs.replace(
        SHOP, services=(msgspec.structs.replace(sample.WORKER, state=state),)
    )
    assert (can_start(alone), can_stop(alone)) == (start, stop)


def test_what_does_not_belong_to_all_is_not_started_with_all() -> None:
    assert not sample.FLOWER.enabled
    assert not can_start(msgspec.structs.replace(SHOP, services=(sample.FLOWER,)))


def test_what_finishes_after_it_was_taken_over_is_no_service_and_no_stop() -> None:
    assert tray_state(TAKEN_OVER) is tray_state(SHOP)
    assert running_count(TAKEN_OVER) == running_count(SHOP)


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        (None, "Connecting to the engine…"),
        (SHOP, "acme-shop · 5 of 5 services running"),
        (sample.stopped(SHOP), "acme-shop · stopped"),
        (with_worker(S.FAILED), "acme-shop · worker1 failed"),
        (with_worker(S.FAILED, sample.stopped(SHOP)), "acme-shop · worker1 failed"),
        (with_worker(S.STOPPING), "acme-shop · stopping"),
        (with_worker(S.BACKOFF), "acme-shop · 4 of 5 services running"),
        (TAKEN_OVER, "acme-shop · 5 of 5 services running"),
    ],
)
def test_the_sentence_says_what_the_icon_shows(stack: StackStatus | None, said: str) -> None:
    assert sentence(stack) == said

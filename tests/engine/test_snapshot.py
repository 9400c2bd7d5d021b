"""Snapshots and what changed between two."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desktop.engine import wire
from desktop.engine.model import (
    EngineInfo,
    Machine,
    Queue,
    ServiceStatus,
    StackStatus,
    TaskCounts,
)
from desktop.engine.snapshot import Snapshot, apply, difference
from desktop.engine.states import ServiceKind, ServiceState, StackState
from desktop.words import text, textn

services = st.builds(
    ServiceStatus,
    name=st.sampled_from(["redis", "worker1", "web"]),
    kind=st.sampled_from(ServiceKind),
    state=st.sampled_from(ServiceState),
    pid=st.none() | st.integers(1, 99),
    note=st.none() | st.just(textn("finishing {n} task", "finishing {n} tasks", 3)),
    detail=st.just(text("{a}", a="x")),
)
stacks = st.builds(
    StackStatus,
    id=st.sampled_from(["a", "b", "c"]),
    name=st.text(max_size=3),
    project=st.just(""),
    app=st.just("app"),
    broker=st.just(""),
    state=st.sampled_from(StackState),
    services=st.lists(services, unique_by=lambda s: s.name, max_size=3).map(tuple),
    tasks=st.builds(TaskCounts, received=st.integers(0, 3)),
    queues=st.lists(st.builds(Queue, name=st.text(max_size=2)), max_size=2).map(tuple),
)
snapshots = st.builds(
    Snapshot,
    engine=st.builds(
        EngineInfo, pid=st.integers(1, 2), version=st.just("1"), started_at=st.just(0.0)
    ),
    machine=st.builds(Machine, cpu_percent=st.sampled_from([0.0, 1.0])),
    stacks=st.lists(stacks, unique_by=lambda s: s.id, max_size=3).map(tuple),
)


@given(snapshots, snapshots)
def test_a_delta_over_the_wire_turns_the_old_snapshot_into_the_new(
    old: Snapshot, new: Snapshot
) -> None:
    delta = difference(old, new)
    if delta is None:
        assert old == new
        return
    sent = wire.decode_from_engine(wire.frame(wire.Change(delta))[wire.HEAD_BYTES :])
    assert isinstance(sent, wire.Change)
    assert apply(old, sent.delta) == new


@given(snapshots)
def test_nothing_changed_is_no_delta(snapshot: Snapshot) -> None:
    assert difference(snapshot, snapshot) is None


def test_a_delta_of_one_service_carries_only_that_service() -> None:
    calm = ServiceStatus("redis", ServiceKind.REDIS)
    before = ServiceStatus("web", ServiceKind.WEB)
    after = ServiceStatus("web", ServiceKind.WEB, state=ServiceState.RUNNING)

    def snapshot(web: ServiceStatus) -> Snapshot:
        stack = StackStatus("a", "a", "", "app", "", services=(calm, web))
        return Snapshot(EngineInfo(1, "1", 0.0), stacks=(stack,))

    delta = difference(snapshot(before), snapshot(after))
    assert delta is not None
    assert delta.changed[0].services == (after,)

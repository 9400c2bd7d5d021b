"""Everything that a face may show, as one immutable value, and what changed between two.

A face gets a :class:`Snapshot` first and then :class:`Delta` values without a gap. Deltas are
made per face, from what that face was sent last, so a slow face simply gets fewer and larger ones.
"""

from __future__ import annotations

import msgspec

from desktop.engine.cleanup_model import CleanupProgress, LostTask, Stranded
from desktop.engine.model import (
    ActiveTask,
    EngineInfo,
    Finding,
    Machine,
    Problem,
    Queue,
    ServiceStatus,
    StackStatus,
    TaskCounts,
    TelemetryStatus,
    WorkerRow,
)
from desktop.engine.states import StackState


class Snapshot(msgspec.Struct, frozen=True):
    engine: EngineInfo
    machine: Machine = Machine()
    stacks: tuple[StackStatus, ...] = ()

    def stack(self, stack_id: str) -> StackStatus | None:
        return next((stack for stack in self.stacks if stack.id == stack_id), None)


class StackDelta(msgspec.Struct, frozen=True, omit_defaults=True):
    """What changed in one stack; a field left out did not change."""

    id: str
    name: str | msgspec.UnsetType = msgspec.UNSET
    app: str | msgspec.UnsetType = msgspec.UNSET
    broker: str | msgspec.UnsetType = msgspec.UNSET
    state: StackState | msgspec.UnsetType = msgspec.UNSET
    problem: Problem | msgspec.UnsetType | None = msgspec.UNSET
    workers: tuple[WorkerRow, ...] | msgspec.UnsetType = msgspec.UNSET
    tasks: TaskCounts | msgspec.UnsetType = msgspec.UNSET
    history_mark: int | msgspec.UnsetType = msgspec.UNSET
    active: tuple[ActiveTask, ...] | msgspec.UnsetType = msgspec.UNSET
    queues: tuple[Queue, ...] | msgspec.UnsetType = msgspec.UNSET
    findings: tuple[Finding, ...] | msgspec.UnsetType = msgspec.UNSET
    telemetry: TelemetryStatus | msgspec.UnsetType = msgspec.UNSET
    cleanup: CleanupProgress | msgspec.UnsetType | None = msgspec.UNSET
    lost: tuple[LostTask, ...] | msgspec.UnsetType = msgspec.UNSET
    stranded: Stranded | msgspec.UnsetType | None = msgspec.UNSET
    order: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    """Names of the services, in order, when one came or went."""
    services: tuple[ServiceStatus, ...] = ()
    """Only those that changed."""


class Delta(msgspec.Struct, frozen=True, omit_defaults=True):
    engine: EngineInfo | msgspec.UnsetType = msgspec.UNSET
    machine: Machine | msgspec.UnsetType = msgspec.UNSET
    order: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    """Ids of the stacks, in order, when one came or went."""
    new: tuple[StackStatus, ...] = ()
    changed: tuple[StackDelta, ...] = ()


_PLAIN = (
    "name",
    "app",
    "broker",
    "state",
    "problem",
    "workers",
    "tasks",
    "history_mark",
    "active",
    "queues",
    "findings",
    "telemetry",
    "cleanup",
    "lost",
    "stranded",
)


def difference(old: Snapshot, new: Snapshot) -> Delta | None:
    """What turns ``old`` into ``new``; None when nothing changed."""
    before = {stack.id: stack for stack in old.stacks}
    ids = tuple(stack.id for stack in new.stacks)
    changed = tuple(
        change
        for stack in new.stacks
        if stack.id in before and (change := _stack_difference(before[stack.id], stack))
    )
    delta = Delta(
        engine=new.engine if new.engine != old.engine else msgspec.UNSET,
        machine=new.machine if new.machine != old.machine else msgspec.UNSET,
        order=ids if ids != tuple(before) else msgspec.UNSET,
        new=tuple(stack for stack in new.stacks if stack.id not in before),
        changed=changed,
    )
    return None if delta == Delta() else delta


def apply(old: Snapshot, delta: Delta) -> Snapshot:
    """The snapshot after ``delta``; ``apply(a, difference(a, b)) == b``."""
    stacks = {stack.id: stack for stack in (*old.stacks, *delta.new)}
    for change in delta.changed:
        stacks[change.id] = _stack_apply(stacks[change.id], change)
    order = tuple(stacks) if delta.order is msgspec.UNSET else delta.order
    return Snapshot(
        engine=old.engine if delta.engine is msgspec.UNSET else delta.engine,
        machine=old.machine if delta.machine is msgspec.UNSET else delta.machine,
        stacks=tuple(stacks[stack_id] for stack_id in order),
    )


def _stack_difference(old: StackStatus, new: StackStatus) -> StackDelta | None:
    if old == new:
        return None
    plain = {
        name: getattr(new, name) for name in _PLAIN if getattr(new, name) != getattr(old, name)
    }
    before = {service.name: service for service in old.services}
    names = tuple(service.name for service in new.services)
    return StackDelta(
        new.id,
        order=names if names != tuple(before) else msgspec.UNSET,
        services=tuple(s for s in new.services if before.get(s.name) != s),
        **plain,
    )


def _stack_apply(old: StackStatus, delta: StackDelta) -> StackStatus:
    plain = {name: value for name in _PLAIN if (value := getattr(delta, name)) is not msgspec.UNSET}
    services = {service.name: service for service in (*old.services, *delta.services)}
    order = tuple(services) if delta.order is msgspec.UNSET else delta.order
    return msgspec.structs.replace(old, services=tuple(services[name] for name in order), **plain)

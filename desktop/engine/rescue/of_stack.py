"""What a stack's rescuer is told of the stack: its broker, and its own workers without a census."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from desktop.engine.app_info import AppInfo
from desktop.engine.control import Control
from desktop.engine.model import Identity, RedisPing, ServiceSpec, WorkerRow
from desktop.engine.records import Record
from desktop.engine.rescue.rescuer import RescueStack
from desktop.engine.states import UP, Owner, Role, ServiceKind
from desktop.engine.supervisor import Supervisor
from desktop.engine.telemetry.holders import Holders


def place(
    supervisors: Mapping[str, Supervisor],
    info: AppInfo | None,
    control: Callable[[], Control],
    holders: Holders,
    ours: tuple[Identity, ...],
) -> RescueStack:
    """The stack's broker while it is up."""
    redis = supervisors.get("redis")
    if redis is None or redis.service.state not in UP:
        return RescueStack()
    probe = redis.service.spec.probe
    if not isinstance(probe, RedisPing):
        return RescueStack()
    return RescueStack(probe.url, probe.master_name, info or AppInfo(), control(), holders, ours)


def own_workers(supervisors: Mapping[str, Supervisor]) -> Iterator[WorkerRow]:
    """Those that run."""
    for one in supervisors.values():
        if one.identity:
            yield from _row(one.service.spec, *one.identity)


def ended_workers(records: Iterable[Record]) -> Iterator[WorkerRow]:
    """Those that did not run any more when their records were read."""
    for one in records:
        if one.pid is not None and one.create_time is not None:
            yield from _row(one.spec, one.pid, one.create_time)


def _row(spec: ServiceSpec, pid: int, create_time: float) -> Iterator[WorkerRow]:
    if spec.kind is ServiceKind.WORKER:
        yield WorkerRow(pid, create_time, Role.WORKER, Owner.OURS, spec.node)

"""What a stack's rescuer is told of the stack: its broker, and its own workers without a census."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from desktop.engine import process
from desktop.engine.app_info import AppInfo
from desktop.engine.control import Control
from desktop.engine.model import Identity, RedisPing, ServiceSpec, WorkerRow
from desktop.engine.records import Record
from desktop.engine.rescue.rescuer import RescueStack
from desktop.engine.states import UP, Owner, Role, ServiceKind
from desktop.engine.supervisor import Supervisor
from desktop.engine.task_watch import TaskWatch
from desktop.paths import StackHome


def place(
    supervisors: Mapping[str, Supervisor],
    info: AppInfo | None,
    control: Callable[[], Control],
    tasks: TaskWatch,
    ours: tuple[Identity, ...],
) -> RescueStack:
    """The stack's broker while it is up."""
    redis = supervisors.get("redis")
    if redis is None or redis.service.state not in UP:
        return RescueStack()
    probe = redis.service.spec.probe
    if not isinstance(probe, RedisPing):
        return RescueStack()
    return RescueStack(
        probe.url,
        probe.master_name,
        info or AppInfo(),
        control(),
        tasks.holders,
        ours,
        tasks.history.had_by,
    )


def known_workers(
    found: Iterable[WorkerRow], supervisors: Mapping[str, Supervisor], home: StackHome
) -> Iterator[WorkerRow]:
    """Those that run: what a census found, and the stack's own without one."""
    yield from found
    for one in supervisors.values():
        if one.identity:
            yield from _row(one.service.spec, *one.identity, home)


def ended_workers(records: Iterable[Record], home: StackHome) -> Iterator[WorkerRow]:
    """Those of them that do not run any more; a worker that changed hands is in two records."""
    for one in records:
        if (
            one.pid is not None
            and one.create_time is not None
            and not process.is_same(one.pid, one.create_time)
        ):
            yield from _row(one.spec, one.pid, one.create_time, home)


def _row(spec: ServiceSpec, pid: int, create_time: float, home: StackHome) -> Iterator[WorkerRow]:
    if spec.kind is ServiceKind.WORKER:
        log = str(home.log(spec.known_as))
        yield WorkerRow(pid, create_time, Role.WORKER, Owner.OURS, spec.node, log_path=log)

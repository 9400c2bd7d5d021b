"""What the workers of the sample snapshot tell of themselves, and the plan of a cleanup of them."""

from __future__ import annotations

import time

import msgspec

from desktop.engine.cleanup_model import CleanupItem, CleanupProgress, HeldTask, LostTask, Stranded
from desktop.engine.commands import CleanupPlan, PlanRow
from desktop.engine.model import StackStatus, WorkerRow
from desktop.engine.node_commands import NodeDetail, NodeProcess, ShowNode
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import CleanupStep, Owner, PlanAction
from desktop.engine.task_model import RegisteredTask, WaitingTask
from desktop.words import text, textn

HOSTILE = "<img src=x onerror=alert(1)>"
SECRET = "redis://:***@127.0.0.1:6379/0"


def this_app(snapshot: Snapshot) -> Snapshot:
    """The sample, all of whose workers belong to the app; one has the name of another."""
    stack = snapshot.stacks[0]
    workers = tuple(
        msgspec.structs.replace(one, this_app=True, command=f"celery -A shop worker -n {one.node}")
        for one in stack.workers
    )
    return with_stack(snapshot, workers=workers)


def with_stack(snapshot: Snapshot, **fields: object) -> Snapshot:
    stack = msgspec.structs.replace(snapshot.stacks[0], **fields)
    return msgspec.structs.replace(snapshot, stacks=(stack,))


def detail(command: ShowNode, stack: StackStatus) -> NodeDetail:
    """What a worker of the sample answers."""
    now = time.time()
    row = next(one for one in stack.workers if one.pid == command.pid)
    ours = row.owner is Owner.OURS
    children = (
        NodeProcess(4104, False, 92.0, 88 << 20, now - 8000, "t1", "shop.search.rebuild_index",
                    now - 38.2, 4.1),
        NodeProcess(4105, False, 1.2, 71 << 20, now - 8000, "t2", HOSTILE, now - 2.4, 3.0),
        NodeProcess(4106, False, 0.0, 70 << 20, now - 8000),
    )  # fmt: skip
    return NodeDetail(
        row.node,
        row.pid,
        processes=(NodeProcess(row.pid, True, 0.4, 55 << 20, now - 8041), *children[: 3 * ours]),
        pool=row.pool,
        concurrency=3,
        prefetch=12,
        queues=row.queues,
        registered=(
            RegisteredTask("shop.search.rebuild_index", "(index, *, full=False)", "Builds it."),
            RegisteredTask("reports.daily.render_pdf", "(year, month)", rate_limit="10/m"),
        ),
        configuration=(("broker_url", SECRET), ("task_acks_late", "True")),
        clock=90_210,
        uptime_s=8041.0,
        totals=(("reports.daily.render_pdf", 204), ("shop.search.rebuild_index", 18_000)),
        reserved=(
            WaitingTask("w1", "shop.search.rebuild_index", row.node, 0.0, args="('users',)"),
        ),
        scheduled=(WaitingTask("w2", HOSTILE, row.node, at=now + 300),),
        owner=row.owner,
        service="worker1" if ours else "",
        command=row.command,
        pool_restarts=True,
    )


def held(name: str, acknowledged: bool | None, *, pid: int = 0) -> HeldTask:
    return HeldTask(
        f"id of {name}", name, "('a',)", "{}", "celery", time.time() - 42, acknowledged, pid=pid
    )


def plan(workers: tuple[WorkerRow, ...], *more: WorkerRow) -> CleanupPlan:
    """Of ours nothing; the orphan is selected, what somebody else runs is not."""
    ours, orphan, external = workers

    def row(worker: WorkerRow, selected: bool, tasks: tuple[HeldTask, ...] | None) -> PlanRow:
        count = len(tasks or ())
        finish = textn("{n} running task finishes first.", "{n} running tasks finish first.", count)
        return PlanRow(
            worker, PlanAction.STOP, selected,
            text("Orphaned: {reason}", reason="its terminal is gone"), tasks,
            finish if tasks else text("It could not be asked what it runs."),
            text("{n} task would be lost.", n=count),
        )  # fmt: skip

    left = PlanRow(
        ours, PlanAction.LEAVE, False, text("Celery Tray looks after it, and it is wanted."), ()
    )
    tasks = (held(HOSTILE, True), held("shop.mail.send", False))
    return CleanupPlan(
        (
            row(orphan, True, tasks),
            *(row(one, True, ()) for one in more),
            row(external, False, None),
            left,
        )
    )


def progress(
    row: WorkerRow, step: CleanupStep, *tasks: HeldTask, **more: object
) -> CleanupProgress:
    now = time.time()
    item = CleanupItem(row.pid, row.create_time, row.node, step, tasks=tasks)
    return CleanupProgress(now - 12, 900.0, (item,), **more)  # type: ignore[arg-type]


LOST = (
    LostTask(
        "l1", "shop.mail.send", "('a@b',)", "{}", "celery", "celery@mbp", 1.0, '[["a@b"], {}]'
    ),
    LostTask("l2", HOSTILE, queue="celery", node="celery@mbp", lost_at=1.0),
)
STRANDED = Stranded(2, text("Their queue is not known."))

"""Who counts as left over, for the badge and the tray."""

from __future__ import annotations

import msgspec
import pytest

from desktop.engine.cleanup.plan import make_plan
from desktop.engine.leftovers import leftovers, stale_code
from desktop.engine.model import Keeper, ServiceStatus, StackStatus, Verdict, WorkerRow
from desktop.engine.states import (
    Confidence,
    Owner,
    Role,
    ServiceKind,
    ServiceState,
    WorkerFinding,
)
from desktop.words import text

F, C = WorkerFinding, Confidence


def row(owner: Owner, *verdicts: tuple[F, C], **more: object) -> WorkerRow:
    made = WorkerRow(
        7,
        100.0,
        Role.WORKER,
        owner,
        this_app=True,
        verdicts=tuple(Verdict(finding, sure, text("Seen.")) for finding, sure in verdicts),
    )
    return msgspec.structs.replace(made, **more)


def stack(*rows: WorkerRow) -> StackStatus:
    return StackStatus("shop-1", "shop", "/shop", "shop:app", "redis://…", workers=rows)


@pytest.mark.parametrize(
    ("one", "counts"),
    [
        (row(Owner.ORPHAN), True),
        (row(Owner.ORPHAN, this_app=False), False),
        (row(Owner.ORPHAN, username="root"), False),
        (row(Owner.OURS), False),
        (row(Owner.OURS, (F.SURPLUS, C.CERTAIN)), True),
        (row(Owner.OURS, (F.SURPLUS, C.LIKELY)), False),
        (row(Owner.OURS, (F.STALE_CODE, C.CERTAIN)), False),
        (row(Owner.EXTERNAL, (F.DUPLICATE, C.CERTAIN)), False),
        (row(Owner.REMOTE, (F.DUPLICATE, C.CERTAIN)), False),
    ],
)
def test_only_what_is_certain_and_nobody_s_counts(one: WorkerRow, counts: bool) -> None:
    assert bool(leftovers(stack(one))) is counts


@pytest.mark.parametrize(
    ("one", "counts"),
    [
        (row(Owner.ORPHAN, keeper=Keeper("systemd", "shop.service")), False),
        (row(Owner.ORPHAN, keeper=Keeper("shell-loop", "run.sh", 9, 1.0)), True),
        (row(Owner.ORPHAN, role=Role.MULTI), False),
        (row(Owner.EXTERNAL, (F.SURPLUS, C.CERTAIN)), True),
        (row(Owner.EXTERNAL, (F.SURPLUS, C.CERTAIN), started_by="celery-tray"), False),
        (row(Owner.OURS, (F.DUPLICATE, C.CERTAIN)), False),
    ],
)
def test_the_badge_counts_what_the_plan_selects(one: WorkerRow, counts: bool) -> None:
    wanted = ServiceStatus(
        "w", ServiceKind.WORKER, ServiceState.RUNNING, wanted=True, pid=7, create_time=100.0
    )
    seen = msgspec.structs.replace(stack(one, row(one.owner, pid=8)), services=(wanted,))
    whole = msgspec.structs.replace(seen.workers[0], children=(8,))
    seen = msgspec.structs.replace(seen, workers=(whole, seen.workers[1]))
    plan = make_plan(seen.workers, {}, [(7, 100.0)], 200.0)
    assert [one.pid for one in leftovers(seen)] == [r.worker.pid for r in plan if r.selected]
    assert bool(leftovers(seen)) is counts


def test_without_an_engine_nothing_is_left_over() -> None:
    assert leftovers(None) == ()


def test_stale_code_is_that_of_the_very_process() -> None:
    worker = ServiceStatus(
        "worker1", ServiceKind.WORKER, ServiceState.RUNNING, pid=7, create_time=101.0
    )
    old = row(Owner.OURS, (F.STALE_CODE, C.CERTAIN))
    found = stale_code(stack(old), worker)
    assert found is not None and str(found.evidence) == "Seen."
    later = msgspec.structs.replace(worker, create_time=150.0)
    assert stale_code(stack(old), later) is None, "the pid is another process's now"
    unknown = row(Owner.OURS, (F.STALE_CODE, C.UNKNOWN))
    assert stale_code(stack(unknown), worker) is None

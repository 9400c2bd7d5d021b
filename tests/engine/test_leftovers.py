"""Who counts as left over, for the badge and the tray."""

from __future__ import annotations

import msgspec
import pytest

from desktop.engine.leftovers import leftovers, stale_code
from desktop.engine.model import ServiceStatus, StackStatus, Verdict, WorkerRow
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

"""The cleanup: its plan, the cleaning of the processes that a person picked, and its log.

Nothing is stopped that the request does not name by pid *and* create time: what the plan selects by
itself is only preselected. The engine looks again before each signal, as for every face.
"""

from __future__ import annotations

import time
from typing import Annotated

import msgspec

from desktop.engine.cleanup.plan import chosen
from desktop.engine.cleanup_documents import (
    cleanup_document,
    cleanup_log_document,
    plan_document,
    stranded_document,
)
from desktop.engine.commands import (
    Cleanup,
    CleanupLog,
    CleanupLogReport,
    CleanupPlan,
    CleanupReport,
    Done,
    ForceCleanup,
    Pick,
    PlanCleanup,
    RunAgain,
    RunAgainReport,
)
from desktop.engine.documents import run_again_document, workers_document
from desktop.engine.states import PlanAction
from web.monitor.api.workers import PID_MAX
from web.monitor.operation import Asked, Document, Operation

PICKS_MAX = 1_000
PATIENCE_MAX_S = 86_400.0
LOG_ENTRIES, LOG_ENTRIES_MAX = 200, 1_000
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Picked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A process of the plan. Another one that has its pid by now is not meant."""

    pid: Annotated[int, msgspec.Meta(ge=1, le=PID_MAX)]
    create_time: float


Picks = Annotated[tuple[Picked, ...], msgspec.Meta(max_length=PICKS_MAX)]


class WhatToStop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    picks: Picks
    """[]: none, only put back what dead workers held."""
    patience_s: Annotated[float, msgspec.Meta(ge=0, le=PATIENCE_MAX_S)] | None = None
    """How long their tasks may take; null: the app's hard time limit."""
    force: bool = False
    """The person's consent to end what still runs after that; its tasks are rescued."""


class WhatToForce(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    picks: Annotated[tuple[Picked, ...], msgspec.Meta(min_length=1, max_length=PICKS_MAX)]


class WhatToRunAgain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=PICKS_MAX)]
    """Of lost tasks."""


class LogQuery(msgspec.Struct, frozen=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=LOG_ENTRIES_MAX)] = LOG_ENTRIES


def _picks(picked: tuple[Picked, ...]) -> tuple[Pick, ...]:
    return tuple(Pick(one.pid, one.create_time) for one in picked)


def _plan(asked: Asked) -> PlanCleanup:
    return PlanCleanup(asked.project)


def _planned(plan: CleanupPlan) -> Document:
    """As ``cleanup --dry-run --json``, each row with all that is known of its process."""
    rows = plan_document(plan.rows, chosen(plan.rows, None, all_of_app=False))["plan"]
    workers = workers_document((row.worker for row in plan.rows), time.time())["workers"]
    return {
        "plan": [
            {**row, "selected": one.selected, "worker": worker}
            for row, one, worker in zip(rows, plan.rows, workers, strict=True)
        ],
        "stranded": stranded_document(plan.stranded),
    }


def _clean(asked: Asked) -> Cleanup:
    body: WhatToStop = asked.body
    picks = _picks(body.picks)
    return Cleanup(asked.project, picks, patience_s=body.patience_s, force=body.force)


def _cleaned(report: CleanupReport) -> Document:
    concerned = {*report.stopped, *(one.pid for one in report.left)}
    rows = [
        row for row in report.plan if row.action is PlanAction.STOP and row.worker.pid in concerned
    ]
    return cleanup_document(report.plan, rows, report)


def _force(asked: Asked) -> ForceCleanup:
    return ForceCleanup(asked.project, _picks(asked.body.picks))


def _forced(_done: Done) -> Document:
    return {}


def _run_again(asked: Asked) -> RunAgain:
    return RunAgain(asked.project, asked.body.ids)


def _ran_again(report: RunAgainReport) -> tuple[int, Document]:
    """409: none could be sent."""
    return (409 if report.failed and not report.sent else 200), run_again_document(report)


def _log(asked: Asked) -> CleanupLog:
    return CleanupLog(asked.project, asked.query.limit)


def _logged(report: CleanupLogReport) -> Document:
    return cleanup_log_document(report.entries)


OPERATIONS = (
    Operation(
        "GET",
        "/api/cleanup",
        "What a cleanup would do, and why; it stops nothing. As cleanup --dry-run --json.",
        _plan,
        _planned,
        fresh_s=2.0,
    ),
    Operation(
        "POST",
        "/api/cleanup",
        "Stop these processes warmly, and answer when all have ended or the patience is over.",
        _clean,
        _cleaned,
        body=WhatToStop,
    ),
    Operation(
        "POST",
        "/api/cleanup/force",
        "End these now, while a cleanup waits for them.",
        _force,
        _forced,
        body=WhatToForce,
    ),
    Operation(
        "POST",
        "/api/cleanup/run-again",
        "Send lost tasks again.",
        _run_again,
        _ran_again,
        body=WhatToRunAgain,
    ),
    Operation(
        "GET",
        "/api/cleanup/log",
        "What cleanups did, the newest first, as cleanup --log --json.",
        _log,
        _logged,
        query=LogQuery,
    ),
)

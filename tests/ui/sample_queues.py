"""Believable queues, messages, a schedule, and the reason why a task waits."""

from __future__ import annotations

import math

from desktop.engine.queue_commands import QueuePeek, QueuesReport, Schedule, WhyReport
from desktop.engine.task_model import (
    QueueDetail,
    QueuedMessage,
    Reason,
    ScheduleEntry,
    WaitingTask,
)
from desktop.words import text
from tests.ui.sample import NOW


def depths(most: int, wave: float) -> tuple[tuple[float, int], ...]:
    """An hour of a queue that swells and ebbs."""
    return tuple(
        (NOW - 3600 + step * 30, round(most * (0.6 + 0.4 * math.sin(step / wave))))
        for step in range(121)
    )


CELERY = QueueDetail(
    "celery",
    1_284,
    ((0, 1_279), (6, 5)),
    ("worker1@mbp", "worker2@mbp"),
    8,
    1_540.0,
    NOW - 96,
    False,
    -312.0,
    247.0,
    True,
    depths(1_400, 9.0),
)
EMAIL = QueueDetail(
    "email", 4, (), ("worker1@mbp",), 1, 3_581.0, NOW - 3, True, 0.0, None, True, depths(8, 5.0)
)
REPORTS = QueueDetail("reports", 0, (), ("worker1@mbp",), depths=depths(0, 4.0))
SLIP = QueueDetail(
    "celry", 3, (), (), 0, None, NOW - 7_260, False, 0.0, None, True, depths(3, 1e9), "celery"
)
THEIRS = QueueDetail("blog.default", 17, (), ("blog@mbp",), mine=False)
QUEUES = QueuesReport((CELERY, EMAIL, REPORTS, SLIP, THEIRS))


def message(position: int, name: str, args: str, **more: object) -> QueuedMessage:
    return QueuedMessage(
        position,
        f"8f3c1e07-52b1-4d0e-9d6f-{position:012}",
        name,
        args,
        "{}",
        size_bytes=928 + position,
        **more,  # type: ignore[arg-type]
    )


PEEK = QueuePeek(
    (
        message(0, "shop.tasks.send_receipt", "(18204, 'ada@example.org')"),
        message(1, "shop.tasks.resize_image", "('p/3311.jpg',)", retries=2, eta=NOW + 40),
        message(2, "reports.daily.render_pdf", "('2026-11-24',)", redelivered=True),
        QueuedMessage(3, size_bytes=17, body="not a message"),
    ),
    1_284,
)
SCHEDULE = Schedule(
    (
        ScheduleEntry(
            "sync-inventory",
            "shop.tasks.sync_inventory",
            "",
            queue="celery",
            last_run_at=NOW - 22,
            next_run_at=NOW + 8,
            total_runs=18_204,
            every_s=30.0,
        ),
        ScheduleEntry(
            "daily-report",
            "reports.daily.render_pdf",
            "30 4 * * *",
            kwargs="{'full': True}",
            queue="reports",
            last_run_at=NOW - 40_000,
            next_run_at=NOW + 46_400,
            total_runs=211,
        ),
    ),
    (
        WaitingTask(
            "77aa", "shop.tasks.sync_inventory", "worker1@mbp", NOW + 5, "(3,)", retry=True
        ),
        WaitingTask("8f3c", "shop.mail.send_reminder", "", NOW + 7_200, "('ada',)"),
    ),
    True,
    None,
    NOW - 100,
    1,
)
LATE = Schedule(
    (
        ScheduleEntry(
            "sync-inventory",
            "shop.tasks.sync_inventory",
            "",
            queue="celery",
            last_run_at=NOW - 3_700,
            next_run_at=NOW - 3_670,
            total_runs=18_204,
            every_s=30.0,
            late_s=3_670.0,
        ),
        *SCHEDULE.entries[1:],
    ),
    told_at=NOW - 3_650,
)
WHY = WhyReport(
    None,
    text(
        "It waits in “{queue}”, which no worker consumes. Did you mean “{near}”?",
        queue="celry",
        near="celery",
    ),
    (
        Reason("finished", False, text("There is no result, and no word of its end.")),
        Reason("running", False, text("No worker that answered runs it.")),
        Reason(
            "no-consumer",
            True,
            text(
                "It waits in “{queue}”, which no worker consumes. Did you mean “{near}”?",
                queue="celry",
                near="celery",
            ),
            text("Position {position} of {n}.", position=2, n=3),
            text(
                "Move what waits there: celery-tray queues move {queue} {near}",
                queue="celry",
                near="celery",
            ),
        ),
        Reason("unregistered", None, text("No worker of its queue told which tasks it knows.")),
    ),
)

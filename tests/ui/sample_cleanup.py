"""A believable plan of a cleanup, its progress and its end."""

from __future__ import annotations

import msgspec

from desktop.engine.cleanup_model import (
    CleanupItem,
    CleanupProgress,
    HeldTask,
    LostTask,
    RescuedTask,
    Stranded,
)
from desktop.engine.commands import (
    CleanupEntry,
    CleanupLogReport,
    CleanupPlan,
    PlanRow,
)
from desktop.engine.model import Keeper, StackStatus, Verdict, WorkerRow
from desktop.engine.states import (
    CleanupStep,
    Confidence,
    Owner,
    PlanAction,
    Role,
    WorkerFinding,
)
from desktop.words import text, textn
from tests.ui.sample import NOW, SHOP

DAY = 86_400.0
F, C, STEP = WorkerFinding, Confidence, CleanupStep


def worker(pid: int, owner: Owner, node: str, age_s: float, **more: object) -> WorkerRow:
    base = WorkerRow(
        pid,
        NOW - age_s,
        Role.WORKER,
        owner,
        node,
        app="shop.celery:app",
        queues=("celery", "email", "reports"),
        pool="prefork",
        concurrency=4,
        children=(pid + 1, pid + 2, pid + 3, pid + 4),
        cwd="/home/ada/acme-shop",
        python="/home/ada/acme-shop/.venv/bin/python",
        broker="redis://127.0.0.1:6379/0",
        why=(text("The program that started it ended while it ran, and it has no terminal."),),
        rss_bytes=186 << 20,
        active=0,
        reserved=0,
        command="/home/ada/acme-shop/.venv/bin/python -m celery -A shop.celery:app worker "
        "--loglevel INFO --concurrency 4",
        this_app=True,
    )
    return msgspec.structs.replace(base, **more)


def verdict(finding: F, words: str, sure: C = C.CERTAIN) -> Verdict:
    return Verdict(finding, sure, text(words))


REPORT = HeldTask(
    "8f3c1e07-52b1-41de",
    "reports.daily.render_pdf",
    "('2026-11', 'emea')",
    "{'pages': 240}",
    "reports",
    NOW - 130,
    acknowledged=True,
    payload='[["2026-11", "emea"], {"pages": 240}]',
)
INDEX = HeldTask(
    "77aa01c4-9a02-4c31",
    "shop.search.rebuild_index",
    "()",
    "{}",
    "celery",
    NOW - 38,
    acknowledged=False,
)
BUSY = PlanRow(
    worker(40112, Owner.ORPHAN, "celery@mbp", 3 * DAY + 4 * 3600, active=1, reserved=4),
    PlanAction.STOP,
    True,
    text("The terminal that started it is gone, and nobody waits for it."),
    (REPORT,),
    text("1 running task finishes first, 4 go back to the queue."),
    text("reports.daily.render_pdf would be lost."),
)
IDLE = PlanRow(
    worker(
        40236,
        Owner.ORPHAN,
        "celery@mbp",
        3 * DAY + 3 * 3600,
        rss_bytes=181 << 20,
        verdicts=(verdict(F.DUPLICATE, "celery@mbp runs twice: pid 40112 and 40236."),),
    ),
    PlanAction.STOP,
    True,
    text("Its parent, make dev (40201), has exited."),
    (),
    text("Idle. Nothing to do."),
    text("Idle. Nothing to do."),
)
SURPLUS = PlanRow(
    worker(
        44790,
        Owner.OURS,
        "worker2@mbp",
        22 * 3600.0,
        rss_bytes=91 << 20,
        children=(),
        why=(text("Celery Tray started it."),),
        verdicts=(
            verdict(F.SURPLUS, "The configuration wants 1 worker; this is the second."),
            verdict(F.STALE_CODE, "Started 09:02, tasks/mail.py changed 11:40."),
            verdict(F.OLD_CONFIGURATION, "It listens to 2 queues; the configuration says 3."),
        ),
    ),
    PlanAction.STOP,
    True,
    text("The configuration wants 1 worker, and this is the second."),
    (INDEX,),
    text("1 running task finishes first."),
    text("shop.search.rebuild_index runs again."),
)
SILENT = PlanRow(
    worker(
        38007,
        Owner.EXTERNAL,
        "",
        5 * DAY + 20 * 3600,
        rss_bytes=54 << 20,
        children=(),
        active=None,
        reserved=None,
        why=(text("It runs in the terminal /dev/pts/3."),),
        verdicts=(
            verdict(F.UNRESPONSIVE, "It did not answer for 41 min.", C.LIKELY),
            verdict(F.STALE_CODE, "Its folder may not be read.", C.UNKNOWN),
        ),
        keeper=Keeper("watchfiles", "watchfiles celery", 38001, NOW - 5 * DAY),
    ),
    PlanAction.STOP,
    False,
    text("Somebody else runs it in the terminal /dev/pts/3; it did not answer for 41 min."),
    None,
    text("What it runs is not known. Look at its log first."),
    text("What it runs may be lost."),
)
OURS = PlanRow(
    worker(51870, Owner.OURS, "worker1@mbp", 2 * 3600.0, why=(text("Celery Tray started it."),)),
    PlanAction.LEAVE,
    False,
    text("Celery Tray started it"),
    (),
)
DOCKER = PlanRow(
    worker(7, Owner.REMOTE, "api-worker@docker", 3600.0, why=(text("It runs elsewhere."),)),
    PlanAction.LEAVE,
    False,
    text("Runs elsewhere, so it is never stopped"),
    (),
)
OTHERS = tuple(
    PlanRow(
        worker(60000 + n, Owner.EXTERNAL, f"billing{n}@mbp", 900.0 * n, this_app=False),
        PlanAction.LEAVE,
        False,
        text("Belongs to another project"),
        (),
    )
    for n in range(1, 4)
)
PLAN = CleanupPlan((BUSY, IDLE, SURPLUS, SILENT, OURS, DOCKER, *OTHERS))
NOTHING = CleanupPlan((OURS,))

LEFT_OVER: StackStatus = msgspec.structs.replace(
    SHOP, workers=tuple(row.worker for row in PLAN.rows)
)
"""The stack whose plan it is: three of its workers are left over."""


def _item(row: PlanRow, step: CleanupStep, **more: object) -> CleanupItem:
    item = CleanupItem(row.worker.pid, row.worker.create_time, row.worker.node or "celery", step)
    return msgspec.structs.replace(item, **more)


GOING_ON = CleanupProgress(
    NOW - 14,
    1800.0,
    (
        _item(BUSY, STEP.FINISHING, tasks=(REPORT,)),
        _item(IDLE, STEP.STOPPED, note=text("Ended after 1.7 s.")),
        _item(SURPLUS, STEP.ASKED, tasks=(INDEX,)),
    ),
)
LOST = (
    LostTask(
        "a1b2",
        "shop.payments.charge_card",
        "(4711,)",
        "{'amount': '19.90'}",
        "celery",
        "w1@mbp",
        NOW - 60,
        '[[4711], {"amount": "19.90"}]',
    ),
    LostTask("c3d4", "shop.mail.send_newsletter", "(…)", "", "email", "w1@mbp", NOW - 60),
)
ENDED = CleanupProgress(
    NOW - 90,
    30.0,
    (
        _item(BUSY, STEP.LEFT, note=text("it still runs 1 task after 30 s"), tasks=(REPORT,)),
        _item(IDLE, STEP.STOPPED),
        _item(SURPLUS, STEP.STOPPED),
    ),
    NOW - 20,
    tuple(RescuedTask(f"r{n}", "shop.tasks.resize_image", "celery") for n in range(4)),
)
STRANDED = Stranded(
    2, text("A worker that may hold them did not answer; they are looked at again.")
)
LOG = CleanupLogReport(
    (
        CleanupEntry(NOW - 20, "rescued", text("shop.tasks.resize_image back in celery."), 0, "r1"),
        CleanupEntry(NOW - 30, "stopped", text("celery@mbp ended after 1.7 s."), 40236),
        CleanupEntry(NOW - 60, "lost", text("shop.payments.charge_card died with w1@mbp."), 40230),
        CleanupEntry(
            NOW - 90, "asked", textn("{n} task to finish.", "{n} tasks to finish.", 1), 40112
        ),
    )
)


def cleaning(progress: CleanupProgress = GOING_ON, **more: object) -> StackStatus:
    return msgspec.structs.replace(LEFT_OVER, cleanup=progress, **more)


def stale() -> StackStatus:
    """The stack's own worker runs code that has changed since."""
    row = msgspec.structs.replace(
        OURS.worker,
        verdicts=(verdict(F.STALE_CODE, "Started 09:02, tasks/mail.py changed 11:40."),),
    )
    return msgspec.structs.replace(SHOP, workers=(row,))

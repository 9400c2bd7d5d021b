"""A believable stack with busy workers, and what one of them tells of itself."""

from __future__ import annotations

import msgspec

from desktop.engine.model import Verdict, WorkerRow
from desktop.engine.node_commands import NodeDetail, NodeProcess, StackDump
from desktop.engine.states import Confidence, Owner, Role, WorkerFinding
from desktop.engine.task_model import RegisteredTask, WaitingTask
from desktop.words import text
from tests.ui.sample import NOW, SHOP, UP, WORKER

COMMAND = "celery -A shop.celery:app worker -n worker1@mbp -Q celery,email,reports -c 4"
OURS = WorkerRow(
    51870,
    UP,
    Role.WORKER,
    Owner.OURS,
    "worker1@mbp",
    "shop.celery:app",
    ("celery", "email", "reports"),
    "prefork",
    4,
    (51880, 51881, 51883, 51884),
    command=COMMAND,
    active=3,
    total=18_204,
    rss_bytes=412 << 20,
    this_app=True,
)
ORPHAN = msgspec.structs.replace(
    OURS,
    pid=40112,
    create_time=NOW - 273_600,
    owner=Owner.ORPHAN,
    node="celery@mbp",
    queues=("celery",),
    active=1,
    total=3_310,
    rss_bytes=186 << 20,
)
STALE = msgspec.structs.replace(
    ORPHAN,
    pid=38007,
    owner=Owner.EXTERNAL,
    node="w0@mbp",
    pool="solo",
    concurrency=1,
    active=0,
    total=902,
    verdicts=(
        Verdict(WorkerFinding.STALE_CODE, Confidence.CERTAIN, text("shop/tasks.py has changed")),
    ),
)
BUSY = msgspec.structs.replace(SHOP, workers=(OURS, ORPHAN, STALE))
NOBODY = msgspec.structs.replace(
    SHOP, services=tuple(one for one in SHOP.services if one.name != WORKER.name)
)


def process(pid: int, name: str = "", age_s: float = 0.0, usual_s: float | None = None):
    return NodeProcess(
        pid,
        cpu_percent=31.0 if name else 0.0,
        rss_bytes=96 << 20,
        started_at=UP,
        task_id=f"id-{pid}" if name else "",
        task_name=name,
        task_started_at=NOW - age_s if name else None,
        task_usual_s=usual_s,
    )


NODE = NodeDetail(
    "worker1@mbp",
    51870,
    processes=(
        NodeProcess(51870, True, 0.4, 61 << 20, UP),
        process(51880, "shop.search.rebuild_index", 38.2, 4.1),
        process(51881, "reports.daily.render_pdf", 2.4, 3.0),
        process(51883, "shop.tasks.resize_image", 0.3, 0.4),
        process(51884),
    ),
    pool="prefork",
    concurrency=4,
    prefetch=16,
    queues=("celery", "email", "reports"),
    registered=(
        RegisteredTask("shop.mail.send_receipt", "(order_id: int)", "Sends it.", (), "10/m"),
        RegisteredTask("shop.tasks.resize_image", "(path, *, width=640)"),
    ),
    configuration=(
        ("broker_url", "redis://***@127.0.0.1:6379/0"),
        ("task_time_limit", "900"),
        ("worker_prefetch_multiplier", "4"),
    ),
    clock=90_211,
    uptime_s=8_045.0,
    totals=(("shop.mail.send_receipt", 12_001), ("shop.tasks.resize_image", 6_203)),
    reserved=(WaitingTask("r-1", "shop.mail.send_receipt", "worker1@mbp", 0.0, "[17]"),),
    scheduled=(WaitingTask("s-1", "reports.daily.render_pdf", "worker1@mbp", NOW + 900),),
    owner=Owner.OURS,
    service="worker1",
    command=COMMAND,
)
DUMP = StackDump(
    'Thread 51880 (active): "MainThread"\n    rebuild_index (shop/search.py:88)\n', "py-spy"
)

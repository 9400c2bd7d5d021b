"""What came of a start, in words, JSON and an exit code."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from desktop.cli.context import Context
from desktop.cli.failure import show_problem
from desktop.cli.ink import harmless, paint
from desktop.cli.progress import Progress
from desktop.cli.render import print_json
from desktop.cli.report import workers_lines
from desktop.engine.commands import StartReport, StillFinishing
from desktop.engine.documents import problem_document, workers_document
from desktop.engine.model import StackStatus, WorkerRow
from desktop.engine.states import UP
from desktop.quantities import duration
from desktop.words import tr, trn

DONE, FAILED, NOT_RUNNING, PARTLY, WOULD_HARM = 0, 1, 3, 4, 5


def tell(context: Context, report: StartReport, progress: Progress) -> int:
    """Say what came of it; returns the exit code."""
    if context.as_json:
        print_json(document(report))
    if report.existing:
        return _refused(context, report)
    for failed in report.failed:
        show_problem(context, failed.problem)
    if report.replaced:
        context.say(
            trn(
                "Replaced {n} worker that ran already; its tasks were finished.",
                "Replaced {n} workers that ran already; their tasks were finished.",
                len(report.replaced),
            )
        )
    if not context.as_json:
        for one in report.finishing:
            context.say(finishing(one))
    if report.ready and not context.as_json:
        color = context.paints(sys.stdout)
        names = ", ".join(report.ready)
        if _ran_already(progress.before, report.ready):
            done = tr("Already running: {names}", names=names)
        else:
            done = tr("Ready after {time}: {names}", time=duration(progress.elapsed_s), names=names)
        context.say(paint("● ", "ok", color=color) + done)
        for line in addresses(progress.stack, report.ready):
            context.say(line)
    if not report.failed:
        return DONE
    return PARTLY if report.ready or _others_run(progress.stack, report) else FAILED


def finishing(one: StillFinishing) -> str:
    """About a worker that ends by itself when its tasks are done."""
    if not one.service:
        return tr(
            "The worker with pid {pid} takes no more tasks; it finishes those that it has.",
            pid=one.pid,
        )
    return trn(
        "{service} took over; the one before finishes {n} task.",
        "{service} took over; the one before finishes {n} tasks.",
        one.tasks or 0,
        service=one.service,
    )


def _refused(context: Context, report: StartReport) -> int:
    if not context.asks:
        show_existing(context, report.existing)
    context.warn(
        tr("Nothing was started. Add --replace to replace them safely, or --keep to start beside.")
    )
    return WOULD_HARM


def _ran_already(before: StackStatus | None, names: tuple[str, ...]) -> bool:
    if before is None:
        return False
    return {one.name for one in before.services if one.state in UP}.issuperset(names)


def _others_run(stack: StackStatus | None, report: StartReport) -> bool:
    failed = {one.service for one in report.failed}
    return stack is not None and any(
        one.pid is not None and one.name not in failed for one in stack.services
    )


def restarted_nothing(context: Context) -> int:
    if context.as_json:
        print_json(document(StartReport()))
    context.warn(tr("Nothing was running. To start everything: celery-tray start"))
    return NOT_RUNNING


def addresses(stack: StackStatus | None, names: tuple[str, ...]) -> Iterator[str]:
    """Where a person reaches what was started."""
    for one in stack.services if stack else ():
        if one.name in names and one.url.startswith("http"):
            yield f"  {one.name:<8} {harmless(one.url)}"


def show_existing(context: Context, rows: tuple[WorkerRow, ...]) -> None:
    """Workers of the same app that run already, on stderr."""
    context.warn(
        trn(
            "{n} worker of this app is already running:",
            "{n} workers of this app are already running:",
            len(rows),
        )
    )
    for line in workers_lines(rows, time.time()):
        context.warn(f"  {line}")


def document(report: StartReport) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "ready": list(report.ready),
        "failed": [
            {"service": one.service, "error": problem_document(one.problem)}
            for one in report.failed
        ],
        "existing": workers_document(report.existing, time.time())["workers"],
        "replaced": list(report.replaced),
        "finishing": [
            {"pid": one.pid, "service": one.service, "tasks": one.tasks} for one in report.finishing
        ],
    }

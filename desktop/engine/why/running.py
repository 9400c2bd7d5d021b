"""It runs already; or it began on a worker that has fallen silent."""

from __future__ import annotations

from desktop.engine.states import TaskState, WorkerFinding
from desktop.engine.task_model import Reason
from desktop.engine.why.evidence import Evidence
from desktop.engine.why.phrases import span
from desktop.words import Text, text, verbatim

CODE = "running"
HUNG = "worker-hung"


def running(seen: Evidence) -> Reason:
    node = seen.runs_on
    if node is None:
        if not seen.nodes:
            return Reason(CODE, None, text("No worker answered, so whether it runs is not known."))
        return Reason(CODE, False, text("No worker that answered runs it."))
    task = next(one for one in node.tasks or () if one.id == seen.id)
    words = text("It is running on {worker}.", worker=node.node)
    if task.started_at is not None:
        words = text(
            "It has been running on {worker} for {time}.",
            worker=node.node,
            time=span(seen.now - task.started_at),
        )
    where = text("Process {pid}.", pid=str(task.pid or node.pid))
    return Reason(CODE, True, words, _usual(seen, where), _fix(seen, node.node, node.pid))


def _usual(seen: Evidence, where: Text) -> Text:
    if seen.usual_s is None:
        return where
    usual = text("It usually takes {time}.", time=span(seen.usual_s))
    return Text("{first} {second}", {"first": where, "second": usual})


def _fix(seen: Evidence, node: str, pid: int) -> Text:
    task = seen.task
    started = task.started_at if task else None
    long = seen.usual_s is not None and started and seen.now - started > 10 * max(seen.usual_s, 1)
    if not long:
        return Text("")
    return text(
        "See where it hangs: the page Workers, {worker} (process {pid}).", worker=node, pid=str(pid)
    )


def worker_hung(seen: Evidence) -> Reason:
    """Whoever began it does not answer."""
    task = seen.task
    if task is None or seen.ended or task.state is not TaskState.STARTED or seen.runs_on:
        return Reason(HUNG, False, text("No silent worker is known to have begun it."))
    silent = seen.row(task.worker)
    if silent is None or any(node.node == task.worker for node in seen.nodes):
        return Reason(HUNG, False, text("No silent worker is known to have begun it."))
    since = Text("")
    if task.started_at is not None:
        since = text("It began {time} ago.", time=span(seen.now - task.started_at))
    told = next(
        (v.evidence for v in silent.verdicts if v.finding is WorkerFinding.UNRESPONSIVE), since
    )
    return Reason(
        HUNG,
        True,
        text(
            "{worker} has begun it and does not answer (process {pid}).",
            worker=verbatim(task.worker),
            pid=str(silent.pid),
        ),
        told,
        text("See what would be stopped: celery-tray cleanup --dry-run"),
    )

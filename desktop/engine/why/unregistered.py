"""A worker that takes it does not know it: it discards it without a word to the sender."""

from __future__ import annotations

from desktop.engine.model import Verdict
from desktop.engine.states import WorkerFinding
from desktop.engine.task_model import Reason
from desktop.engine.why.evidence import Evidence
from desktop.words import Text, text, verbatim

CODE = "unregistered"
CAUSES = (WorkerFinding.STALE_CODE, WorkerFinding.CROSSTALK)


def unregistered(seen: Evidence) -> Reason:
    if seen.thrown_away:
        worker = seen.task.worker if seen.task and seen.task.worker else ""
        words = text("A worker that does not know it took it and threw it away.")
        if worker:
            words = text("{worker} does not know it, and threw it away.", worker=verbatim(worker))
        return Reason(CODE, True, words, _cause(seen, worker), _fix())
    if seen.ended or seen.runs_on or not seen.name:
        holds = None if not seen.name and not seen.ended else False
        return Reason(CODE, holds, text("Its name is not known, or it got further than that."))
    takers = [node for node in seen.consumers if node.registered is not None]
    without = [node for node in takers if seen.name not in (node.registered or ())]
    if not takers:
        return Reason(CODE, None, text("No worker of its queue told which tasks it knows."))
    if not without:
        words = text("Each worker of its queue that answered knows {task}.", task=seen.name)
        return Reason(CODE, False, words)
    names = verbatim(", ".join(node.node for node in without[:3]))
    return Reason(
        CODE,
        True,
        text(
            "{workers} takes from its queue and does not know {task}: it would throw it away.",
            workers=names,
            task=seen.name,
        ),
        _cause(seen, without[0].node),
        _fix(),
    )


def _fix() -> Text:
    return text(
        "If the code is new, restart: celery-tray restart. If it is another project's worker,"
        " give each a queue of its own."
    )


def _cause(seen: Evidence, node: str) -> Text:
    row = seen.row(node)
    verdict: Verdict | None = next(
        (v for v in (row.verdicts if row else ()) if v.finding in CAUSES), None
    )
    if verdict:
        return verdict.evidence
    return text("It is not among the tasks that this worker says it has.")

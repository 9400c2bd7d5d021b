"""What a person should know about the tasks of dead workers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from desktop.engine.cleanup_model import LostTask, Stranded
from desktop.engine.model import Finding
from desktop.engine.states import Severity
from desktop.words import Text, text, textn, verbatim

NAMED_MAX = 3


def task_findings(lost: Sequence[LostTask], stranded: Stranded | None) -> Iterator[Finding]:
    """``lost`` are the tasks that were not run again yet."""
    if lost:
        named = ", ".join(f"{task.name} {task.id}" for task in lost[:NAMED_MAX])
        yield Finding(
            id="lost-tasks",
            severity=Severity.WARNING,
            title=textn(
                "{n} task died with its worker",
                "{n} tasks died with their workers",
                len(lost),
            ),
            detail=text(
                "Acknowledged when it began, so no queue has it any more: {tasks}",
                tasks=verbatim(named + (" …" if len(lost) > NAMED_MAX else "")),
            ),
            fix=_again(lost),
        )
    if stranded:
        yield Finding(
            id="stranded-messages",
            severity=Severity.WARNING,
            title=textn(
                "{n} message of a dead worker is not back in its queue yet",
                "{n} messages of dead workers are not back in their queues yet",
                stranded.count,
            ),
            detail=stranded.why,
            fix=text("It is tried again by itself; nothing is dropped."),
        )


def _again(lost: Sequence[LostTask]) -> Text:
    known = next((task for task in lost if task.payload), None)
    if known is None:
        return text("Send it from where it came from.")
    return text(
        "Run it again on the Cleanup page, or: celery-tray cleanup --run-again {id}", id=known.id
    )

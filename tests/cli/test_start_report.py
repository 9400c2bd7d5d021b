"""The words about a worker that was taken over."""

from __future__ import annotations

from desktop.cli.start_report import document, finishing
from desktop.engine.commands import StartReport, StillFinishing


def test_the_one_before_is_told_with_its_tasks() -> None:
    ours = StillFinishing(11, "worker1", 2)
    assert finishing(ours) == "worker1 took over; the one before finishes 2 tasks."
    theirs = StillFinishing(12)
    assert "pid 12" in finishing(theirs)
    assert document(StartReport(finishing=(ours, theirs)))["finishing"] == [
        {"pid": 11, "service": "worker1", "tasks": 2},
        {"pid": 12, "service": "", "tasks": None},
    ]

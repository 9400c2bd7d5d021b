"""A worker is restarted without a gap and without a lost task, whatever happens meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.engine.commands import Restart, StartReport, Stop
from desktop.engine.model import ServiceStatus
from desktop.engine.states import ServiceState
from tests.live.conftest import until
from tests.live.ledger import Ledger

S = ServiceState
MakeLedger = Callable[..., Ledger]


@pytest.fixture
def make_ledger(tmp_path: Path) -> Iterator[MakeLedger]:
    made: list[Ledger] = []

    def make(**options: object) -> Ledger:
        made.append(Ledger(tmp_path / str(len(made)), **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.open_gate()
        one.end()


def restart(ledger: Ledger) -> StartReport:
    with ledger.client() as client:
        report = client.submit(Restart(ledger.project, ("hand",)))
    assert isinstance(report, StartReport)
    return report


def row(ledger: Ledger, name: str) -> ServiceStatus | None:
    return ledger.status().service(name)


@pytest.mark.parametrize("late", [False, True])
def test_a_busy_worker_is_taken_over_at_once_and_finishes_its_tasks(
    make_ledger: MakeLedger, late: bool
) -> None:
    ledger = make_ledger(late=late)
    assert not ledger.start().failed
    old = ledger.service("hand").pid
    ledger.send(8, gated=True)
    ledger.until_began(2)
    until(lambda: ledger.status().tasks.active == 2)

    report = restart(ledger)

    assert (report.ready, report.failed) == (("hand",), ())
    new = ledger.service("hand")
    assert (new.state, new.pid != old) == (S.RUNNING, True)
    (finishing,) = report.finishing
    assert (finishing.pid, finishing.service, finishing.tasks) == (old, "hand", 2)
    before = row(ledger, "hand.old")
    assert before is not None
    assert (before.pid, before.state, before.of) == (old, S.STOPPING, "hand")
    assert "finishing 2 tasks" in str(before.note)
    assert before.log_path == new.log_path
    # The queue is not held up by those that the old one finishes.
    ledger.send(1)
    until(lambda: (9, new.pid) in ledger.lines("ended"))
    ledger.open_gate()
    began = ledger.until_all_ended()
    assert set(began.values()) == {1}, "none ran twice"
    until(lambda: row(ledger, "hand.old") is None)
    assert ledger.service("hand").pid == new.pid
    assert not list(ledger.home.root.glob("stacks/*/records/hand.*old*"))

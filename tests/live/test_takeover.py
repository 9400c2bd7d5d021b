"""A worker is restarted without a gap and without a lost task, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.engine.commands import Restart, StartReport, Stop
from desktop.engine.errors import TrayError
from desktop.engine.model import ServiceStatus
from desktop.engine.states import ServiceState
from tests.live.conftest import until
from tests.live.ledger import Ledger

S = ServiceState
MakeLedger = Callable[..., Ledger]
EVERYWHERE = tuple(0.03 * number for number in range(50))
"""Seconds from a restart to the engine's death; a takeover takes about one."""


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


def test_a_busy_worker_is_taken_over_at_once_and_finishes_its_tasks(
    make_ledger: MakeLedger,
) -> None:
    ledger = make_ledger(late=True)
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
    # The queue goes on meanwhile: nothing more comes to the one that finishes.
    ledger.send(4)
    until(lambda: len([1 for _, pid in ledger.lines("ended") if pid == new.pid]) == 4)
    assert len(ledger.lines("began")) == len(ledger.lines("ended")) + 2
    ledger.open_gate()
    began = ledger.until_all_ended()
    assert set(began.values()) == {1}, "none ran twice"
    until(lambda: alone(ledger))
    assert ledger.service("hand").pid == new.pid


def test_a_forced_stop_of_all_lets_the_worker_hand_back_its_tasks_before_redis_goes(
    make_ledger: MakeLedger,
) -> None:
    ledger = make_ledger(late=True)
    ledger.start()
    ledger.send(4, gated=True)
    ledger.until_began(2)
    assert set(ledger.stop(force=True).stopped) == {"redis", "hand"}
    ledger.open_gate()
    ledger.start()
    ledger.until_all_ended()


def alone(ledger: Ledger) -> bool:
    """One process of the worker is left, and one record."""
    names = {s.name for s in ledger.status().services if s.name.startswith("hand")}
    records = {path.name for path in ledger.home.root.glob("stacks/*/records/hand*")}
    return (names, records) == ({"hand"}, {"hand.json"})


def in_background(ledger: Ledger) -> threading.Thread:
    """A restart that nobody waits for; its engine may die."""

    def ask() -> None:
        with contextlib.suppress(TrayError, OSError):
            restart(ledger)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def test_a_fresh_process_that_crashes_leaves_the_one_before_untouched(
    make_ledger: MakeLedger,
) -> None:
    ledger = make_ledger()
    ledger.start()
    old = ledger.service("hand")
    ledger.breaks.write_text("")
    report = restart(ledger)
    (failed,) = report.failed
    assert (report.ready, failed.service) == ((), "hand")
    assert "3" in str(failed.problem.message), "its exit code"
    now = ledger.service("hand")
    assert (now.pid, now.state, now.restarts) == (old.pid, S.RUNNING, 0)
    assert "not-restarted-hand" in {one.id for one in ledger.status().findings}
    assert alone(ledger)

    ledger.breaks.unlink()
    code = ledger.module.read_text()
    ledger.module.write_text(code + "import no_such_module\n")
    (failed,) = restart(ledger).failed
    assert any("no_such_module" in line for line in failed.problem.log), "the traceback"
    assert ledger.service("hand").pid == old.pid

    ledger.module.write_text(code)
    assert restart(ledger).ready == ("hand",)
    assert "not-restarted-hand" not in {one.id for one in ledger.status().findings}
    ledger.send(3)
    assert set(ledger.until_all_ended().values()) == {1}


def test_a_stop_reaches_all_of_a_takeover(make_ledger: MakeLedger) -> None:
    ledger = make_ledger()
    ledger.start()
    ledger.send(2, gated=True)
    ledger.until_began(2)
    until(lambda: ledger.status().tasks.active == 2)
    restart(ledger)
    ledger.hold.write_text("")
    thread = in_background(ledger)
    until(lambda: row(ledger, "hand.new"))
    names = {s.name for s in ledger.status().services if s.name.startswith("hand")}
    assert names == {"hand", "hand.old", "hand.new"}
    with ledger.client() as client:
        busy = client.submit(Stop(ledger.project, ("hand",), patience_s=3.0))
    thread.join(30)
    assert not thread.is_alive(), "who asked for the restart is answered"
    assert busy.busy == ("hand",)  # type: ignore[union-attr]
    ledger.hold.unlink()
    until(lambda: {s.name for s in ledger.status().services if s.pid} == {"redis", "hand.old"})
    assert "hand" in ledger.stop(force=True).stopped
    until(lambda: not ledger.left_over())


def test_the_next_restart_does_not_wait_for_the_end_of_the_one_before(
    make_ledger: MakeLedger,
) -> None:
    ledger = make_ledger(late=True)
    ledger.start()
    for count in (2, 4):
        ledger.send(2, gated=True)
        ledger.until_began(count)
        assert restart(ledger).ready == ("hand",)
    names = {s.name for s in ledger.status().services if s.name.startswith("hand")}
    assert names == {"hand", "hand.old", "hand.old2"}
    ledger.send(3)
    ledger.open_gate()
    assert set(ledger.until_all_ended().values()) == {1}
    until(lambda: alone(ledger))


def test_a_worker_that_dies_while_its_successor_starts_is_succeeded(
    make_ledger: MakeLedger,
) -> None:
    ledger = make_ledger()
    ledger.start()
    old = ledger.service("hand").pid
    assert old
    ledger.hold.write_text("")
    thread = in_background(ledger)
    successor = until(lambda: (one := row(ledger, "hand.new")) and one.pid)
    os.kill(old, signal.SIGKILL)
    until(lambda: ledger.service("hand").pid is None)
    ledger.hold.unlink()
    thread.join(30)
    until(lambda: alone(ledger))
    assert ledger.service("hand").pid == successor
    assert ledger.log("hand").count(" ready.") == 2, "and no third was started"


def test_what_was_revoked_stays_revoked(make_ledger: MakeLedger) -> None:
    ledger = make_ledger()
    ledger.start()
    ledger.send(12, gated=True)
    ledger.until_began(2)
    *_, last = ledger.send(1)
    ledger.revoke(last)
    assert restart(ledger).ready == ("hand",)
    ledger.open_gate()
    until(lambda: f"Discarding revoked task: book.run[{last}]" in ledger.log("hand"))
    assert 13 not in {ident for ident, _ in ledger.lines("began")}


@pytest.mark.parametrize("late", [False, True])
def test_restarts_under_load_run_every_task_once(make_ledger: MakeLedger, late: bool) -> None:
    ledger = make_ledger(late=late)
    ledger.start()
    pids = {ledger.service("hand").pid}
    for _ in range(3):
        ledger.send(25, 0.04)
        assert restart(ledger).ready == ("hand",)
        pids.add(ledger.service("hand").pid)
    assert set(ledger.until_all_ended().values()) == {1}
    assert len(pids) == 4
    assert {pid for _, pid in ledger.lines("ended")} <= pids


@pytest.mark.parametrize(
    ("late", "delays"),
    [
        (False, (0.05, 0.8)),
        (True, (0.5, 1.0)),
        pytest.param(False, EVERYWHERE, marks=(pytest.mark.soak, pytest.mark.timeout(600))),
        pytest.param(True, EVERYWHERE, marks=(pytest.mark.soak, pytest.mark.timeout(600))),
    ],
)
def test_an_engine_killed_at_any_moment_of_a_takeover_loses_nothing(
    make_ledger: MakeLedger, late: bool, delays: tuple[float, ...]
) -> None:
    ledger = make_ledger(late=late)
    ledger.start()
    for delay in delays:
        ledger.send(6, 0.05)
        engine = ledger.engine_pid()
        thread = in_background(ledger)
        thread.join(delay)  # where in the takeover this is differs from run to run
        os.kill(engine, signal.SIGKILL)
        thread.join(30)
        until(lambda: alone(ledger))
        until(lambda: ledger.service("hand").state is S.RUNNING)
    assert set(ledger.until_all_ended().values()) == {1}
    assert ledger.service("hand").restarts == 0


@pytest.mark.parametrize("step", ["starting", "finishing"])
def test_the_next_engine_finishes_a_takeover(make_ledger: MakeLedger, step: str) -> None:
    ledger = make_ledger()
    ledger.start()
    old = ledger.service("hand").pid
    ledger.send(3, gated=True)
    ledger.until_began(2)
    if step == "starting":
        ledger.hold.write_text("")
    thread = in_background(ledger)
    until(lambda: row(ledger, "hand.new" if step == "starting" else "hand.old"))
    os.kill(ledger.engine_pid(), signal.SIGKILL)
    thread.join(30)
    if step == "starting":
        successor = until(lambda: row(ledger, "hand.new"))
        assert (successor.state, ledger.service("hand").pid) == (S.STARTING, old)
        ledger.hold.unlink()
    before = until(lambda: row(ledger, "hand.old"))
    assert (before.pid, before.state) == (old, S.STOPPING)
    ledger.open_gate()
    assert set(ledger.until_all_ended().values()) == {1}
    until(lambda: alone(ledger))
    assert ledger.service("hand").pid != old


def test_changed_code_is_taken_up_while_tasks_run_and_broken_code_is_told(
    make_ledger: MakeLedger,
) -> None:
    ledger = make_ledger(worker="autoreload = true")
    ledger.start()
    old = ledger.service("hand").pid
    ledger.send(6, gated=True)
    ledger.until_began(2)
    code = ledger.module.read_text()

    ledger.module.write_text(code + "import no_such_module\n")
    told = until(lambda: [f for f in ledger.status().findings if f.id == "code-does-not-import"])
    assert "ModuleNotFoundError" in str(told[0].detail), "the traceback"
    assert ledger.service("hand").pid == old

    ledger.module.write_text(code + "MORE = 1\n")
    until(lambda: ledger.service("hand").pid not in {None, old})
    assert not [f for f in ledger.status().findings if f.id == "code-does-not-import"]
    before = row(ledger, "hand.old")
    assert before is not None
    assert before.pid == old, "it still runs its tasks"
    ledger.send(3)
    ledger.open_gate()
    assert set(ledger.until_all_ended().values()) == {1}
    until(lambda: alone(ledger))

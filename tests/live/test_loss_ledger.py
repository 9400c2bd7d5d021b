"""Nothing is lost without being listed: tasks write down that they began and that they ended, and
their workers, and the engine, are killed in the middle."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from celery import Celery

from desktop.engine.commands import RunAgain, RunAgainReport
from desktop.engine.history_commands import ListTasks, TaskPage
from desktop.engine.states import ServiceState, TaskState
from desktop.paths import stack_id
from tests.engine.projects import environment
from tests.live.conftest import Stack, until

APP = """
import os, time
from celery import Celery

app = Celery("ledger", broker=os.environ["LEDGER_REDIS"])
app.conf.update(
    worker_prefetch_multiplier=int(os.environ["LEDGER_PREFETCH"]),
    broker_connection_retry_on_startup=True,
)

def note(word, key):
    ledger = os.open(os.environ["LEDGER_FILE"], os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    os.write(ledger, f"{word} {key}\\n".encode())
    os.close(ledger)

def work(key):
    note("began", key)
    while not os.path.exists(os.environ["LEDGER_GATE"]):
        time.sleep(0.01)
    note("ended", key)

@app.task
def early(key):
    work(key)

@app.task(acks_late=True)
def late(key):
    work(key)
"""
PRIORITIES = (0, 3, 6, 9)
QUICK_EXITS = 2
LASTS_S = 5.5
"""A service that ends sooner, three times in a row, is given up on (``RestartPolicy``)."""


class Ledger(Stack):
    """A project whose tasks wait at a gate, with one worker."""

    def __init__(self, folder: Path, pool: str, prefetch: int) -> None:
        self.pool, self.prefetch = pool, prefetch
        super().__init__(folder)
        self.file, self.gate = self.folder / "ledger", self.folder / "gate"
        self._app = Celery("sender", broker=self.redis_url, set_as_current=False)

    def configure(self, more: str = "") -> None:
        (self.folder / "ledger.py").write_text(APP)
        python = environment(self.folder / ".venv")
        (self.folder / "celery-tray.toml").write_text(
            f"""app = "ledger:app"
python = "{python}"
[env]
LEDGER_REDIS = "{self.redis_url}"
LEDGER_PREFETCH = "{self.prefetch}"
LEDGER_FILE = "{self.folder / "ledger"}"
LEDGER_GATE = "{self.folder / "gate"}"
[redis]
url = "{self.redis_url}"
[worker.w]
concurrency = 2
pool = "{self.pool}"
[monitor]
enabled = false
[web]
port = {self.web_port}
"""
        )

    def send(self, task: str, key: str, priority: int) -> str:
        with self._app.connection_for_write() as connection:
            sent = self._app.send_task(
                f"ledger.{task}", (key,), connection=connection, priority=priority
            )
        return str(sent.id)

    def unacked(self) -> int:
        with self._app.connection_for_read() as connection:
            return int(connection.default_channel.client.hlen("unacked"))

    def noted(self, word: str) -> Counter[str]:
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        return Counter(line.split()[1] for line in lines if line.split()[0] == word)

    def begun(self) -> int:
        return sum(self.noted("began").values())

    def kill_worker(self) -> float:
        """The main process, at once; when that was."""
        pid = self.service("w").pid
        assert pid
        at = time.time()
        psutil.Process(pid).kill()
        until(lambda: self.service("w").pid not in {pid, None})
        return at

    def run_again(self, *ids: str) -> RunAgainReport:
        with self.client() as client:
            report = client.submit(RunAgain(self.project, ids))
        assert isinstance(report, RunAgainReport)
        return report

    def recorded(self, task_id: str) -> TaskState | None:
        """How the history knows a task."""
        with self.client() as client:
            page = client.submit(ListTasks(self.project))
        assert isinstance(page, TaskPage)
        return next((one.state for one in page.tasks if one.id == task_id), None)

    def kill_engine(self) -> None:
        os.kill(self.engine_pid(), signal.SIGKILL)
        until(lambda: self.status().service("w") is not None)


@pytest.fixture
def ledger(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Ledger]:
    opened = Ledger(tmp_path, *request.param)
    yield opened
    opened.gate.touch()
    opened.end()


def run(ledger: Ledger, tasks: int, kills: int) -> None:
    """Kill the worker again and again while its tasks run, and the engine in between."""
    report = ledger.start("w")
    assert not report.failed
    slots = 1 if ledger.pool == "solo" else 2
    kinds = itertools.cycle(itertools.product(("early", "late"), PRIORITIES))
    sent = {
        f"{kind}-{number}": ledger.send(kind, f"{kind}-{number}", priority)
        for number, (kind, priority) in zip(range(tasks), kinds, strict=False)
    }
    killed: set[str] = set()
    slowest_s = 0.0
    for number in range(kills):
        if slots > 1:  # solo answers nobody while it has a task
            until(lambda: ledger.service("w").state is ServiceState.RUNNING)
        if number >= QUICK_EXITS:
            until(lambda: time.time() - (ledger.service("w").started_at or 0.0) > LASTS_S)
        until(lambda want=(number + 1) * slots: ledger.begun() >= want)  # type: ignore[misc]
        if number % 2:
            ledger.kill_engine()
        if slots > 1:
            until(lambda: ledger.status().tasks.active == slots)
        if slots > 1:
            # solo acknowledges in its loop, and so when the task is over: none is lost.
            killed |= {key for key in ledger.noted("began") if key.startswith("early")}
        at = ledger.kill_worker()
        until(lambda want=(number + 2) * slots: ledger.begun() >= want)  # type: ignore[misc]
        slowest_s = max(slowest_s, time.time() - at)
    ledger.gate.touch()
    late = {key for key in sent if key.startswith("late")}
    rest = set(sent) - killed
    until(lambda: rest | late <= set(ledger.noted("ended")), 60)
    names = {task_id: key for key, task_id in sent.items()}
    with contextlib.suppress(AssertionError):  # the difference says more
        until(lambda: len(ledger.status().lost) == len(killed))
    assert {names.get(one.id, one.id) for one in ledger.status().lost} == killed
    assert ledger.status().stranded is None
    assert not killed & set(ledger.noted("ended"))
    twice = [key for key, count in ledger.noted("ended").items() if count > 1]
    again = [key for key, count in ledger.noted("began").items() if count > 1]
    print(
        f"\n{ledger.pool}, prefetch {ledger.prefetch}: {len(sent)} tasks, {kills} kills, "
        f"{len(killed)} listed as lost, {len(again)} begun again, {len(twice)} ended twice, "
        f"next tasks begun within {slowest_s:.1f} s"
    )
    assert not twice
    if killed:
        report = ledger.run_again(*(sent[key] for key in killed))
        assert not report.failed and len(report.sent) == len(killed)
        until(lambda: set(ledger.noted("ended")) == set(sent))
        assert not ledger.status().lost


@pytest.mark.parametrize(
    "ledger",
    [("prefork", 1), ("threads", 4), ("solo", 1)],
    indirect=True,
    ids=["prefork-1", "threads-4", "solo-1"],
)
def test_what_was_killed_runs_or_is_listed(ledger: Ledger) -> None:
    run(ledger, 12, 2)


@pytest.mark.parametrize("ledger", [("prefork", 4)], indirect=True, ids=["prefork-4"])
def test_a_worker_that_died_while_no_engine_ran_loses_nothing_unlisted(ledger: Ledger) -> None:
    ledger.start("w")
    heard = ledger.send("early", "early-heard", 0)
    until(lambda: ledger.recorded(heard) is TaskState.STARTED)
    pid = ledger.service("w").pid
    assert pid
    os.kill(ledger.engine_pid(), signal.SIGKILL)
    unheard = ledger.send("early", "early-unheard", 0)
    until(lambda: ledger.begun() == 2)
    sent = [f"late-{number}" for number in range(6)]
    for key in sent:
        ledger.send("late", key, 0)
    # What is on its way from the queue to the worker at that very moment, Celery itself loses.
    until(lambda: ledger.unacked() == len(sent))
    os.kill(pid, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie")
    ledger.status()  # the next engine
    until(lambda: ledger.begun() == 4)
    until(lambda: {one.id for one in ledger.status().lost} == {heard, unheard})
    ledger.gate.touch()
    until(lambda: ledger.noted("ended") == dict.fromkeys(sent, 1))
    assert ledger.status().stranded is None
    report = ledger.run_again(heard, unheard)
    assert [one.id for one in report.sent] == [heard]
    # Of what began while nobody listened the worker's log tells the name alone.
    assert [one.service for one in report.failed] == [unheard]
    until(lambda: ledger.noted("ended") == dict.fromkeys((*sent, "early-heard"), 1))
    assert [one.id for one in ledger.status().lost] == [unheard]


@pytest.mark.parametrize("ledger", [("prefork", 1)], indirect=True, ids=["prefork-1"])
def test_what_ended_while_no_engine_ran_is_not_lost_with_its_worker(ledger: Ledger) -> None:
    ledger.start("w")
    heard = ledger.send("early", "early-heard", 0)
    until(lambda: ledger.recorded(heard) is TaskState.STARTED)
    pid = ledger.service("w").pid
    assert pid
    os.kill(ledger.engine_pid(), signal.SIGKILL)
    ledger.gate.touch()
    log = ledger.home.stack(stack_id(ledger.folder)).log("w")
    until(lambda: f"[{heard}] succeeded" in log.read_text(errors="replace"))
    os.kill(pid, signal.SIGKILL)
    until(lambda: ledger.service("w").state is ServiceState.RUNNING)
    last = ledger.send("late", "late-last", 0)
    until(lambda: ledger.recorded(last) is TaskState.SUCCESS)
    assert not ledger.status().lost


@pytest.mark.soak
@pytest.mark.parametrize(
    "ledger",
    list(itertools.product(("prefork", "threads", "solo"), (1, 4))),
    indirect=True,
    ids=lambda value: "-".join(map(str, value)),
)
def test_what_was_killed_runs_or_is_listed_at_length(ledger: Ledger) -> None:
    run(ledger, 60, 6)

"""News is written soon, whatever happens to the file, the disk, or the process."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.engine.config import HistoryConfig
from desktop.engine.errors import TrayError
from desktop.engine.history import database, recorder
from desktop.engine.history.backlog import Backlog
from desktop.engine.history.database import open_reader, open_writer
from desktop.engine.history.history import FILE, History
from desktop.engine.history.recorder import Recorder
from desktop.engine.history.schema import STEPS
from desktop.engine.history_commands import ListTasks
from desktop.engine.states import TaskState
from tests.engine.history.conftest import a_task, eventually

SURVIVOR = """
import sys, time
from pathlib import Path
from desktop.engine.config import HistoryConfig
from desktop.engine.history.recorder import Recorder
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task

recorder = Recorder(Path(sys.argv[1]), HistoryConfig())
recorder.start()
for number in range(100_000):
    recorder.put([Task(f"id-{number}", "n", TaskState.SUCCESS, seen_at=time.time())])
    print(number, time.time(), flush=True)
    time.sleep(0.002)
"""


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Recorder]:
    """A recorder that runs."""
    made = Recorder(tmp_path / FILE, HistoryConfig())
    made.start()
    yield made
    made.close()


def count(path: Path) -> int:
    try:
        connection = open_reader(path)
    except sqlite3.Error:
        return -1
    try:
        return int(connection.execute("SELECT count(*) FROM task").fetchone()[0])
    except sqlite3.Error:
        return -1
    finally:
        connection.close()


def test_news_is_written_by_itself_and_in_one_transaction(one: Recorder, tmp_path: Path) -> None:
    one.put([a_task() for _ in range(100)])
    one.put([a_task() for _ in range(100)])
    eventually(lambda: count(tmp_path / FILE) == 200)
    reader = open_reader(tmp_path / FILE)
    assert reader.execute("SELECT n FROM tally WHERE kind = 'mark'").fetchone() == (1,)
    reader.close()


def test_the_file_is_for_this_user_alone(one: Recorder, tmp_path: Path) -> None:
    one.put([a_task()])
    assert one.flush(10)
    for path in tmp_path.glob(f"{FILE}*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_handing_over_waits_for_nothing(tmp_path: Path) -> None:
    """Not even for a writer that another process keeps from writing."""
    open_writer(tmp_path / FILE).close()
    holder = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    one = Recorder(tmp_path / FILE, HistoryConfig())
    one.start()
    one.put([a_task()])
    one.flush(0.05)
    one.put([a_task()])
    assert count(tmp_path / FILE) == 0
    holder.execute("ROLLBACK")
    holder.close()
    assert one.flush(20)
    assert count(tmp_path / FILE) == 2
    one.close()


def test_a_close_writes_what_is_left(one: Recorder, tmp_path: Path) -> None:
    one.put([a_task()])
    one.close()
    assert count(tmp_path / FILE) == 1


def test_a_killed_engine_loses_no_more_than_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / FILE
    child = subprocess.Popen(
        [sys.executable, "-c", SURVIVOR, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout
    eventually(lambda: count(path) > 700)
    child.send_signal(signal.SIGKILL)
    told = [line.split() for line in child.stdout.read().splitlines() if line.count(" ") == 1]
    child.wait(10)
    child.stdout.close()
    end = float(told[-1][1])
    reader = open_reader(path)
    kept = {id_ for (id_,) in reader.execute("SELECT id FROM task")}
    assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    reader.close()
    before = {f"id-{number}" for number, at in told if float(at) < end - 1.0}
    assert before and before <= kept
    again = Recorder(path, HistoryConfig())
    again.start()
    again.put([a_task()])
    assert again.flush(10)
    again.close()
    assert count(path) == len(kept) + 1


async def test_what_had_not_ended_is_told_after_a_restart(tmp_path: Path) -> None:
    first = History(tmp_path)
    assert first.unfinished() == ()
    first.open(HistoryConfig())
    running = a_task(state=TaskState.STARTED, finished_at=None)
    waiting = a_task(state=TaskState.RETRY, finished_at=None)
    first.put([running, a_task(), waiting])
    await first.close()
    again = History(tmp_path)
    assert again.unfinished() == (waiting.id, running.id)
    await again.close()


async def test_what_one_process_had_is_told_after_a_restart(tmp_path: Path) -> None:
    first = History(tmp_path)
    assert first.had_by("w@host", 7) == ()
    first.open(HistoryConfig())
    held = {"worker": "w@host", "worker_pid": 7, "finished_at": None}
    running = a_task(state=TaskState.STARTED, args="(1,)", **held)
    reserved = a_task(state=TaskState.RECEIVED, **held)
    first.put(
        [
            running,
            a_task(state=TaskState.RETRY, **held),
            a_task(worker="w@host", worker_pid=7),
            a_task(state=TaskState.STARTED, **{**held, "worker": "other@host"}),
            a_task(state=TaskState.STARTED, **{**held, "worker_pid": 8}),
            reserved,
        ]
    )
    await first.close()
    again = History(tmp_path)
    assert [one.id for one in again.had_by("w@host", 7)] == [reserved.id, running.id]
    assert again.had_by("w@host", 7)[1].args == "(1,)"
    await again.close()


# --- files that are not as they should be --------------------------------------------------------


@pytest.mark.parametrize("content", [b"not a database, but longer than a header " * 400, b"\0" * 9])
def test_a_broken_file_is_set_aside_and_a_new_one_begun(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE
    path.write_bytes(content)
    told = threading.Event()
    history = History(tmp_path, told.set)
    history.open(HistoryConfig())
    history.put([a_task()])
    eventually(lambda: count(path) == 1)
    (finding,) = eventually(history.findings)
    assert finding.id == "history-broken" and told.is_set()
    (aside,) = tmp_path.glob(f"{FILE}.broken-*")
    assert aside.read_bytes() == content and str(aside) in str(finding.detail)
    history._close()


async def test_a_file_that_breaks_while_it_is_used(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.open(HistoryConfig())
    history.put([a_task() for _ in range(3000)])
    assert history.flush(20)
    assert (await history.page(ListTasks(limit=1))).kept == 3000
    await history.close()
    size = history.path.stat().st_size
    with history.path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    again = History(tmp_path)
    again.open(HistoryConfig())
    task = a_task()
    again.put([task])
    eventually(lambda: count(history.path) == 1)
    assert (await again.detail(task.id)).task.args == task.args
    assert [one.id for one in again.findings()] == ["history-broken"]
    await again.close()


async def test_a_file_of_a_newer_version_is_refused_with_words(tmp_path: Path) -> None:
    path = tmp_path / FILE
    open_writer(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    newer.close()
    before = path.read_bytes()
    history = History(tmp_path)
    history.open(HistoryConfig())
    history.put([a_task()])
    (finding,) = eventually(history.findings)
    assert finding.id == "history-newer"
    with pytest.raises(TrayError) as caught:
        await history.page(ListTasks())
    assert caught.value.problem.code == "history-newer"
    history.put([a_task()])
    assert history.flush(1)
    await history.close()
    assert path.read_bytes() == before and not list(tmp_path.glob("*.broken*"))


def test_an_older_file_is_brought_up_to_date_and_keeps_its_tasks(tmp_path: Path) -> None:
    path = tmp_path / FILE
    first = open_writer(path)
    first.execute("INSERT INTO name VALUES (1, 'kept')")
    first.close()
    more = (*STEPS, "ALTER TABLE task ADD COLUMN added TEXT; CREATE TABLE extra (x)")
    second = open_writer(path, more)
    assert second.execute("PRAGMA user_version").fetchone() == (len(STEPS) + 1,)
    assert second.execute("SELECT text FROM name").fetchall() == [("kept",)]
    second.execute("SELECT added FROM task, extra")
    second.close()


def test_a_step_that_fails_leaves_the_version_before(tmp_path: Path) -> None:
    path = tmp_path / FILE
    open_writer(path).close()
    broken = (*STEPS, "CREATE TABLE half (x); SELECT nothing FROM nowhere")
    with pytest.raises(sqlite3.Error):
        open_writer(path, broken)
    reader = open_reader(path)
    tables = {name for (name,) in reader.execute("SELECT name FROM sqlite_master")}
    assert "half" not in tables and reader.execute("PRAGMA user_version").fetchone() == (
        len(STEPS),
    )
    reader.close()


# --- a disk that refuses -------------------------------------------------------------------------


def test_a_full_disk_is_told_and_what_waited_is_written_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_RETRY_FIRST_S", 0.05)
    path = tmp_path / FILE
    real, full = database.open_writer, threading.Event()

    def smaller(where: Path) -> sqlite3.Connection:
        connection = real(where)
        # SQLite's own word for "no more room", as a full disk gives it.
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages if full.is_set() else 10**6}")
        return connection

    monkeypatch.setattr(database, "open_writer", smaller)
    full.set()
    history = History(tmp_path)
    history.open(HistoryConfig())
    tasks = [a_task(args="x" * 500) for _ in range(2000)]
    history.put(tasks)
    (finding,) = eventually(history.findings)
    assert finding.id == "history-not-written" and "full" in str(finding.detail)
    full.clear()
    eventually(lambda: count(path) == 2000)
    assert eventually(lambda: not history.findings())
    history._close()


def test_what_waits_is_bounded_and_what_ended_goes_last() -> None:
    backlog = Backlog(most=10)
    ended = [a_task() for _ in range(8)]
    backlog.put([a_task(state=TaskState.STARTED) for _ in range(6)])
    backlog.put(ended)
    assert (len(backlog), backlog.dropped) == (10, 4)
    backlog.put([a_task() for _ in range(4)])
    assert (len(backlog), backlog.dropped) == (10, 8)
    taken = backlog.take(100)
    assert all(task.state is TaskState.SUCCESS for task in taken)
    assert {task.id for task in ended[-6:]} <= {task.id for task in taken}


def test_what_was_not_written_is_merged_with_what_came_since() -> None:
    backlog = Backlog()
    begun = a_task(state=TaskState.STARTED, finished_at=None, runtime_s=None)
    backlog.put([begun])
    taken = backlog.take(1)
    done = a_task(id=begun.id, args="", started_at=None, seen_at=begun.seen_at + 1)
    backlog.put([done])
    backlog.give_back(taken)
    (task,) = backlog.take(5)
    assert (task.state, task.args) == (TaskState.SUCCESS, begun.args)


def test_nothing_is_recorded_when_that_is_not_wanted(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.open(HistoryConfig(enabled=False))
    history.put([a_task()])
    history._close()
    assert not history.path.exists()


def test_an_idle_recorder_sleeps(one: Recorder) -> None:
    one.put([a_task()])
    one.flush(10)
    ident = one._thread.native_id if one._thread else 0

    def ticks() -> float:
        fields = Path(f"/proc/self/task/{ident}/stat").read_text().rpartition(")")[2].split()
        return float(fields[11]) + float(fields[12])

    before = ticks()
    time.sleep(0.6)  # long enough that a thread that polls would show it
    assert ticks() - before <= 1

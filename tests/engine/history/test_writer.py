"""What is written is what is read, whatever it holds."""

from __future__ import annotations

import sqlite3

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop.engine.history.details import find_task
from desktop.engine.history.rows import id_text, id_value, is_cut
from desktop.engine.history.schema import ENDED
from desktop.engine.history.writer import Writer
from desktop.engine.states import TaskState
from desktop.engine.task_model import Attempt, Task
from tests.engine.history.conftest import NOW, a_task

HOSTILE = "\x1b[31m\u202e[bold]</b>\0" + "\ud800" + "命" * 3


def read(connection: sqlite3.Connection, task_id: str) -> Task:
    task = find_task(connection, task_id)
    assert task is not None
    return task


def test_a_task_comes_back_as_it_was(writer: Writer, connection: sqlite3.Connection) -> None:
    task = a_task(
        state=TaskState.FAILURE,
        worker_pid=12,
        queue="mail",
        kwargs="{'a': 1}",
        result="",
        exception="ValueError('x')",
        traceback="Traceback…",
        retries=2,
        starts=3,
        root_id="c0ffee00-0000-4000-8000-000000000000",
        parent_id="not a uuid",
        sent_at=NOW - 10,
        eta=NOW + 5,
        expires_at=NOW + 6,
        revoked_why="expired",
        seen_at=NOW - 1,
        attempts=(Attempt(TaskState.RETRY, "w", 3, 1.0, 2.0, 3.0, "E()", "T"),),
    )
    writer.write([task], NOW)
    assert read(connection, task.id) == task


def test_a_root_that_is_itself_and_one_that_is_not_known_differ(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    unknown, own = a_task(), a_task()
    own = msgspec.structs.replace(own, root_id=own.id)
    writer.write([unknown, own], NOW)
    assert read(connection, unknown.id).root_id == ""
    assert read(connection, own.id).root_id == own.id


def test_known_tasks_are_merged_and_stand_where_their_news_belongs(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    begun = a_task(state=TaskState.STARTED, finished_at=None, runtime_s=None, at=NOW - 100)
    other = a_task(at=NOW - 90)
    writer.write([begun, other], NOW)
    done = Task(begun.id, state=TaskState.SUCCESS, worker=begun.worker, result="'r'",
                finished_at=NOW - 80, seen_at=NOW - 80)  # fmt: skip
    writer.write([done], NOW)
    whole = read(connection, begun.id)
    assert (whole.state, whole.args, whole.result) == (TaskState.SUCCESS, begun.args, "'r'")
    keys = connection.execute("SELECT id FROM task ORDER BY key").fetchall()
    assert [id_text(key) for (key,) in keys] == [other.id, begun.id]
    assert found(connection, "r") == [begun.id]


def test_the_same_news_again_changes_nothing(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    task = a_task()
    writer.write([task], NOW)
    before = connection.total_changes
    writer.write([task], NOW)
    assert connection.total_changes == before


def test_tasks_of_one_instant_and_of_the_future_all_have_their_place(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    tasks = [a_task(seen_at=NOW - 5) for _ in range(20)]
    ahead = [a_task(seen_at=instant) for instant in (NOW + 9e9, float("inf"), float("nan"), 0.0)]
    for part in (tasks[:10], tasks[10:], ahead):
        writer.write(part, NOW)
    (count, newest) = connection.execute("SELECT count(*), max(key) FROM task").fetchone()
    assert count == 24
    assert newest / 1e6 == pytest.approx(NOW, abs=0.001)


@pytest.mark.parametrize("size", [10, 5_000_000])
def test_hostile_text_is_kept_as_text_and_bounded(
    writer: Writer, connection: sqlite3.Connection, size: int
) -> None:
    text = HOSTILE + "x" * size
    task = a_task(
        name=HOSTILE, worker=HOSTILE, queue=HOSTILE, args=text, kwargs=text, result=text,
        exception=text, traceback=text, state=TaskState.FAILURE,
        retries=10**30, clock=10**30, worker_pid=10**30,
        attempts=(Attempt(TaskState.RETRY, HOSTILE, exception=text, traceback=text),),
    )  # fmt: skip
    writer.write([task], NOW)
    kept = read(connection, task.id)
    assert kept.args.startswith("\x1b[31m\u202e[bold]</b>\ufffd?命命命")
    assert is_cut(kept.args) == (size > 20_000) == is_cut(kept.attempts[0].traceback)
    assert len(kept.args.encode()) < 20_020
    if size > 20_000:
        assert kept.args.endswith(f"…[+{len(text) - 19_990}]")


@given(st.text(max_size=60))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_id_is_found_again(
    writer: Writer, connection: sqlite3.Connection, task_id: str
) -> None:
    task = a_task(id=task_id)
    writer.write([task], NOW)
    kept = find_task(connection, task_id)
    assert kept is not None and kept.args


def test_a_uuid_takes_16_bytes_and_anything_else_is_text() -> None:
    uuid = "3f2a9c1e-0000-4000-8000-0123456789ab"
    assert len(id_value(uuid)) == 16 and isinstance(id_value(uuid), bytes)
    assert id_text(id_value(uuid)) == uuid
    for other in (uuid.upper(), "order-42", uuid.replace("-", "")):
        assert id_text(id_value(other)) == other


def test_a_transaction_that_fails_leaves_nothing_half(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    writer.write([a_task(name="old.name")], NOW)
    # Every step before the last has been done when this one fails.
    connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON tally BEGIN SELECT RAISE(ABORT, 'disk'); END"
    )
    lost = a_task(name="new.name")
    with pytest.raises(sqlite3.Error):
        writer.write([lost], NOW)
    assert find_task(connection, lost.id) is None and not found(connection, "new")
    connection.execute("DROP TRIGGER full")
    writer.write([lost], NOW)
    assert read(connection, lost.id).name == "new.name"
    assert found(connection, "new") == [lost.id]


def test_the_tallies_are_what_a_count_gives(writer: Writer, connection: sqlite3.Connection) -> None:
    states = list(TaskState)
    tasks = [
        a_task(state=states[n % 8], name=f"n{n % 3}", worker=f"w{n % 2}",
               finished_at=NOW - 50 + n if states[n % 8] in ENDED else None)
        for n in range(48)
    ]  # fmt: skip
    writer.write(tasks, NOW)
    later = [
        msgspec.structs.replace(
            one, state=TaskState.SUCCESS, seen_at=NOW, finished_at=NOW, clock=one.clock + 1000
        )
        for one in tasks[:20]
    ]
    writer.write(later, NOW)
    keys = [key for (key,) in connection.execute("SELECT key FROM task ORDER BY key LIMIT 7")]
    writer.remove(keys)
    for kind in ("state", "name", "node"):
        counted = connection.execute(f"SELECT {kind}, count(*) FROM task GROUP BY 1").fetchall()  # noqa: S608
        tallied = connection.execute(
            "SELECT id, n FROM tally WHERE kind = ? AND n != 0 ORDER BY id", (kind,)
        ).fetchall()
        assert tallied == counted
    assert len(found(connection, "n0 OR n1 OR n2")) == 41


def found(connection: sqlite3.Connection, words: str) -> list[str]:
    question = (
        "SELECT id FROM task_text JOIN task ON key = task_text.rowid "
        "WHERE task_text MATCH ? ORDER BY key"
    )
    return [id_text(id_) for (id_,) in connection.execute(question, (words,))]

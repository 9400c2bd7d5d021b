"""All of one task: by its id or the beginning of it, with its family and its log lines."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from desktop.engine.errors import TrayError
from desktop.engine.history.details import (
    FAMILY_MAX,
    LOG_LINES_MAX,
    family,
    log_lines,
    neighbours,
    show_task,
)
from desktop.engine.history.filters import Filters
from desktop.engine.history.query import BadQuery
from desktop.engine.history.writer import Writer
from desktop.engine.task_model import Task
from tests.engine.history.conftest import NOW, a_task

ID = "3f2a9c1e-0000-4000-8000-00000000000"


def refusal(connection: sqlite3.Connection, wanted: str) -> str:
    with pytest.raises(TrayError) as caught:
        show_task(connection, wanted)
    return caught.value.problem.code


def test_the_beginning_of_an_id_is_enough_while_it_is_the_only_one(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    first, second, odd = a_task(id=ID + "1"), a_task(id=ID + "2"), a_task(id="order-42")
    writer.write([first, odd], NOW)
    for wanted in (first.id, "3f2a", "3F2A9C1E-00"):
        assert show_task(connection, wanted).task == first
    assert show_task(connection, "order-").task == odd
    writer.write([second], NOW)
    assert show_task(connection, first.id).task == first
    assert refusal(connection, "3f2a9c") == "ambiguous-task"
    assert refusal(connection, "3f2b") == "no-such-task"
    assert refusal(connection, "3f2") == "no-such-task"
    assert refusal(connection, "") == "no-such-task"


def test_the_family_is_of_one_root_parents_before_children(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    root = a_task(id="root", root_id="root")
    son = a_task(id="son", root_id="root", parent_id="root")
    grandson = a_task(id="grandson", root_id="root", parent_id="son")
    daughter = a_task(id="daughter", root_id="root", parent_id="root")
    stranger = a_task(id="other", root_id="other")
    writer.write([daughter, grandson, stranger, root, son], NOW)
    for one in ("grandson", "root"):
        family = show_task(connection, one).family
        assert [task.id for task in family] == ["root", "son", "grandson", "daughter"]
    assert [task.id for task in show_task(connection, "other").family] == ["other"]


def test_parents_in_a_circle_and_very_many_children_are_told_bounded(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    writer.write(
        [a_task(id="a", root_id="a", parent_id="b"), a_task(id="b", root_id="a", parent_id="a")],
        NOW,
    )
    assert {task.id for task in show_task(connection, "a").family} == {"a", "b"}
    many = [a_task(root_id="group", parent_id="group") for _ in range(FAMILY_MAX + 50)]
    writer.write([a_task(id="group", root_id="group"), *many], NOW)
    family = show_task(connection, many[-1].id).family
    assert len(family) == FAMILY_MAX and many[-1].id in {task.id for task in family}


def test_the_lines_of_a_task_with_the_traceback_below_them(tmp_path: Path) -> None:
    log = tmp_path / "worker1.log"
    log.write_text(
        f"[2026-11-24 10:00:00] Task shop.fetch[{ID}1] received\n"
        f"[2026-11-24 10:00:00] Task shop.fetch[{ID}2] received\n"
        f"[2026-11-24 10:00:01] Task shop.fetch[{ID}1] raised\n"
        "Traceback (most recent call last):\n  File x\nTimeoutError\n"
        "[2026-11-24 10:00:02] something else\nand its rest\n"
    )
    assert log_lines(log, ID + "1") == (
        f"[2026-11-24 10:00:00] Task shop.fetch[{ID}1] received",
        f"[2026-11-24 10:00:01] Task shop.fetch[{ID}1] raised",
        "Traceback (most recent call last):", "  File x", "TimeoutError",
    )  # fmt: skip
    assert log_lines(tmp_path / "none.log", ID) == ()
    log.replace(tmp_path / "worker1.log.1")
    log.write_text("[2026-11-24 11:00:00] a new file\n")
    assert len(log_lines(log, ID + "1")) == 5
    log.write_text(f"[x] {ID}1\n" * 1000)
    assert len(log_lines(log, ID + "1")) == LOG_LINES_MAX


def test_in_a_log_of_another_format_only_a_traceback_belongs_to_the_line_before(
    tmp_path: Path,
) -> None:
    log = tmp_path / "worker1.log"
    log.write_text(
        f"10:00:01 ERROR shop.fetch {ID}1 raised\nTraceback (most recent call last):\n  File x\n"
        f"requests.Timeout: no answer\n10:00:02 INFO shop.pay {ID}2 received ('4111…',)\n"
        "10:00:03 INFO something else\n"
    )
    assert log_lines(log, ID + "1") == (
        f"10:00:01 ERROR shop.fetch {ID}1 raised",
        "Traceback (most recent call last):", "  File x", "requests.Timeout: no answer",
    )  # fmt: skip


def test_searches_are_kept_under_names(tmp_path: Path) -> None:
    filters = Filters(tmp_path / "filters.json")
    assert filters.load() == {}
    filters.save(" Failed ", "state:failure")
    assert filters.save("Slow", "runtime>5") == {"Failed": "state:failure", "Slow": "runtime>5"}
    assert Filters(tmp_path / "filters.json").load() == filters.load()
    with pytest.raises(BadQuery):
        filters.save("Bad", "a (")
    for name in ("", "x" * 61):
        with pytest.raises(TrayError):
            filters.save(name, "a")
    assert filters.save("Failed", "") == {"Slow": "runtime>5"}
    (tmp_path / "filters.json").write_bytes(b"\xff{")
    assert filters.load() == {}
    assert (tmp_path / "filters.json").exists()


def test_neighbours_are_those_that_nobody_called_the_nearest_first(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    def at(second: int, **known: object) -> Task:
        return a_task(received_at=NOW - 100 + second, **known)

    one = at(50, id="one", root_id="one")
    writer.write(
        [
            one,
            at(10, id="far", root_id="far"),
            at(49, id="before", root_id=""),
            at(52, id="after", root_id="after"),
            at(51, id="called", root_id="far", parent_id="far"),
        ],
        NOW,
    )
    assert neighbours(connection, one) == ("one", "before", "far", "after")
    assert neighbours(connection, a_task(sent_at=None, received_at=None)) == ()
    joined = family(connection, one, ["one", "far", "before"])
    assert {task.id for task in joined} == {"one", "far", "before", "called"}

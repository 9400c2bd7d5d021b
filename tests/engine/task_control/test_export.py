from __future__ import annotations

import ast
import csv
import json

import pytest

from desktop.engine.states import TaskState
from desktop.engine.task_control.export import COLUMNS, as_code, csv_lines, json_lines
from desktop.engine.task_model import Task

TASK = Task(
    "a-1",
    "shop.add",
    TaskState.SUCCESS,
    queue="celery",
    args="(1, 'two')",
    kwargs="{'more': [True, None]}",
    result="3",
    runtime_s=0.25,
)


def test_a_spreadsheet_is_given_no_formula_and_gets_every_cell_back() -> None:
    evil = Task(
        "=cmd|'/c calc'!A0", "+1", args='@SUM(1)\n"quoted", \u202e', exception="-x", result="\tx"
    )
    rows = list(csv.reader(iter("\r\n".join(csv_lines([TASK, evil])).splitlines(keepends=True))))
    assert tuple(rows[0]) == COLUMNS
    assert rows[1][:3] == ["a-1", "shop.add", "SUCCESS"] and rows[1][-1] == "0.25"
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in rows[2])
    assert rows[2][5] == '\'@SUM(1)\n"quoted", \u202e'


def test_json_tells_what_is_not_known_as_null() -> None:
    (line,) = json_lines([TASK])
    told = json.loads(line)
    assert tuple(told) == COLUMNS
    assert (told["state"], told["worker"], told["sent_at"]) == ("SUCCESS", None, None)


def test_code_sends_the_same_task_and_holds_literals_alone() -> None:
    assert as_code(TASK) == (
        "app.send_task('shop.add', args=[1, 'two'], kwargs={'more': [True, None]}, queue='celery')"
    )
    known = as_code(TASK, args='[{"x": "\\u202e"}]', kwargs="{}")
    assert known.isprintable() and "\\u202e" in known
    ast.parse(known)


@pytest.mark.parametrize(
    "args", ["(<Order 7>,)", "('" + "x" * 2000, "(1, ...)", "(__import__('os').system('x'),)"]
)
def test_code_of_arguments_that_are_not_known_whole_has_them_as_comments(args: str) -> None:
    code = as_code(Task("x", "a'); import os; ('", args=f"{args}\nimport os"))
    told, call = code.rsplit("\n", 1)
    assert all(line.startswith("# ") for line in told.splitlines())
    (statement,) = ast.parse(call).body
    assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)

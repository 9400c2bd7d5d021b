"""The model of the table: what comes and goes, and how little the view is told of it."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QAbstractItemModelTester

from desktop.engine.states import TaskState
from desktop.ui.pages.tasks.columns import Column
from desktop.ui.pages.tasks.model import TaskModel
from tests.ui.sample_tasks import task

TASKS = [task(n) for n in range(10)]


class Told:
    """What the model tells its view."""

    def __init__(self, model: TaskModel) -> None:
        self.of: list[tuple[str, int, int]] = []
        model.rowsInserted.connect(lambda _p, first, last: self.of.append(("in", first, last)))
        model.rowsRemoved.connect(lambda _p, first, last: self.of.append(("out", first, last)))
        model.modelReset.connect(lambda: self.of.append(("reset", 0, 0)))
        model.dataChanged.connect(
            lambda left, right: self.of.append(("changed", left.row(), right.row()))
        )


@pytest.fixture
def model(qapp) -> TaskModel:
    made = TaskModel()
    made.reset(TASKS)
    made.tester = QAbstractItemModelTester(
        made, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    return made


def ids(model: TaskModel) -> list[str]:
    return [one.id for one in model.tasks]


def test_new_ones_at_the_top_are_one_insert_and_the_oldest_go(model) -> None:
    told = Told(model)
    new = [task(n) for n in range(100, 103)]
    model.become([*new, *TASKS[:7]])
    assert told.of == [("out", 7, 9), ("in", 0, 2)]
    assert ids(model) == [one.id for one in [*new, *TASKS[:7]]]


def test_what_has_not_changed_is_not_told(model) -> None:
    told = Told(model)
    model.become(list(TASKS))
    assert told.of == []


def test_what_has_changed_is_told_once(model) -> None:
    told = Told(model)
    changed = [msgspec.structs.replace(TASKS[n], state=TaskState.FAILURE) for n in (2, 5)]
    model.become([*TASKS[:2], changed[0], *TASKS[3:5], changed[1], *TASKS[6:]])
    assert told.of == [("changed", 2, 5)]


def test_another_order_is_a_reset(model) -> None:
    told = Told(model)
    model.become(list(reversed(TASKS)))
    assert told.of == [("reset", 0, 0)]
    assert ids(model) == [one.id for one in reversed(TASKS)]


def test_many_single_changes_are_a_reset(model) -> None:
    model.reset([task(n) for n in range(0, 60)])
    told = Told(model)
    model.become([task(n) for n in range(0, 60, 2)])
    assert told.of == [("reset", 0, 0)]


def test_a_page_behind_brings_each_task_once(model) -> None:
    moved = msgspec.structs.replace(TASKS[3], retries=4)
    assert model.append([moved, task(10), task(11), task(10)]) == 2
    assert model.task(3).retries == 4
    assert len(set(ids(model))) == len(ids(model)) == 12


def test_rows_are_let_go_at_both_ends(model) -> None:
    model.prepend([task(20)])
    model.drop_first(3)
    model.drop_last(2)
    assert ids(model) == [one.id for one in TASKS[2:8]]
    model.drop_last(100)
    assert ids(model) == []
    model.drop_first(1)


def test_a_selection_goes_with_its_task(model) -> None:
    selection = QItemSelectionModel(model)
    flags = QItemSelectionModel.SelectionFlag
    selection.select(model.index(4, 0), flags.Select | flags.Rows)
    model.become([task(50), task(51), *TASKS[:8]])
    assert [model.task(index.row()).id for index in selection.selectedRows()] == [TASKS[4].id]


def test_the_first_cell_tells_the_whole_row(model) -> None:
    spoken = model.index(0, Column.STATE).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("Succeeded, shop.tasks.send_receipt, Worker w1, Received ")
    assert spoken.endswith("Runtime 90 ms")
    assert model.index(0, Column.WORKER).data(Qt.ItemDataRole.AccessibleTextRole) == "Worker: w1"

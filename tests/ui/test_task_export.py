"""Tasks into a file: all of them, whole or not at all."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from PySide6.QtCore import QThreadPool

from desktop.engine.history_commands import ListTasks, Selection
from desktop.ui.actions import Actions
from desktop.ui.task_export import TaskExport
from tests.ui import sample
from tests.ui.sample_tasks import StandInHistory, history, task

ALL = Selection(search="")


@pytest.fixture
def begin(qtbot, bridge, tmp_path):
    bridge.answers |= StandInHistory(history(2_500)).answers()

    def make(name: str, selection: Selection = ALL) -> TaskExport:
        actions = Actions(bridge, None)
        one = TaskExport(actions.tasks, selection, tmp_path / name, actions)
        one.keeps = actions
        return one

    return make


def test_a_table_of_all_pages(qtbot, begin, tmp_path: Path) -> None:
    export = begin("all.csv")
    with qtbot.waitSignal(export.finished) as told:
        export.begin()
    assert told.args == [2_500, str(tmp_path / "all.csv")]
    with (tmp_path / "all.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [task(n).id for n in range(2_500)]


def test_a_document_a_line_of_those_that_are_chosen(qtbot, begin, tmp_path: Path) -> None:
    ids = (task(3).id, task(7).id)
    export = begin("some.jsonl", Selection(ids, None))
    with qtbot.waitSignal(export.finished):
        export.begin()
    told = [json.loads(line) for line in (tmp_path / "some.jsonl").read_text().splitlines()]
    assert [one["id"] for one in told] == list(ids)


def test_a_broken_off_one_leaves_nothing(qtbot, begin, tmp_path: Path) -> None:
    export = begin("half.csv")
    export.progressed.connect(lambda _count: export.cancel())
    with qtbot.waitSignal(export.progressed):
        export.begin()
    QThreadPool.globalInstance().waitForDone()
    qtbot.waitUntil(lambda: list(tmp_path.iterdir()) == [])


def test_a_place_that_can_not_be_written_is_told(qtbot, begin) -> None:
    export = begin("no/such/folder.csv")
    with qtbot.waitSignal(export.failed) as told:
        export.begin()
    assert str(told.args[0].title) == "folder.csv can't be written."


def test_an_engine_that_refuses_leaves_nothing(qtbot, bridge, begin, tmp_path: Path) -> None:
    bridge.answers[ListTasks] = sample.CRASH
    export = begin("none.csv")
    with qtbot.waitSignal(export.failed):
        export.begin()
    assert list(tmp_path.iterdir()) == []

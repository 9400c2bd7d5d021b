"""Columns that are dragged: the whole always fits, and what was dragged is kept."""

from __future__ import annotations

from enum import IntEnum

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QTableView

from desktop.ui.widgets import row_table
from desktop.ui.widgets.column_widths import ColumnWidths
from desktop.ui.widgets.row_table import Shape
from desktop.words import text


class Column(IntEnum):
    NAME = 0
    REST = 1
    SIZE = 2
    AGE = 3


SHAPES = {
    Column.NAME: Shape(text("Name"), 100),
    Column.REST: Shape(text("Queues"), 0),
    Column.SIZE: Shape(text("Memory"), 80),
    Column.AGE: Shape(text("Up"), 70),
}


@pytest.fixture
def table(qtbot, light) -> QTableView:
    made = QTableView()
    made.setModel(QStandardItemModel(3, len(SHAPES), made))
    row_table.set_up(made, SHAPES, row_px=30, header_px=30, narrowest_px=40)
    qtbot.addWidget(made)
    made.resize(500, 200)
    made.show()
    return made


@pytest.fixture
def widths(table) -> ColumnWidths[Column]:
    made = ColumnWidths(table, SHAPES, Column.REST, rest_px=60, narrowest_px=40)
    made.share_out(list(SHAPES))
    return made


def drag(qtbot, table: QTableView, column: Column, pixels: int) -> None:
    """Its right edge, by mouse."""
    header = table.horizontalHeader()
    edge = header.sectionViewportPosition(column) + header.sectionSize(column) - 1
    qtbot.mousePress(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(edge, 15))
    for step in (pixels // 2, pixels):
        qtbot.mouseMove(header.viewport(), QPoint(edge + step, 15))
    qtbot.mouseRelease(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(edge + pixels, 15))


def sizes(table: QTableView) -> list[int]:
    return [table.columnWidth(column) for column in SHAPES]


@pytest.mark.parametrize(
    ("column", "pixels", "changes"),
    [
        (Column.NAME, 30, (30, -30, 0, 0)),
        (Column.REST, 20, (0, 20, -20, 0)),
        (Column.SIZE, -25, (0, 0, -25, 25)),
        (Column.SIZE, 300, (0, 0, 30, -30)),  # its neighbour keeps 40
        (Column.NAME, -90, (-60, 60, 0, 0)),  # and it keeps 40 itself
        (Column.AGE, -20, (0, 0, 0, 0)),  # the edge of the table
    ],
)
def test_what_one_gains_its_neighbour_loses(qtbot, table, widths, column, pixels, changes) -> None:
    before = sizes(table)
    drag(qtbot, table, column, pixels)
    assert sizes(table) == [size + change for size, change in zip(before, changes, strict=True)]
    assert sum(sizes(table)) == table.viewport().width()


def test_what_was_dragged_is_told_once_and_kept(qtbot, table, widths) -> None:
    with qtbot.waitSignal(widths.dragged):
        drag(qtbot, table, Column.SIZE, 20)
    assert widths.kept == ("size=100", "age=50")
    table.resize(700, 200)
    widths.share_out(list(SHAPES))
    assert sizes(table)[2:] == [100, 50] and sum(sizes(table)) == table.viewport().width()


def test_a_file_that_somebody_edited_does_no_harm(table, widths) -> None:
    widths.restore(("size=9999999999", "age=-3", "rest=90", "name=1", "x=5", "size", "age=٣"))
    assert widths.kept in {("size=2000", "name=40"), ("size=2000", "name=40", "age=40")}


def test_nothing_is_measured_by_what_the_rows_say(table, widths) -> None:
    header = table.horizontalHeader()
    modes = {header.sectionResizeMode(column) for column in SHAPES}
    assert modes == {header.ResizeMode.Interactive}

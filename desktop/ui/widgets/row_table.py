"""What the tables of rows have in common: whole rows, fixed heights and widths, hairlines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyleOptionViewItem,
    QTableView,
)

from desktop.ui import fonts, theme
from desktop.ui.fonts import Role
from desktop.ui.widgets.label import draw_line
from desktop.words import Text

Column = TypeVar("Column", bound=int)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a column looks."""

    title: Text
    width: int
    """Pixels; 0 where the table shares out what is left."""
    number: bool = False


def set_up(
    table: QTableView,
    shapes: Mapping[Column, Shape],
    *,
    row_px: int,
    header_px: int,
    narrowest_px: int,
) -> None:
    """Fixed heights and column modes keep a table cheap at any size (facts), and keep its rows
    where they are when another script's font steps in."""
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(row_px)
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    header = table.horizontalHeader()
    header.setFixedHeight(header_px)
    header.setFont(fonts.font(Role.SECONDARY))
    header.setHighlightSections(False)
    header.setSectionsClickable(False)
    header.setMinimumSectionSize(narrowest_px)
    for column, shape in shapes.items():
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(column, shape.width)


def alignment(shape: Shape) -> Qt.AlignmentFlag:
    """Numbers stand at the right."""
    side = Qt.AlignmentFlag.AlignRight if shape.number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def header_data(
    shapes: Mapping[Column, Shape], section: int, orientation: Qt.Orientation, role: int
) -> object:
    """What a model says of the head of a column; rows have none, though Qt asks for them, too."""
    if orientation != Qt.Orientation.Horizontal:
        return None
    shape = list(shapes.values())[section]
    if role == Qt.ItemDataRole.DisplayRole:
        return str(shape.title)
    return alignment(shape) if role == Qt.ItemDataRole.TextAlignmentRole else None


def fit(
    table: QTableView, shapes: Mapping[Column, Shape], left_out: Iterable[Column], least_px: int
) -> None:
    """Share out the width: the last column takes what is left, ``least_px`` at least, and while
    there is not that much, the columns ``left_out`` go, the first one first."""
    width = table.viewport().width()
    hidden: set[Column] = set()
    for column in left_out:
        if sum(shape.width for c, shape in shapes.items() if c not in hidden) <= width - least_px:
            break
        hidden.add(column)
    for column in shapes:
        table.setColumnHidden(column, column in hidden)
    taken = sum(shape.width for column, shape in shapes.items() if column not in hidden)
    table.horizontalHeader().resizeSection(len(shapes) - 1, max(width - taken, least_px))


def draw_row(
    painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
) -> None:
    """The ground of one cell: its row's selection, and the hairline to the next row."""
    draw_ground(painter, option, last=index.row() == index.model().rowCount() - 1)


def draw_ground(painter: QPainter, option: QStyleOptionViewItem, *, last: bool = False) -> None:
    """As :func:`draw_row`, for who knows whether it is the last row."""
    rect: QRect = option.rect
    state: QStyle.StateFlag = option.state
    if state & QStyle.StateFlag.State_Selected:
        painter.fillRect(rect, theme.color("sel"))
    if not last:
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme.color("hair"))


def draw_words(
    painter: QPainter, rect: QRect, words: str, shape: Shape, *, strong: bool = False
) -> None:
    """A plain cell; ``strong`` is the one that names its row."""
    side = Qt.AlignmentFlag.AlignRight if shape.number else Qt.AlignmentFlag.AlignLeft
    role = Role.BODY_MEDIUM if strong else Role.SECONDARY
    draw_line(painter, rect, words, role, theme.color("text" if strong else "sub"), align=side)

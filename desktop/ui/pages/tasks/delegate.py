"""How the cells of the table of tasks are drawn: on the line grid, calm but for what needs eyes."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from desktop.ui import icons, theme
from desktop.ui.fonts import Role
from desktop.ui.pages.tasks.columns import KINDS, Column, cell, split_name
from desktop.ui.pages.tasks.model import Index, TaskModel
from desktop.ui.phrases import task_state
from desktop.ui.widgets import row_table
from desktop.ui.widgets.chip import PAD as CHIP_PAD
from desktop.ui.widgets.chip import draw_chip
from desktop.ui.widgets.label import draw_line, width_of

ROW = 32
PAD = 12
CHIP_LEFT = 6
MODULE_MIN = 28
"""A module's name in less room than this tells nothing."""
LOUD = frozenset({TaskState.STARTED, TaskState.RETRY, TaskState.FAILURE})
"""Only these are tinted: a long table stays calm."""
_MONO = frozenset({Column.ARGUMENTS, Column.OUTCOME, Column.ID})


class TaskDelegate(QStyledItemDelegate):
    """One painter for all cells; the row's rule and selection are drawn with each."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(40, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        task = model.task(index.row()) if isinstance(model, TaskModel) else None
        if task is None or not isinstance(model, TaskModel):
            return
        rect: QRect = option.rect
        row_table.draw_ground(painter, option, last=index.row() == len(model.tasks) - 1)
        column = Column(index.column())
        inside = rect.adjusted(PAD, 0, -PAD, 0)
        if column is Column.STATE:
            _draw_state(painter, rect, task)
        elif column is Column.TASK:
            _draw_name(painter, inside, task)
        else:
            right = KINDS[column].number
            draw_line(
                painter,
                inside,
                cell(task, column, model.now),
                Role.MONO if column in _MONO else Role.SECONDARY,
                theme.color("sub"),
                align=Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft,
            )


def _draw_state(painter: QPainter, rect: QRect, task: Task) -> None:
    glyph, tone = icons.STATES[task.state]
    loud = task.state in LOUD
    at = rect.adjusted(CHIP_LEFT + (0 if loud else CHIP_PAD), 0, -2, 0)
    painter.save()
    draw_chip(
        painter,
        at,
        glyph,
        tone,
        task_state(task.state),
        tinted=loud,
        word_color="" if loud else "sub",
    )
    painter.restore()


def _draw_name(painter: QPainter, rect: QRect, task: Task) -> None:
    """The function first, and its module faint behind it: what matters is never cut off in the
    middle."""
    function, module = split_name(task.name)
    ink = theme.color("text")
    if not function:
        draw_line(painter, rect, cell(task, Column.TASK, 0.0), Role.BODY, theme.color("sub"))
        return
    draw_line(painter, rect, function, Role.BODY, ink)
    left = rect.left() + width_of(function, Role.BODY) + 8
    if module and rect.right() - left >= MODULE_MIN:
        behind = QRect(left, rect.top(), rect.right() - left + 1, rect.height())
        draw_line(painter, behind, module, Role.SECONDARY, theme.color("sub"))

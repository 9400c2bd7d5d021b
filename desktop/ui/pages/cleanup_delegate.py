"""How the cells of the Cleanup table are drawn: on the line grid, two lines at most."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.ui import icons, theme
from desktop.ui.cleanup_lines import Line
from desktop.ui.findings import Mark
from desktop.ui.fonts import Role
from desktop.ui.pages.cleanup_model import SHAPES, CleanupModel, Column, Index, line_marks
from desktop.ui.widgets import row_table
from desktop.ui.widgets.card import draw_focus
from desktop.ui.widgets.chip import HEIGHT, draw_chip
from desktop.ui.widgets.label import draw_line, draw_wrapped, width_of
from desktop.words import tr

ROW = 56
PAD = 12
BOX = 16
MARKS_MAX = 2


class CleanupDelegate(QStyledItemDelegate):
    """One painter for all cells; the row's rule and selection are drawn with each."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(40, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        model = index.model()
        line = model.line(index.row()) if isinstance(model, CleanupModel) else None
        if line is None or not isinstance(model, CleanupModel):
            return
        painter.save()
        row_table.draw_row(painter, option, index)
        inside = rect.adjusted(PAD, 0, -PAD, 0)
        column = Column(index.column())
        words = model.cell(line, column)
        if column is Column.CHECK:
            focus = bool(state & QStyle.StateFlag.State_HasFocus)
            _draw_box(painter, rect, line, enabled=not model.frozen, focus=focus)
        elif column is Column.PROCESS:
            _draw_process(painter, inside, *words.split("\n", 1))
        elif column is Column.CLASS:
            _draw_marks(painter, rect.adjusted(PAD, 0, -2, 0), line_marks(line))
        elif column is Column.TASKS and line.waits:
            _draw_wait(painter, rect, words)
        elif SHAPES[column].number:
            right = Qt.AlignmentFlag.AlignRight
            draw_line(painter, inside, words, Role.SECONDARY, theme.color("sub"), align=right)
        else:
            draw_wrapped(painter, inside, words, Role.SECONDARY, theme.color("sub"))
        painter.restore()


def force_rect(cell: QRect) -> QRect:
    """Where "Force…" stands in the cell of a process that is waited for."""
    width = width_of(tr("Force…"), Role.SECONDARY_MEDIUM) + 8
    return QRect(cell.right() - PAD - width + 4, cell.top() + 4, width, cell.height() - 8)


def _draw_wait(painter: QPainter, cell: QRect, words: str) -> None:
    at = force_rect(cell)
    inside = QRect(cell.left() + PAD, cell.top(), at.left() - cell.left() - PAD - 4, cell.height())
    draw_wrapped(painter, inside, words, Role.SECONDARY, theme.color("sub"))
    middle = Qt.AlignmentFlag.AlignHCenter
    color = theme.color("bad")
    draw_line(painter, at, tr("Force…"), Role.SECONDARY_MEDIUM, color, align=middle)


def _draw_process(painter: QPainter, rect: QRect, name: str, process: str = "") -> None:
    top = rect.top() + (rect.height() - Role.BODY.line - Role.SECONDARY.line) // 2
    first = QRect(rect.left(), top, rect.width(), Role.BODY.line)
    second = QRect(rect.left(), first.bottom() + 1, rect.width(), Role.SECONDARY.line)
    middle = Qt.TextElideMode.ElideMiddle
    draw_line(painter, first, name, Role.BODY_MEDIUM, theme.color("text"), elide=middle)
    draw_line(painter, second, process, Role.SECONDARY, theme.color("sub"))


def _draw_marks(painter: QPainter, rect: QRect, marks: tuple[Mark, ...]) -> None:
    """The two gravest, one above the other; the number of those that are left out."""
    shown, more = marks[:MARKS_MAX], len(marks) - MARKS_MAX
    gap = 3
    height = len(shown) * HEIGHT + (len(shown) - 1) * gap
    top = rect.top() + (rect.height() - height) // 2
    for number, mark in enumerate(shown):
        last = number == MARKS_MAX - 1 and more > 0
        word = f"{mark.word} +{more}" if last else mark.word
        at = QRect(rect.left(), top + number * (HEIGHT + gap), rect.width(), HEIGHT)
        ink = "" if mark.loud else "sub"
        draw_chip(painter, at, mark.glyph, mark.tone, word, tinted=mark.loud, word_color=ink)


def _draw_box(painter: QPainter, cell: QRect, line: Line, *, enabled: bool, focus: bool) -> None:
    if line.row is None:
        return
    left = cell.left() + (cell.width() - BOX) // 2 + 2
    box = QRectF(left, cell.top() + (cell.height() - BOX) // 2, BOX, BOX)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if line.checked:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent" if enabled else "handle"))
        painter.drawRoundedRect(box, 4, 4)
        icons.draw(painter, box.adjusted(2, 2, -2, -2), "tick-white", theme.color("on_accent"))
    else:
        painter.setPen(QPen(theme.color("faint" if enabled else "border"), 1))
        painter.setBrush(theme.color("card"))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    if focus:
        draw_focus(painter, box.adjusted(-4, -4, 4, 4), 6)

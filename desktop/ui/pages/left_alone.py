"""What the cleanup does not touch, and why: a short list that can be opened."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.engine.commands import PlanRow
from desktop.engine.states import Owner
from desktop.ui import icons, theme
from desktop.ui.cleanup_lines import process_name
from desktop.ui.findings import marks
from desktop.ui.fonts import Role
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.label import Label, draw_line, width_of
from desktop.words import tr, trn

ROW = 26
ROWS_SHORT = 3


class LeftAlone(Card):
    """Title, a line on what they are, the first rows, and "Show all"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._rows: tuple[PlanRow, ...] = ()
        self._open = False
        self._title = Label("", Role.CARD_TITLE)
        self._note = Label("", Role.SECONDARY, "sub")
        self.more = Button("", look="link")
        self.more.clicked.connect(self._on_more_clicked)
        self.list = _Rows()
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title)
        head.addWidget(self._note, 1)
        head.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 6, 12, 8)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.list)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_rows(self, rows: tuple[PlanRow, ...]) -> None:
        """These are left alone; hidden when there are none."""
        self._rows = rows
        self.setVisible(bool(rows))
        self._title.setText(tr("Left alone"))
        self._note.setText(tr("Not touched, each for the reason beside it"))
        hidden = len(rows) - ROWS_SHORT
        self.more.setVisible(hidden > 0)
        self.more.set_words(
            tr("Show fewer") if self._open else trn("Show {n} more", "Show {n} more", hidden)
        )
        self.list.show_rows(rows if self._open else rows[:ROWS_SHORT])

    def _on_more_clicked(self) -> None:
        self._open = not self._open
        self.show_rows(self._rows)


class _Rows(QWidget):
    """Glyph, name, pid, and the reason at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[PlanRow, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def spoken(self) -> tuple[str, ...]:
        """Each row in words."""
        return tuple(
            ", ".join((process_name(row.worker), _where(row), str(row.why))) for row in self._rows
        )

    def show_rows(self, rows: tuple[PlanRow, ...]) -> None:
        grown = len(rows) != len(self._rows)
        self._rows = rows
        self.setAccessibleName("; ".join(self.spoken))
        self.setToolTip("")
        if grown:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, ROW * len(self._rows))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        sub = theme.color("sub")
        for number, row in enumerate(self._rows):
            at = QRect(0, number * ROW, self.width() - 4, ROW)
            if not at.intersects(event.rect()):
                continue
            mark = marks(row.worker)[0]
            side = icons.GLYPH
            square = QRectF(0, at.top() + (ROW - side) / 2, side, side)
            icons.draw(painter, square, mark.glyph, theme.color(mark.tone.value))
            name, where = process_name(row.worker), _where(row)
            half = at.width() // 2
            taken = min(width_of(name, Role.BODY), max(half - 110, 60))
            words = QRect(20, at.top(), taken, ROW)
            middle = Qt.TextElideMode.ElideMiddle
            draw_line(painter, words, name, Role.BODY, theme.color("text"), elide=middle)
            beside = QRect(words.right() + 9, at.top(), half - taken - 30, ROW)
            draw_line(painter, beside, where, Role.SECONDARY, sub)
            why = QRect(half, at.top(), at.width() - half, ROW)
            right = Qt.AlignmentFlag.AlignRight
            draw_line(painter, why, str(row.why), Role.SECONDARY, sub, align=right)
        painter.end()


def _where(row: PlanRow) -> str:
    if row.worker.owner is Owner.REMOTE:
        return tr("elsewhere")
    return tr("pid {pid}", pid=row.worker.pid)

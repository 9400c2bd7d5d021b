"""Text of a fixed width in a well: to read, to select and to copy, never to be anything else."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QTextOption
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

from desktop.ui import fonts, theme
from desktop.ui.fonts import Role
from desktop.ui.shown_text import block
from desktop.ui.widgets.card import draw_surface
from desktop.ui.widgets.traceback_ink import TracebackInk

LINES_MAX = 14
"""More of them scroll inside."""
MARGIN = 6


class CodeBlock(QPlainTextEdit):
    """As high as its lines; long ones are broken anywhere."""

    def __init__(
        self,
        name: str,
        words: str,
        *,
        traceback: bool = False,
        lines_max: int = LINES_MAX,
        parent: QWidget | None = None,
    ) -> None:
        """``name`` is what a screen reader calls it. ``traceback``: put weight on what matters."""
        super().__init__(parent)
        self._lines_max = lines_max
        self._edge = 0
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFont(fonts.font(Role.MONO))
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setStyleSheet("background: transparent;")
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(MARGIN)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self._ink = TracebackInk(self.document()) if traceback else None
        self.setPlainText(block(words))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        # The document of plain text counts its height in lines.
        lines = max(1, round(self.document().documentLayout().documentSize().height()))
        shown = min(lines, self._lines_max)
        height = shown * self.fontMetrics().lineSpacing() + 2 * MARGIN + 4
        if height != self._edge:
            self._edge = height
            self.setFixedHeight(height)
        if self._ink is not None:
            # What happened stands at the end.
            bar = self.verticalScrollBar()
            bar.setValue(bar.maximum())

    def sizeHint(self) -> QSize:
        return QSize(200, self._edge)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        ground = self.viewport().rect().toRectF()
        edge = theme.color("accent" if self.hasFocus() else "hair")
        draw_surface(painter, ground, theme.color("bg"), edge, 6)
        painter.end()
        super().paintEvent(event)

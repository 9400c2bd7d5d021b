"""Log lines as selectable text, with the source's name beside each; follows or holds."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QFrame, QPlainTextEdit, QWidget

from desktop.ui import fonts, theme
from desktop.ui.fonts import Role
from desktop.ui.theme import Tone
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.label import draw_line, width_of
from desktop.words import trn

TONES = (Tone.RUN, Tone.REVOKED, Tone.OK, Tone.WARN, Tone.OFF, Tone.BAD)
"""Colours of sources, in their order, again and again."""
GUTTER_MAX = 140
PAD = 12
_MOVES = {
    Qt.Key.Key_PageUp: QAbstractSlider.SliderAction.SliderPageStepSub,
    Qt.Key.Key_PageDown: QAbstractSlider.SliderAction.SliderPageStepAdd,
    Qt.Key.Key_Up: QAbstractSlider.SliderAction.SliderSingleStepSub,
    Qt.Key.Key_Down: QAbstractSlider.SliderAction.SliderSingleStepAdd,
    Qt.Key.Key_Home: QAbstractSlider.SliderAction.SliderToMinimum,
    Qt.Key.Key_End: QAbstractSlider.SliderAction.SliderToMaximum,
}
_PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier)


class LogView(QPlainTextEdit):
    """Read-only. Scrolling away from the end holds; at the end it follows again."""

    following_changed = Signal(bool)
    held_changed = Signal(int)
    """So many new lines came while it held."""

    def __init__(self, lines_max: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._following = True
        self._held = 0
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setUndoRedoEnabled(False)
        self.setMaximumBlockCount(lines_max)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFont(fonts.font(Role.MONO))
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(8)
        self.set_wrap(False)
        self._gutter = _Gutter(self)
        self._pill = Button("", "down", parent=self)
        self._pill.clicked.connect(lambda: self.follow(True))
        self._pill.hide()
        self.updateRequest.connect(self._on_update_request)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.verticalScrollBar().actionTriggered.connect(self._on_scroll_action)
        self._by_hand = False

    # --- what is shown ----------------------------------------------------------------------

    def set_names(self, names: tuple[str, ...]) -> None:
        """Names of the sources, shown beside their lines; with one source there is no need."""
        if names != self._names:
            self._names = names
            self._place_gutter()
            self.viewport().update()

    def set_wrap(self, wrap: bool) -> None:
        """Break long lines, or let them run out to the right."""
        modes = QPlainTextEdit.LineWrapMode
        self.setLineWrapMode(modes.WidgetWidth if wrap else modes.NoWrap)

    def replace(self, lines: list[tuple[int, str]]) -> None:
        """These (source, words) instead of all."""
        self.clear()
        self._count_held(-self._held)
        self._insert(lines)
        self.to_end()

    def append(self, lines: list[tuple[int, str]]) -> None:
        """These behind the rest. While it holds, what is seen does not move."""
        if not lines:
            return
        bar = self.verticalScrollBar()
        seen = bar.value()
        before = self.blockCount()
        self._insert(lines)
        if self._following:
            self.to_end()
        else:
            # Lines that fell off the top take the view with them.
            lost = max(0, before + len(lines) - self.maximumBlockCount())
            bar.setValue(max(0, seen - lost))
            self._count_held(len(lines))

    def _insert(self, lines: list[tuple[int, str]]) -> None:
        if not lines:
            return
        document = self.document()
        cursor = QTextCursor(document)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        words = "\n".join(line for _, line in lines)
        cursor.insertText(words if document.isEmpty() else f"\n{words}")
        block = document.lastBlock()
        for source, _ in reversed(lines):
            if not block.isValid():
                break
            block.setUserState(source)
            block = block.previous()

    @property
    def is_empty(self) -> bool:
        return self.document().isEmpty()

    # --- follow and hold --------------------------------------------------------------------

    @property
    def following(self) -> bool:
        return self._following

    @property
    def held(self) -> int:
        """Lines that came since it holds."""
        return self._held

    def follow(self, follow: bool) -> None:
        """Stay at the end, or stay where it is."""
        if follow:
            self._count_held(-self._held)
        if follow != self._following:
            self._following = follow
            self.following_changed.emit(follow)
        if follow:
            self.to_end()

    def to_end(self) -> None:
        """Show the last line."""
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _on_scroll_action(self, _action: int) -> None:
        # Told after the value has changed: the bar itself was used, by hand or by key.
        bar = self.verticalScrollBar()
        self.follow(bar.sliderPosition() >= bar.maximum())

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._by_hand = True
        super().wheelEvent(event)
        self._by_hand = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = _MOVES.get(Qt.Key(event.key()))
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if move is not None and held in _PLAIN:
            # The text cursor stands where it was last put; what is seen is what should move.
            self.verticalScrollBar().triggerAction(move)
            return
        self._by_hand = True
        super().keyPressEvent(event)
        self._by_hand = False

    def _on_scrolled(self, value: int) -> None:
        if self._by_hand:
            self._by_hand = False
            self.follow(value >= self.verticalScrollBar().maximum())

    def _count_held(self, more: int) -> None:
        if more:
            self._held += more
            self.held_changed.emit(self._held)
        self._show_pill()

    def _show_pill(self) -> None:
        self._pill.setVisible(self._held > 0)
        if self._held:
            self._pill.set_words(trn("{n} new line", "{n} new lines", self._held))
            self._pill.adjustSize()
            left = (self.width() - self._pill.width()) // 2
            self._pill.move(left, self.height() - self._pill.height() - 16)

    # --- the names beside the lines ---------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_gutter()
        self._show_pill()
        if self._following:
            self.to_end()

    def _place_gutter(self) -> None:
        width = 0
        if len(self._names) > 1:
            widest = max(width_of(name, Role.SECONDARY_MEDIUM) for name in self._names)
            width = min(widest, GUTTER_MAX) + 2 * PAD
        if self.viewportMargins().left() != width:
            self.setViewportMargins(width, 0, 0, 0)
        area = self.contentsRect()
        self._gutter.setGeometry(QRect(area.left(), area.top(), width, area.height()))
        self._gutter.setVisible(width > 0)

    def _on_update_request(self, _rect: QRect, _scrolled: int) -> None:
        self._gutter.update()

    def paint_gutter(self, event: QPaintEvent) -> None:
        """Draw the names of the lines that are seen."""
        painter = QPainter(self._gutter)
        painter.fillRect(event.rect(), theme.color("card"))
        width = self._gutter.width()
        painter.fillRect(QRect(width - 1, 0, 1, self._gutter.height()), theme.color("hair"))
        block = self.firstVisibleBlock()
        last = QTextBlock()
        while block.isValid():
            area = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if area.top() > self._gutter.height():
                break
            # The name stands once at the top of a run of lines of one source.
            if not last.isValid() or last.userState() != block.userState():
                self._draw_name(painter, block, round(area.top()), width)
            last = block
            block = block.next()
        painter.end()

    def _draw_name(self, painter: QPainter, block: QTextBlock, top: int, width: int) -> None:
        source = block.userState()
        if 0 <= source < len(self._names) and block.isVisible():
            color = theme.color(TONES[source % len(TONES)].value)
            height = round(self.fontMetrics().height())
            row = QRect(PAD, top, width - 2 * PAD, height)
            draw_line(painter, row, self._names[source], Role.SECONDARY_MEDIUM, color)


class _Gutter(QWidget):
    def __init__(self, view: LogView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self) -> QSize:
        return QSize(0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_gutter(event)

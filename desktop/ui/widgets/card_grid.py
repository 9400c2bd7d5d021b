"""Cards of equal size in as many columns as fit."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

GAP = 16
CARD_WIDTH_MIN = 250
COLUMNS_MAX = 4


class CardGrid(QWidget):
    """Lays its cards out row by row; its height follows its width."""

    def __init__(self, card_height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card_height = card_height
        self._cards: list[QWidget] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_cards(self, cards: list[QWidget]) -> None:
        """Show these cards, in this order."""
        if cards == self._cards:
            return
        for card in self._cards:
            if card not in cards:
                card.hide()
        self._cards = cards
        for before, card in zip([None, *cards], cards, strict=False):
            card.setParent(self)
            card.show()
            if before is not None:
                QWidget.setTabOrder(before, card)
        self._place()
        self.updateGeometry()

    def columns(self, width: int) -> int:
        """How many cards stand side by side in this width."""
        fit = (width + GAP) // (CARD_WIDTH_MIN + GAP)
        return max(1, min(fit, COLUMNS_MAX))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self._cards) // self.columns(width))
        return rows * self._card_height + max(0, rows - 1) * GAP

    def sizeHint(self) -> QSize:
        width = self.width() or 800
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(CARD_WIDTH_MIN, self._card_height if self._cards else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def _place(self) -> None:
        columns = self.columns(self.width())
        for number, card in enumerate(self._cards):
            row, column = divmod(number, columns)
            # Edges are rounded, not widths: the right edge always meets the page's margin.
            step = (self.width() + GAP) / columns
            left, right = round(column * step), round((column + 1) * step) - GAP
            top = row * (self._card_height + GAP)
            card.setGeometry(left, top, right - left, self._card_height)

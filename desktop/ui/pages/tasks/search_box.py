"""The search box of the tasks: completes fields and values, and underlines where a query errs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QModelIndex,
    QObject,
    QRect,
    QStringListModel,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QInputMethodEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QTextCharFormat,
)
from PySide6.QtWidgets import QAbstractItemView, QCompleter, QLineEdit, QWidget

from desktop.ui import icons, theme
from desktop.ui.fonts import Role
from desktop.ui.pages.tasks.completion import Completion, Known, complete
from desktop.ui.widgets.label import draw_line, width_of

TYPING_MS = 150
"""So long after the last key the search begins."""
_PICKS = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab})
_WALKS = frozenset({Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown})


class SearchBox(QLineEdit):
    """Tells of the words when a person has stopped typing, or pressed Enter."""

    searched = Signal(str)
    left = Signal()
    """Enter or the down key: on to the results."""

    def __init__(self, known: Callable[[], Known], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known = known
        self._told = ""
        self._completion = Completion()
        self._hint = ""
        self._walked = False
        """The arrow keys were used in the list of what is offered."""
        self._wrong_at: int | None = None
        self._magnifier = QAction(self)
        self.addAction(self._magnifier, QLineEdit.ActionPosition.LeadingPosition)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self.tell)
        self._offers = QStringListModel(self)
        self._completer = QCompleter(self._offers, self)
        self._completer.setWidget(self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.activated.connect(self._on_chosen)
        self._popup.setObjectName("offers")
        self._popup.installEventFilter(self)
        self.textEdited.connect(self._on_edited)
        self._colour()

    def set_words(self, placeholder: str, hint: str) -> None:
        """What may be searched for, and the keys that lead here."""
        self._hint = hint
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)

    def search_for(self, words: str) -> None:
        """Put these words in, and tell of them at once."""
        self.setText(words)
        self.tell()

    def tell(self) -> None:
        """The words are what is looked for now."""
        self._typing.stop()
        words = self.text()
        if words != self._told:
            self._told = words
            self.searched.emit(words)

    # --- what is wrong ----------------------------------------------------------------------

    def show_wrong(self, at: int | None) -> None:
        """Underline the piece of the query that can't be read; None: all is well."""
        wrong = at is not None
        if self.property("wrong") != wrong:
            self.setProperty("wrong", wrong)
            self.style().unpolish(self)
            self.style().polish(self)
        if at != self._wrong_at:
            self._wrong_at = at
            self._underline()

    def _underline(self) -> None:
        formats = []
        words, at = self.text(), self._wrong_at
        if at is not None and words:
            # What is missing at the end is shown at the last character.
            start = min(max(at, 0), len(words) - 1)
            end = words.find(" ", start)
            length = max(1, (len(words) if end < 0 else end) - start)
            wavy = QTextCharFormat()
            wavy.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            wavy.setUnderlineColor(theme.color("bad"))
            kind = QInputMethodEvent.AttributeType.TextFormat
            formats = [
                QInputMethodEvent.Attribute(kind, start - self.cursorPosition(), length, wavy)
            ]
        # The one way to format a part of a line edit; nothing is typed by it.
        QCoreApplication.sendEvent(self, QInputMethodEvent("", formats))

    # --- completion -------------------------------------------------------------------------

    def _on_edited(self, _words: str) -> None:
        self._typing.start()
        self.show_wrong(None)
        self._completion = complete(self.text(), self.cursorPosition(), self._known())
        offered = self._completion.offered
        self._offers.setStringList(list(offered))
        if offered:
            left = max(0, self.cursorRect().left() - 8)
            width = max(width_of(one, Role.BODY) for one in offered) + 48
            self._walked = False
            self._completer.complete(QRect(left, 0, min(width, 420), self.height()))
            self._popup.setCurrentIndex(QModelIndex())
        else:
            self._popup.hide()

    @property
    def _popup(self) -> QAbstractItemView:
        popup = self._completer.popup()
        assert popup is not None  # noqa: S101 - it completes in a popup
        return popup

    def _on_chosen(self, choice: str) -> None:
        words, cursor = self._completion.put(self.text(), choice)
        self.setText(words)
        self.setCursorPosition(cursor)
        if words.endswith(" "):
            self._typing.start()
        else:
            self._on_edited(words)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tab takes what is marked, or the first that is offered; Enter takes what a person went
        to with the arrow keys, and searches otherwise."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        popup, key = self._popup, event.key()
        if key in _WALKS:
            self._walked = True
        elif key in _PICKS:
            row = popup.currentIndex().row() if self._walked else 0
            popup.hide()
            if self._walked or key == Qt.Key.Key_Tab:
                self._on_chosen(self._completion.offered[max(row, 0)])
            else:
                self.tell()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # While the list is open it has the keyboard, and hands on what it does not need.
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.tell()
        elif event.key() == Qt.Key.Key_Down:
            self.tell()
            self.left.emit()
        else:
            super().keyPressEvent(event)

    # --- how it looks -----------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.text() or not self._hint or self.hasFocus() or self.width() < 300:
            return
        painter = QPainter(self)
        at = QRect(0, 0, self.width() - 12, self.height())
        right = Qt.AlignmentFlag.AlignRight
        draw_line(painter, at, self._hint, Role.SECONDARY, theme.color("faint"), align=right)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_magnifier"):
            self._colour()

    def _colour(self) -> None:
        self._magnifier.setIcon(icons.icon("search", theme.color("sub")))

"""What every page of the window is: a header with a sentence and actions, and content below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsOpacityEffect,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.engine.states import Severity
from desktop.paths import Home
from desktop.ui import icons
from desktop.ui.actions import Actions
from desktop.ui.fonts import Role
from desktop.ui.trends import Trends
from desktop.ui.view import View
from desktop.ui.widgets.banner import Banner
from desktop.ui.widgets.glyph import Glyph
from desktop.ui.widgets.label import Label
from desktop.words import Text, tr

if TYPE_CHECKING:
    from desktop.ui.preferences import Preferences

MARGIN = 24
GAP = 16
SCROLL_BAR = 12


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the window gives each page."""

    actions: Actions
    preferences: Preferences
    home: Home
    trends: Trends
    choose_project: Callable[[], None]


def set_dim(widget: QWidget, dim: bool) -> None:
    """Show what is no longer sure to be true at half strength, or in full again."""
    effect = widget.graphicsEffect()
    if dim and effect is None:
        faded = QGraphicsOpacityEffect(widget)
        faded.setOpacity(0.5)
        widget.setGraphicsEffect(faded)
    elif not dim and effect is not None:
        widget.setGraphicsEffect(None)  # type: ignore[arg-type]


class Header(QWidget):
    """Title, a sentence with a glyph, and actions at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Label("", Role.PAGE_TITLE)
        self._glyph = Glyph(icons.GLYPH)
        self.sentence = Label("", Role.BODY, "sub")
        self._actions = QHBoxLayout()
        self._actions.setSpacing(8)
        below = QHBoxLayout()
        below.setSpacing(6)
        below.addWidget(self._glyph)
        below.addWidget(self.sentence, 1)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addLayout(below)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addLayout(words, 1)
        row.addLayout(self._actions)

    def add_action(self, widget: QWidget) -> None:
        """One more at the right end."""
        self._actions.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_sentence(self, words: str, glyph: str = "", color: str = "sub") -> None:
        """One line on how things are."""
        self.sentence.setText(words)
        self._glyph.show_glyph(glyph, color)
        self._glyph.setVisible(bool(glyph))


class Page(QWidget):
    """One page. A new page is one file with a subclass, and its line in the tuple of pages."""

    name: ClassVar[str]
    label: ClassVar[Text]
    icon: ClassVar[str]
    scrolls: ClassVar[bool] = True
    """Whether the whole page scrolls; pages with a table or a log scroll inside."""

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.around = around
        self.view: View | None = None
        self.header = Header()
        self._out_of_reach = Banner()
        self.content = QWidget()
        self.content.setObjectName("content")
        self.column = QVBoxLayout(self.content)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(GAP)

        inside = QWidget()
        inside.setObjectName("content")
        whole = QVBoxLayout(inside)
        whole.setContentsMargins(MARGIN, 20, MARGIN, MARGIN)
        whole.setSpacing(GAP)
        whole.addWidget(self.header)
        whole.addWidget(self._out_of_reach)
        whole.addWidget(self.content, 1)
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._outer.setSpacing(0)
        self._outer.addWidget(self._scrolling(inside, whole) if self.scrolls else inside)

    def add_foot(self, foot: QWidget) -> None:
        """At the page's lower edge: it stays there, however the rest scrolls and grows."""
        self._outer.addWidget(foot)

    @staticmethod
    def _scrolling(inside: QWidget, layout: QVBoxLayout) -> QScrollArea:
        area = QScrollArea()
        area.setObjectName("page")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)

        def make_room(_least: int, most: int) -> None:
            # The scroll bar stands in the margin: what is below it keeps its width.
            right = MARGIN - (SCROLL_BAR if most > 0 else 0)
            layout.setContentsMargins(MARGIN, 20, right, MARGIN)

        area.verticalScrollBar().rangeChanged.connect(make_room)
        return area

    # --- for the window ---------------------------------------------------------------------

    def take(self, view: View) -> None:
        """Show what is known now. Only the page that is seen is called."""
        self.view = view
        self._dim(not view.reachable and view.stack is not None)
        self.refresh(view)

    def _dim(self, dim: bool) -> None:
        set_dim(self.content, dim)
        if dim:
            self._out_of_reach.show_words(
                Severity.WARNING,
                tr("The engine is out of reach"),
                tr(
                    "This is the last that is known. Your services go on running, and the window "
                    "connects again by itself."
                ),
                dismissable=False,
            )
        else:
            self._out_of_reach.hide()

    # --- for each page ----------------------------------------------------------------------

    @classmethod
    def title(cls) -> str:
        """Its name in the present language."""
        return str(cls.label)

    def refresh(self, view: View) -> None:
        """Show what is known now."""

    def retranslate(self) -> None:
        """Take the words of the present language; ``refresh`` follows."""

    def wake(self) -> None:
        """It is seen from now on."""

    def sleep(self) -> None:
        """Nobody sees it from now on: no timer runs, nothing is read."""

    def show_argument(self, argument: str) -> None:
        """Show one thing of it: the log of a service, the details of another."""

    def search(self) -> None:
        """Put the keyboard into the search field, where there is one."""

    def check_again(self) -> None:
        """Look again, or restart what is selected."""
        self.around.actions.look_again()

    def pause(self) -> None:
        """Hold what moves, or let it go on."""

    def escape(self) -> None:
        """Clear, then leave."""

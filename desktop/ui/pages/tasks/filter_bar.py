"""What the table of tasks is narrowed by: the search box, kept searches, and the states."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from desktop.engine.states import TaskState
from desktop.ui import icons
from desktop.ui.fonts import Role
from desktop.ui.pages.tasks.completion import Known
from desktop.ui.pages.tasks.naming import Naming
from desktop.ui.pages.tasks.search_box import SearchBox
from desktop.ui.phrases import task_state
from desktop.ui.shown_text import one_line
from desktop.ui.widgets.button import IconButton
from desktop.ui.widgets.label import Label
from desktop.ui.widgets.segments import Segments
from desktop.words import tr

if TYPE_CHECKING:
    from desktop.ui.preferences import Preferences

ALL = ""
STATES: dict[str, tuple[TaskState, ...]] = {
    ALL: (),
    "running": (TaskState.STARTED,),
    "retrying": (TaskState.RETRY,),
    "failed": (TaskState.FAILURE,),
    "succeeded": (TaskState.SUCCESS,),
}
COUNT_MAX = 999
"""Larger numbers of a state are not told: they help nobody."""


class FilterBar(QWidget):
    """One line, and below it what is wrong with the query, if anything is."""

    changed = Signal()

    def __init__(
        self, known: Callable[[], Known], preferences: Preferences, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self.search = SearchBox(known)
        self.kept = IconButton("bookmark", side=30)
        self.states = Segments(tuple(STATES))
        self.wrong = Label("", Role.SECONDARY, "bad", wrap=True, lines_max=3)
        self.wrong.hide()
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.search, 1)
        line.addWidget(self.kept)
        line.addWidget(self.states)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(line)
        column.addWidget(self.wrong)
        self.search.searched.connect(self.changed)
        self.states.chosen_changed.connect(self.changed)
        self.kept.clicked.connect(self._on_kept_clicked)
        self.show_counts({})

    def retranslate(self) -> None:
        """Take the words of the present language."""
        self.search.set_words(tr("Name, ID, worker or argument"), tr("Ctrl F"))
        self.kept.set_words(tr("Kept searches"))
        self.show_counts({})

    # --- what is chosen ---------------------------------------------------------------------

    @property
    def words(self) -> str:
        return self.search.text()

    @property
    def chosen_states(self) -> tuple[TaskState, ...]:
        return STATES[self.states.chosen]

    @property
    def narrows(self) -> bool:
        return bool(self.words.strip() or self.chosen_states)

    def clear(self) -> None:
        """All tasks again."""
        self.states.choose(ALL)
        self.search.setText("")
        self.search.tell()
        self.changed.emit()

    def show_search(self, words: str) -> None:
        """Look for these, in whatever state."""
        self.states.choose(ALL)
        self.search.setText(words)
        self.search.tell()
        self.changed.emit()

    # --- what is told -----------------------------------------------------------------------

    def show_counts(self, counts: dict[TaskState, int]) -> None:
        """How many are in a state, where that is known and few."""
        self.states.show_words(ALL, tr("All"))
        for key, states in STATES.items():
            if not states:
                continue
            count = counts.get(states[0], 0)
            shown = str(count) if 0 < count <= COUNT_MAX else ""
            self.states.show_words(key, task_state(states[0]), shown)

    def show_wrong(self, words: str, at: int | None) -> None:
        """Why the query can't be read, and at which character; "" and None: it can."""
        self.wrong.setText(words)
        self.wrong.setVisible(bool(words))
        self.search.show_wrong(at)

    # --- kept searches ----------------------------------------------------------------------

    def kept_menu(self) -> QMenu:
        """Kept searches, to look again, to keep another, to let one go."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(tr("Kept searches"))
        filters = self._preferences.task_filters
        for name, words in filters.items():
            self._add(menu, name, partial(self.show_search, words))
        if filters:
            menu.addSeparator()
        keep = self._add(menu, tr("Keep this search…"), self._ask_name)
        keep.setEnabled(bool(self.words.strip()))
        if filters:
            remove = menu.addMenu(icons.icon("close"), tr("Let go"))
            for name in filters:
                self._add(remove, name, partial(self._let_go, name))
        return menu

    @staticmethod
    def _add(menu: QMenu, words: str, action: Callable[[], object]) -> QAction:
        entry = QAction(one_line(words, 80).replace("&", "&&"), menu)
        entry.triggered.connect(lambda _checked=False: action())
        menu.addAction(entry)
        return entry

    def _on_kept_clicked(self) -> None:
        self.kept_menu().popup(self.kept.mapToGlobal(QPoint(0, self.kept.height() + 4)))

    def _ask_name(self) -> None:
        words = self.words.strip()
        naming = Naming(
            self.window(), tr("Keep this search"), tr("Its name"), one_line(words, 60), tr("Keep")
        )
        naming.named.connect(lambda name: self.keep(name, words))
        naming.open()

    def keep(self, name: str, words: str) -> None:
        """Keep a search under a name; one of the same name gives way."""
        self._preferences.task_filters = {**self._preferences.task_filters, name: words}

    def _let_go(self, name: str) -> None:
        filters = self._preferences.task_filters
        filters.pop(name, None)
        self._preferences.task_filters = filters

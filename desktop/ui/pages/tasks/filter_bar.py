"""What the table of tasks is narrowed by: the search box, kept searches, and the states."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.engine.states import TaskState
from desktop.ui.fonts import Role
from desktop.ui.pages.tasks.completion import Known
from desktop.ui.pages.tasks.kept_searches import KeptSearches
from desktop.ui.pages.tasks.search_box import SearchBox
from desktop.ui.phrases import task_state
from desktop.ui.widgets.button import IconButton
from desktop.ui.widgets.label import Label
from desktop.ui.widgets.segments import Segments
from desktop.words import tr

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
        self, known: Callable[[], Known], kept: KeptSearches, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
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
        self.kept.clicked.connect(
            lambda: kept.open(self.kept, self.search.text(), self.show_search)
        )
        self.show_counts({})

    def retranslate(self) -> None:
        """Take the words of the present language."""
        self.search.set_words(tr("Name, ID, worker or argument"), tr("Ctrl F"))
        self.kept.set_words(tr("Kept searches"))
        self.show_counts({})

    # --- what is chosen ---------------------------------------------------------------------

    @property
    def words(self) -> str:
        """The query; what is still being typed is none yet."""
        return self.search.told

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

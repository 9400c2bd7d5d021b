"""Searches that a person has kept under names: looked for again, kept, let go. The engine keeps
them with the stack, so that ``tasks --search`` has them, too."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from desktop.engine.history_commands import ListFilters, SavedFilters, SaveFilter
from desktop.engine.model import Problem
from desktop.ui import icons
from desktop.ui.pages.tasks.naming import Naming
from desktop.ui.shown_text import one_line
from desktop.ui.task_actions import TaskActions
from desktop.words import tr

NAME_CHARS = 80


class KeptSearches:
    """The menu below the bookmark."""

    def __init__(self, tasks: TaskActions, failed: Callable[[Problem], None]) -> None:
        self._tasks = tasks
        self._failed = failed

    def open(self, button: QWidget, words: str, look_for: Callable[[str], None]) -> None:
        """Ask for the searches, and offer them below ``button``; ``words`` is what is looked for
        now."""

        def show(answer: object) -> None:
            if isinstance(answer, SavedFilters):
                menu = self.menu(button, answer.filters, words, look_for)
                menu.popup(button.mapToGlobal(QPoint(0, button.height() + 4)))

        self._tasks.request(ListFilters(self._tasks.project), show, self._failed)

    def menu(
        self,
        button: QWidget,
        filters: tuple[tuple[str, str], ...],
        words: str,
        look_for: Callable[[str], None],
    ) -> QMenu:
        """Those that are kept, to keep another, to let one go."""
        menu = QMenu(button)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(tr("Kept searches"))
        for name, search in filters:
            _add(menu, name, partial(look_for, search))
        if filters:
            menu.addSeparator()
        keep = _add(menu, tr("Keep this search…"), partial(self._ask_name, button, words))
        keep.setEnabled(bool(words.strip()))
        if filters:
            remove = menu.addMenu(icons.icon("close"), tr("Let go"))
            for name, _ in filters:
                _add(remove, name, partial(self.keep, name, ""))
        return menu

    def keep(self, name: str, words: str) -> None:
        """Keep a search under a name, where one of the same name gives way; "": let it go."""
        command = SaveFilter(self._tasks.project, name, words)
        self._tasks.request(command, lambda _answer: None, self._failed)

    def _ask_name(self, button: QWidget, words: str) -> None:
        title, suggestion = tr("Keep this search"), one_line(words.strip(), 40)
        naming = Naming(button.window(), title, tr("Its name"), suggestion, tr("Keep"))
        naming.named.connect(lambda name: self.keep(name, words))
        naming.open()


def _add(menu: QMenu, words: str, action: Callable[[], object]) -> QAction:
    entry = QAction(one_line(words, NAME_CHARS).replace("&", "&&"), menu)
    entry.triggered.connect(lambda _checked=False: action())
    menu.addAction(entry)
    return entry

"""What a person does with tasks on their page: one, those selected, or all that match."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from desktop.engine.history_commands import Selection
from desktop.engine.states import TaskState
from desktop.engine.task_commands import ActOnTasks, TaskActionReport, TaskOutcome, TaskVerb
from desktop.engine.task_control.export import as_code
from desktop.engine.task_model import Task
from desktop.ui import icons
from desktop.ui.pages.tasks.columns import ALWAYS, KINDS, Column, chosen
from desktop.ui.pages.tasks.comparison import Comparison
from desktop.ui.pages.tasks.detail import GOES_ON
from desktop.ui.pages.tasks.situation import silent_nodes
from desktop.ui.task_actions import way_back
from desktop.ui.task_export import TaskExport, ask_path
from desktop.words import tr, trn

if TYPE_CHECKING:
    from desktop.ui.pages.tasks.page import TasksPage


class Conduct:
    """Menus and buttons of the page, joined with what the engine is asked to do."""

    def __init__(self, page: TasksPage) -> None:
        self._page = page
        self._tasks = page.around.actions.tasks
        self._export: TaskExport | None = None

    def connect(self) -> None:
        """Listen to the parts of the page."""
        page = self._page
        table, detail = page.table, page.detail
        table.copy_asked.connect(lambda: self._tasks.copy_ids(table.selected))
        table.menu_asked.connect(self._on_menu_asked)
        detail.copy_asked.connect(self._tasks.copy)
        detail.run_again_asked.connect(lambda task: self.act(TaskVerb.RUN_AGAIN, [task]))
        detail.revoke_asked.connect(lambda task: self.act(TaskVerb.REVOKE, [task]))
        detail.terminate_asked.connect(lambda task: self.act(TaskVerb.TERMINATE, [task]))
        detail.why_asked.connect(lambda task: page.around.actions.ask_why(task.id))
        detail.more_asked.connect(self._on_detail_more)
        page.export.clicked.connect(lambda: self.export(page.feed.search.selection))
        page.more.clicked.connect(lambda: _under(page.more, self.page_menu()))

    # --- on tasks ---------------------------------------------------------------------------

    def act(self, verb: TaskVerb, tasks: Sequence[Task]) -> None:
        """On these."""
        self._act(verb, Selection(tuple(task.id for task in tasks), None))

    def act_on_all(self, verb: TaskVerb) -> None:
        """On all that the search finds."""
        self._act(verb, self._page.feed.search.selection)

    def _act(self, verb: TaskVerb, selection: Selection) -> None:
        self._page.banners.clear()
        self._tasks.act(verb, selection, self._on_done, self._on_failed, self._repair)

    def _on_done(self, command: ActOnTasks, report: TaskActionReport) -> None:
        back = way_back(command, report)
        undo = partial(self._tasks.undo, back, self._on_done, self._on_failed) if back else None
        self._page.banners.tell_report(report, undo)

    @property
    def _on_failed(self) -> Callable[..., None]:
        return self._page.banners.tell_problem

    def _repair(self, outcome: TaskOutcome) -> None:
        """Its real arguments are not known: a person fills them in."""
        form = self._page.around.actions.run_task(
            name=outcome.name,
            args=outcome.args,
            kwargs=outcome.kwargs,
            again=outcome.id,
            why=str(outcome.words),
        )
        form.sent.connect(self._on_sent)

    def run_by_hand(self) -> None:
        """Send a task of a person's choice."""
        self._page.around.actions.run_task().sent.connect(self._on_sent)

    def _on_sent(self, report: TaskActionReport) -> None:
        self._page.banners.clear()
        self._page.banners.tell_sent(report)

    def fill_empty(self) -> None:
        """Do something about there being no task at all."""
        view = self._page.view
        if silent_nodes(view.stack if view else None):
            self.enable_events()
        else:
            self.run_by_hand()

    def export(self, selection: Selection) -> None:
        """Write these into a file of a person's choice."""
        ask_path(self._page, lambda path: self._begin_export(selection, path))

    def _begin_export(self, selection: Selection, path: Path) -> None:
        banners = self._page.banners
        self.break_off()
        self._export = export = TaskExport(self._tasks, selection, path, self._page)
        export.progressed.connect(lambda count: banners.tell_export(count, export.cancel))
        export.finished.connect(banners.tell_exported)
        export.failed.connect(self._on_failed)
        export.begin()

    def break_off(self) -> None:
        """What was begun for another project, or once more, does not go on."""
        if self._export is not None:
            self._export.cancel()
            self._export = None

    def enable_events(self) -> None:
        """Have the silent workers tell of their tasks."""
        view = self._page.view
        nodes = silent_nodes(view.stack if view else None)
        self._tasks.enable_events(nodes, lambda: None, self._on_failed)

    # --- menus ------------------------------------------------------------------------------

    def _on_menu_asked(self, at: QPoint) -> None:
        self.menu(self._page.table.selected).popup(at)

    def _on_detail_more(self, task: Task | None) -> None:
        if task is not None:
            _under(self._page.detail.more, self.menu((task,)))

    def menu(self, tasks: Sequence[Task]) -> QMenu:
        """What can be done with these tasks."""
        menu = _menu(self._page, trn("{n} task", "{n} tasks", len(tasks)))
        states = {task.state for task in tasks}
        reachable = self._page.view is not None and self._page.view.reachable
        if len(tasks) == 1:
            one = tasks[0]
            _add(menu, tr("Show details"), "info", lambda: self._page.open(one.id))
            menu.addSeparator()
        again = _add(menu, tr("Run again"), "restart", lambda: self.act(TaskVerb.RUN_AGAIN, tasks))
        revoke = _add(menu, tr("Revoke…"), "stop", lambda: self.act(TaskVerb.REVOKE, tasks))
        end = _add(menu, tr("Terminate…"), "close", lambda: self.act(TaskVerb.TERMINATE, tasks))
        again.setEnabled(reachable)
        revoke.setEnabled(reachable and bool(states & (GOES_ON - {TaskState.STARTED})))
        end.setEnabled(reachable and TaskState.STARTED in states)
        menu.addSeparator()
        words = tr("Copy ID") if len(tasks) == 1 else tr("Copy IDs")
        _add(menu, words, "copy", lambda: self._tasks.copy_ids(tasks))
        if len(tasks) == 1:
            code = partial(self._code, tasks[0])
            _add(menu, tr("Copy as code"), "copy", lambda: self._tasks.copy(code()))
        chosen_ = Selection(tuple(task.id for task in tasks), None)
        _add(menu, tr("Export…"), "download", lambda: self.export(chosen_))
        if len(tasks) in {1, 2}:
            compare = tr("Compare with another run…") if len(tasks) == 1 else tr("Compare these…")
            _add(menu, compare, "", lambda: self.compare(tasks))
        return menu

    def _code(self, task: Task) -> str:
        """With its real arguments where its details tell them."""
        told = self._page.detail.detail
        return (told.code if told and told.task.id == task.id else "") or as_code(task)

    def page_menu(self) -> QMenu:
        """What can be done with all that match, and how the table looks."""
        page = self._page
        menu = _menu(page, tr("More"))
        _add(menu, tr("Run a task…"), "play", self.run_by_hand)
        menu.addSeparator()
        title = tr("All that match") if page.filter.narrows else tr("All tasks")
        every = menu.addMenu(title)
        act = self.act_on_all
        _add(every, tr("Run again…"), "restart", lambda: act(TaskVerb.RUN_AGAIN))
        _add(every, tr("Revoke…"), "stop", lambda: act(TaskVerb.REVOKE))
        _add(every, tr("Terminate…"), "close", lambda: act(TaskVerb.TERMINATE))
        every.setEnabled(page.view is not None and page.view.reachable)
        menu.addSeparator()
        columns = menu.addMenu(tr("Columns"))
        shown = chosen(page.around.preferences.task_columns)
        for column, kind in KINDS.items():
            entry = _add(columns, str(kind.title), "", partial(self._toggle, column))
            entry.setCheckable(True)
            entry.setChecked(column in shown)
            entry.setEnabled(column not in ALWAYS)
        return menu

    def _toggle(self, column: Column) -> None:
        preferences = self._page.around.preferences
        shown = chosen(preferences.task_columns)
        wanted = tuple(c for c in KINDS if (c in shown) != (c is column))
        preferences.task_columns = tuple(KINDS[c].key for c in wanted)
        self._page.table.show_columns(chosen(preferences.task_columns))

    # --- comparing --------------------------------------------------------------------------

    def compare(self, tasks: Sequence[Task]) -> None:
        """Two side by side; with one, another run of the same name beside it."""
        project = self._tasks.project
        other = tasks[1] if len(tasks) > 1 else None
        Comparison(self._page, self._tasks.request, project, tasks[0], other).open()


def _menu(parent: QWidget, name: str) -> QMenu:
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setAccessibleName(name)
    return menu


def _add(menu: QMenu, words: str, icon: str, action: Callable[[], object]) -> QAction:
    entry = QAction(words.replace("&", "&&"), menu)
    if icon:
        entry.setIcon(icons.icon(icon))
    entry.triggered.connect(lambda _checked=False: action())
    menu.addAction(entry)
    return entry


def _under(button: QWidget, menu: QMenu) -> None:
    at = button.mapToGlobal(QPoint(button.width(), button.height() + 4))
    menu.popup(QPoint(at.x() - menu.sizeHint().width(), at.y()))

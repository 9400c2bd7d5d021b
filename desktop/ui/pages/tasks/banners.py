"""What the page of the tasks tells above its table: what went wrong, what is wrong around it, and
what became of an action."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from desktop.engine.model import Problem
from desktop.engine.states import Severity
from desktop.engine.task_commands import TaskActionReport
from desktop.quantities import clock
from desktop.ui.pages.tasks.situation import broker_away, silent_nodes
from desktop.ui.task_actions import outcome_rows
from desktop.ui.view import View
from desktop.ui.widgets.banner import Banner
from desktop.words import tr, trn

if TYPE_CHECKING:
    from desktop.ui.actions import Actions


class Mends(Protocol):
    """What can be done about the surroundings."""

    def enable_events(self) -> None: ...


class TaskBanners:
    """Three, in the order in which they stand."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self.failed, self.surroundings, self.report = Banner(), Banner(), Banner()
        self.all = (self.failed, self.surroundings, self.report)
        self.failed.dismissed.connect(self.failed.hide)
        self.report.dismissed.connect(self.report.hide)

    def clear(self) -> None:
        """What was told is over."""
        self.failed.hide()
        self.report.hide()

    def tell_problem(self, problem: Problem) -> None:
        """Something could not be done."""
        parts = (str(problem.message), str(problem.next_step))
        detail = " ".join(part for part in parts if part)
        self.failed.show_words(Severity.CRITICAL, str(problem.title), detail)

    def show_surroundings(self, view: View, mends: Mends, *, has_tasks: bool) -> None:
        """Redis is away, or workers do not tell of their tasks."""
        away = broker_away(view)
        silent = silent_nodes(view.stack)
        banner = self.surroundings
        if away is not None and view.reachable:
            words = tr("This is the last that is known. It goes on as soon as it is back.")
            if away.since is not None:
                lost = tr("Lost since {time}.", time=clock(away.since))
                words = f"{lost} {words}"
            banner.show_words(Severity.WARNING, str(away.title), words, dismissable=False)
            show = (tr("Show details"), lambda: self._actions.show_service(away.service))
            banner.offer(*((show,) if away.service else ()))
        elif silent and has_tasks:
            count = len(silent)
            title = trn(
                "{n} worker is not sending task events.",
                "{n} workers are not sending task events.",
                count,
            )
            words = trn("What it runs is missing here.", "What they run is missing here.", count)
            banner.show_words(Severity.WARNING, title, words, dismissable=False)
            banner.offer((tr("Turn on events"), mends.enable_events))
        else:
            banner.hide()

    def tell_report(self, report: TaskActionReport, undo: Callable[[], None] | None) -> None:
        """What really happened, with a way back where there is one."""
        offered = self._about(report)
        if undo is not None:
            offered.append((tr("Undo"), undo))
        self._tell(report, offered)

    def tell_sent(self, report: TaskActionReport) -> None:
        """A task was sent by hand."""
        self._tell(report, self._about(report))

    def tell_export(self, count: int, cancel: Callable[[], None]) -> None:
        """Tasks are being written into a file."""
        words = trn("{count} task exported…", "{count} tasks exported…", count, count=f"{count:,}")
        self.report.show_words(Severity.INFO, words, "", dismissable=False)

        def stop() -> None:
            cancel()
            self.report.hide()

        self.report.offer((tr("Cancel"), stop))

    def tell_exported(self, count: int, path: str) -> None:
        """They are all in the file."""
        words = trn("{count} task exported.", "{count} tasks exported.", count, count=f"{count:,}")
        self.report.show_words(Severity.INFO, words, path)
        self.report.offer((tr("Show the file"), lambda: self._actions.reveal(path)))

    def _about(self, report: TaskActionReport) -> list[tuple[str, Callable[[], None]]]:
        """Ways to what it tells of."""
        offered: list[tuple[str, Callable[[], None]]] = []
        if report.failed and len(report.outcomes) > 1:
            offered.append((tr("Show details"), lambda: self._list(report)))
        new = [one.new_id for one in report.outcomes if one.new_id]
        if len(new) == 1:
            offered.append((tr("Show it"), lambda: self._actions.show_task(new[0])))
        return offered

    def _tell(
        self, report: TaskActionReport, offered: list[tuple[str, Callable[[], None]]]
    ) -> None:
        well = report.done and not report.failed
        said = {str(one.words) for one in report.outcomes if not one.done or report.done == 1}
        detail = said.pop() if len(said) == 1 else ""
        title = str(report.words) or detail
        severity = Severity.INFO if well else Severity.WARNING
        self.report.show_words(severity, title, "" if detail == title else detail)
        # The same words would keep the buttons of an earlier report.
        self.report.offer()
        self.report.offer(*offered)

    def _list(self, report: TaskActionReport) -> None:
        dialog = self._actions.question(
            str(report.words), tr("What became of each:"), outcome_rows(report.outcomes)
        )
        dialog.open()

"""The first page: is all well, what needs a look, and the two buttons that matter most."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.engine.model import Finding, ServiceStatus, StackStatus
from desktop.engine.states import ServiceKind, ServiceState, Severity, StackState
from desktop.quantities import duration
from desktop.ui.fonts import Role
from desktop.ui.pages.page import Page, Surroundings
from desktop.ui.phrases import running_count, service_title
from desktop.ui.view import View
from desktop.ui.widgets.banner import Banner
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.card_grid import CardGrid
from desktop.ui.widgets.empty_state import EmptyState
from desktop.ui.widgets.label import Label
from desktop.ui.widgets.metric_strip import MachineGauges, Metric, MetricStrip
from desktop.ui.widgets.problem_panel import ProblemPanel
from desktop.ui.widgets.queue_bars import QueueBars
from desktop.ui.widgets.service_card import HEIGHT, ServiceCard
from desktop.ui.widgets.task_list import TaskList
from desktop.words import text, tr, trn

STOP_USUAL_S = 5.0
SEVERITIES = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)


class OverviewPage(Page):
    """Status sentence, banner, numbers, a card per service, queues, running tasks."""

    name = "overview"
    label = text("Overview")
    icon = "overview"

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(around, parent)
        self._dismissed: frozenset[object] = frozenset()
        self._waits: frozenset[str] = frozenset()
        self._stopping_since: dict[str, float] = {}
        self.stop_all = Button("", "stop", large=True)
        self.start_all = Button("", "play", large=True)
        self.stop_all.clicked.connect(around.actions.stop_all)
        self.start_all.clicked.connect(around.actions.start_all)
        self.header.add_action(self.stop_all)
        self.header.add_action(self.start_all)
        self.finishing = Banner()
        self.finishing.dismissed.connect(self._on_wait)
        self.banner = Banner()
        self.banner.dismissed.connect(self._on_dismissed)
        self.problem = ProblemPanel()
        self._choose = Button("", "folder")
        self._choose.clicked.connect(around.choose_project)
        self.problem.add_button(self._choose)
        self.empty = EmptyState("plant", primary=True)
        self.empty.pressed.connect(around.choose_project)
        self.running, self.waiting = Metric(), Metric()
        self.succeeded, self.failed = Metric(), Metric()
        self.machine = MachineGauges()
        self.strip = MetricStrip(
            (
                (self.running, 7),
                (self.waiting, 7),
                (self.succeeded, 7),
                (self.failed, 7),
                (self.machine, 11),
            )
        )
        self.grid = CardGrid(HEIGHT)
        self.cards: dict[str, ServiceCard] = {}
        self.queues = QueueBars()
        self.tasks = TaskList()
        self._queue_card = _Titled(self.queues)
        self._task_card = _Titled(self.tasks)
        for widget in (
            self.finishing,
            self.banner,
            self.problem,
            self.empty,
            self.strip,
            self.grid,
            self._queue_card,
            self._task_card,
        ):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.retranslate()

    def retranslate(self) -> None:
        self.header.title.setText(self.title())
        self.stop_all.set_words(tr("Stop all"))
        self.start_all.set_words(tr("Start all"))
        self._choose.set_words(tr("Choose folder…"))

    # --- what is known now ------------------------------------------------------------------

    def refresh(self, view: View) -> None:
        stack = view.stack
        self.start_all.setEnabled(view.can_start)
        self.start_all.set_look("primary" if view.can_start and not view.stopping else "")
        self.stop_all.setEnabled(view.can_stop)
        self._show_sentence(view)
        self._show_finishing(view)
        self._show_banner(view)
        self._show_problem(stack)
        has_services = bool(view.services)
        for part in (self.strip, self.grid):
            part.setVisible(has_services)
        self.empty.setVisible(not has_services and not (stack and stack.problem))
        if not has_services:
            self._show_empty(view)
        self._show_numbers(view)
        self._show_cards(view)
        self._show_lists(view)

    def _show_sentence(self, view: View) -> None:
        stack = view.stack
        if stack is None:
            self.header.show_sentence(
                tr("Connected") if view.reachable else tr("Connecting to the engine…")
            )
            return
        words, glyph, color = _sentence(view, stack)
        if view.reachable:
            self.header.show_sentence(words, glyph, color)
        else:
            self.header.show_sentence(tr("Last known: {state}", state=words), "plug", "off")

    def _show_finishing(self, view: View) -> None:
        """Stopping waits for running tasks: say so, and let the person choose."""
        busy = self._busy(view)
        names = frozenset(s.name for s in busy)
        if not names or names <= self._waits:
            self._waits &= names
            self.finishing.hide()
            return
        notes = "; ".join(f"{service_title(s)}: {s.note}" for s in busy)
        self.finishing.show_words(
            Severity.INFO,
            tr("Stopping"),
            tr("{notes}. Force stop ends running tasks in the middle.", notes=notes),
            dismissable=False,
        )
        self.finishing.offer(
            (tr("Wait"), self._on_wait),
            (tr("Force stop…"), self._on_force_stop),
        )

    def _busy(self, view: View) -> tuple[ServiceStatus, ...]:
        """Services whose stop is worth a word: workers that finish tasks, at once; others only
        when they take longer than a stop usually does."""
        self._stopping_since = {
            s.name: self._stopping_since.get(s.name, view.ticks) for s in view.stopping
        }
        return tuple(
            s
            for s in view.stopping
            if s.note is not None
            and (
                s.kind is ServiceKind.WORKER
                or view.ticks - self._stopping_since[s.name] >= STOP_USUAL_S
            )
        )

    def _on_wait(self) -> None:
        if self.view is not None:
            self._waits = frozenset(s.name for s in self._busy(self.view))
            self.finishing.hide()

    def _on_force_stop(self) -> None:
        if self.view is not None:
            names = (s.name for s in self._busy(self.view))
            self.around.actions.ask_force_stop(self.view, *names)

    def _show_banner(self, view: View) -> None:
        findings = view.stack.findings if view.stack else ()
        here = _kinds(findings)
        if not findings or here <= self._dismissed:
            self.banner.hide()
            return
        worst = max(findings, key=lambda f: SEVERITIES.index(f.severity))
        # Where a button leads to the page that does it, a command to type is one thing too many.
        parts = (str(worst.detail), "" if worst.pids else str(worst.fix))
        if "\n" in parts[0]:
            # A traceback takes the room that is left after what matters more.
            parts = (f"{parts[1]}\n{parts[0]}", "")
        detail = " ".join(part for part in parts if part).strip()
        if len(findings) > 1:
            more = len(findings) - 1
            detail += " " + trn("And {n} more.", "And {n} more.", more)
        self.banner.show_words(worst.severity, str(worst.title), detail)
        look = lambda: self.around.actions.page_asked.emit("cleanup", "")  # noqa: E731
        self.banner.offer(*([(tr("Clean up…"), look)] if worst.pids else []))

    def _on_dismissed(self) -> None:
        if self.view is not None and self.view.stack is not None:
            self._dismissed = _kinds(self.view.stack.findings)
        self.banner.hide()

    def _show_problem(self, stack: StackStatus | None) -> None:
        problem = stack.problem if stack else None
        self.problem.setVisible(problem is not None)
        if problem is not None:
            self.problem.show_problem(problem)

    def _show_empty(self, view: View) -> None:
        if not view.reachable:
            self.empty.show_words(tr("Connecting to the engine…"))
        else:
            self.empty.show_words(tr("Choose your Celery app."), tr("Choose folder…"))

    def _show_numbers(self, view: View) -> None:
        stack = view.stack
        counts = stack.tasks if stack else None
        waiting = sum(queue.depth for queue in stack.queues) if stack else 0
        failed = counts.failed if counts else 0
        self.running.show_number(counts.active if counts else None, tr("Running now"))
        self.waiting.show_number(waiting if stack else None, tr("Waiting"))
        self.succeeded.show_number(counts.succeeded if counts else None, tr("Succeeded"))
        if view.engine is not None:
            listened = duration(view.now - view.engine.started_at)
            tip = tr("Counted since the engine began to listen, {time} ago", time=listened)
            self.succeeded.setToolTip(tip)
            self.failed.setToolTip(tip)
        color = "bad" if failed else "text"
        self.failed.show_number(failed if counts else None, tr("Failed"), color)
        self.machine.show_machine(view.machine)

    def _show_cards(self, view: View) -> None:
        stack = view.stack
        for service in view.services:
            card = self.cards.get(service.name)
            if card is None:
                card = self.cards[service.name] = ServiceCard(self.around.actions)
                card.opened.connect(self.around.actions.show_service)
            series = self.around.trends.series(stack.id if stack else "", service.name)
            card.show_service(service, series, view)
        self.grid.set_cards([self.cards[service.name] for service in view.services])

    def _show_lists(self, view: View) -> None:
        stack = view.stack
        queues = stack.queues if stack else ()
        self._queue_card.setVisible(bool(queues))
        waiting = sum(queue.depth for queue in queues)
        self._queue_card.show_words(
            tr("Queues"), trn("{count} waiting", "{count} waiting", waiting, count=f"{waiting:,}")
        )
        self.queues.show_queues(queues)
        active = stack.active if stack else ()
        self._task_card.setVisible(bool(active))
        self._task_card.show_words(tr("Tasks in progress"), "")
        self.tasks.show_tasks(active, view.now)


class _Titled(Card):
    """A card with a title and a word at the right, around one widget."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self._title = Label("", Role.CARD_TITLE)
        self._note = Label("", Role.SECONDARY, "sub", elide=Qt.TextElideMode.ElideNone)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._note)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 10)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(inside)

    def show_words(self, title: str, note: str) -> None:
        self._title.setText(title)
        self._note.setText(note)


def _kinds(findings: tuple[Finding, ...]) -> frozenset[object]:
    """What was put away: the same finding about other processes is news."""
    return frozenset((finding.id, pid) for finding in findings for pid in finding.pids or (0,))


def _sentence(view: View, stack: StackStatus) -> tuple[str, str, str]:
    """How the stack is, in one line: words, glyph, colour."""
    states = {service.state for service in stack.services}
    failed = [s for s in stack.services if s.state is ServiceState.FAILED]
    if stack.problem is not None:
        return tr("The configuration can't be used"), "state-failed", "bad"
    if ServiceState.STOPPING in states:
        said = tr("Stopping…"), "state-stopping", "run"
    elif ServiceState.STARTING in states:
        said = tr("Starting…"), "state-busy", "run"
    elif failed:
        said = f"{_failed_words(failed)} · {running_count(stack)}", "state-failed", "bad"
    elif stack.state is StackState.STOPPED:
        said = tr("Everything is stopped"), "state-idle", "off"
    else:
        said = _running_sentence(view, stack)
    return said


def _running_sentence(view: View, stack: StackStatus) -> tuple[str, str, str]:
    since = [up for s in stack.services if (up := view.uptime_s(s)) is not None]
    count = running_count(stack)
    words = f"{count} · {duration(max(since))}" if since else count
    if stack.state is StackState.PARTIAL or stack.findings:
        return words, "state-attention", "warn"
    return words, "state-ok", "ok"


def _failed_words(failed: list[ServiceStatus]) -> str:
    if len(failed) == 1:
        return tr("{service} failed", service=service_title(failed[0]))
    return trn("{n} service failed", "{n} services failed", len(failed))

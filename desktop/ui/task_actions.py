"""What a person can do with tasks: looked at first, asked about where it destroys, then done and
told as it really went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from desktop.engine.commands import Command
from desktop.engine.history_commands import Selection
from desktop.engine.model import Problem
from desktop.engine.node_commands import NodeVerb, TellNode
from desktop.engine.task_commands import ActOnTasks, TaskActionReport, TaskOutcome, TaskVerb
from desktop.engine.task_model import Task
from desktop.ui.shown_text import NAME_MAX, one_line
from desktop.ui.signal_choice import SignalChoice
from desktop.ui.view import Row
from desktop.ui.widgets.confirm import INSIDE
from desktop.words import tr, trn

if TYPE_CHECKING:
    from desktop.ui.actions import Actions
    from desktop.ui.bridge import Bridge
    from desktop.ui.widgets.confirm import Confirm

Failed = Callable[[Problem], None]
Done = Callable[[ActOnTasks, TaskActionReport], None]
LISTED_MAX = 200
"""Tasks that a question lists; the counts are of all."""


def way_back(command: ActOnTasks, report: TaskActionReport) -> ActOnTasks | None:
    """What takes it back: what was revoked is sent again, what was sent again is revoked. None:
    nothing does."""
    sent = tuple(one.new_id for one in report.outcomes if one.new_id)
    if command.verb is TaskVerb.REVOKE and report.done and not command.undo:
        return msgspec.structs.replace(command, undo=True)
    if command.verb is TaskVerb.RUN_AGAIN and sent and len(sent) == report.done:
        revoked = Selection(sent, None)
        return msgspec.structs.replace(command, verb=TaskVerb.REVOKE, selection=revoked)
    return None


class TaskActions:
    """Sends the commands about tasks for the current project."""

    def __init__(self, bridge: Bridge, actions: Actions) -> None:
        self._bridge = bridge
        self._actions = actions

    @property
    def project(self) -> str:
        return self._bridge.project

    def request(
        self, command: Command, done: Callable[[object], None], failed: Failed
    ) -> Callable[[], object]:
        """Ask the engine. An answer that comes after another project was chosen goes to nobody."""
        project = self._bridge.project

        def answered(answer: object) -> None:
            if project == self._bridge.project:
                done(answer)

        def refused(problem: Problem) -> None:
            if project == self._bridge.project:
                failed(problem)

        return self._bridge.request(command, answered, refused)

    # --- on tasks of the history ------------------------------------------------------------

    def act(
        self,
        verb: TaskVerb,
        selection: Selection,
        done: Done,
        failed: Failed,
        repair: Callable[[TaskOutcome], None],
    ) -> None:
        """Look at what would happen, ask where that can't be taken back, and do it.

        ``repair`` is told of the one task whose real arguments are not known: a person has to
        fill them in.
        """
        command = ActOnTasks(self.project, verb, selection)

        def looked(answer: object) -> None:
            if isinstance(answer, TaskActionReport):
                self._decide(command, answer, done, failed, repair)

        self.request(msgspec.structs.replace(command, dry_run=True), looked, failed)

    def _decide(
        self,
        command: ActOnTasks,
        plan: TaskActionReport,
        done: Done,
        failed: Failed,
        repair: Callable[[TaskOutcome], None],
    ) -> None:
        if not plan.done:
            [*outcomes] = plan.outcomes
            if len(outcomes) == 1 and (outcomes[0].args or outcomes[0].kwargs):
                repair(outcomes[0])
            else:
                done(command, plan)
            return
        if plan.done + plan.failed == len(plan.outcomes):
            # What was looked at is what is done, even if more tasks match by then.
            ids = tuple(one.id for one in plan.outcomes if one.done)
            command = msgspec.structs.replace(command, selection=Selection(ids, None))
        alone = plan.done == 1 and not plan.failed
        if command.verb is TaskVerb.RUN_AGAIN and alone and not plan.outcomes[0].alive:
            self._send(command, done, failed)
            return
        self._ask(command, plan, done, failed)

    def _ask(self, command: ActOnTasks, plan: TaskActionReport, done: Done, failed: Failed) -> None:
        message = " ".join(part for part in (str(plan.words), _consequence(command.verb)) if part)
        title, button = _asked(command.verb, plan.done)
        dialog = self._actions.question(title, message, outcome_rows(plan.outcomes))

        choice = SignalChoice(INSIDE) if command.verb is TaskVerb.TERMINATE else None
        if choice:
            dialog.put(choice)

        def agreed() -> None:
            signal = choice.chosen if choice else command.signal
            self._send(msgspec.structs.replace(command, signal=signal), done, failed)

        look = "primary" if command.verb is TaskVerb.RUN_AGAIN else "danger"
        dialog.offer(button, agreed, look)
        dialog.open()

    def _send(self, command: ActOnTasks, done: Done, failed: Failed) -> None:
        def answered(answer: object) -> None:
            if isinstance(answer, TaskActionReport):
                done(command, answer)

        self.request(command, answered, failed)

    def undo(self, back: ActOnTasks, done: Done, failed: Failed) -> None:
        """Take back what was done (:func:`way_back`), as far as the workers can."""
        self._send(back, done, failed)

    # --- elsewhere --------------------------------------------------------------------------

    def enable_events(
        self, nodes: Sequence[tuple[str, int]], done: Callable[[], None], failed: Failed
    ) -> None:
        """Have these workers (node, pid) send task events."""
        for node, pid in nodes:
            command = TellNode(self.project, node, pid, NodeVerb.ENABLE_EVENTS)
            self.request(command, lambda _answer: done(), failed)

    def copy(self, words: str) -> None:
        """Put words on the clipboard, as they are."""
        self._actions.copy(words)

    def copy_ids(self, tasks: Sequence[Task]) -> None:
        """The ids, one a line."""
        if tasks:
            self.copy("\n".join(task.id for task in tasks))

    def question(self, title: str, message: str, rows: tuple[Row, ...] = ()) -> Confirm:
        return self._actions.question(title, message, rows)


def outcome_rows(outcomes: Sequence[TaskOutcome]) -> tuple[Row, ...]:
    """What would happen, or happened, to each task; those that it fails for first."""
    ordered = sorted(outcomes, key=lambda one: one.done)[:LISTED_MAX]
    rows = [
        Row(
            one_line(one.name, NAME_MAX) or one_line(one.id, NAME_MAX),
            one_line(one.id, 8),
            str(one.words),
        )
        for one in ordered
    ]
    left = len(outcomes) - len(ordered)
    if left:
        rows.append(Row(trn("and {n} more", "and {n} more", left), ""))
    return tuple(rows)


def _asked(verb: TaskVerb, count: int) -> tuple[str, str]:
    """Title and button."""
    match verb:
        case TaskVerb.REVOKE:
            return (
                trn("Revoke {n} task?", "Revoke {n} tasks?", count),
                trn("Revoke {n} task", "Revoke {n} tasks", count),
            )
        case TaskVerb.TERMINATE:
            return (
                trn("Terminate {n} running task?", "Terminate {n} running tasks?", count),
                trn("Terminate {n} task", "Terminate {n} tasks", count),
            )
        case _:
            return (
                trn("Run {n} task again?", "Run {n} tasks again?", count),
                trn("Run {n} task again", "Run {n} tasks again", count),
            )


def _consequence(verb: TaskVerb) -> str:
    match verb:
        case TaskVerb.REVOKE:
            return tr("Workers pass a revoked task over when they come to it; it does not run.")
        case TaskVerb.TERMINATE:
            return tr("It is ended in the middle of its work. What it has not done is lost.")
        case _:
            return tr("Each is sent once more with the same arguments, under a new ID.")

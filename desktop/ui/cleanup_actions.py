"""What a person can do about leftovers: each a command whose answer comes back to the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from desktop.calls import arguments
from desktop.engine.cleanup_model import HeldTask
from desktop.engine.commands import (
    Cleanup,
    CleanupLog,
    CleanupLogReport,
    CleanupPlan,
    ForceCleanup,
    Pick,
    PlanCleanup,
    RunAgain,
    RunAgainReport,
)
from desktop.engine.model import Problem
from desktop.quantities import duration
from desktop.ui.cleanup_lines import Line
from desktop.ui.view import Row
from desktop.words import tr, trn

if TYPE_CHECKING:
    from desktop.ui.actions import Actions
    from desktop.ui.bridge import Bridge

Failed = Callable[[Problem], None]
_WORST_FIRST = {True: 0, None: 1, False: 2}


class CleanupActions:
    """Sends the commands of the cleanup for the current project; asks before anything is lost."""

    def __init__(self, bridge: Bridge, actions: Actions) -> None:
        self._bridge = bridge
        self._actions = actions

    def plan(self, done: Callable[[CleanupPlan], None], failed: Failed) -> None:
        """Look now. An answer that comes after another project was chosen goes to nobody."""
        project = self._bridge.project

        def answered(answer: object) -> None:
            if isinstance(answer, CleanupPlan) and project == self._bridge.project:
                done(answer)

        def refused(problem: Problem) -> None:
            if project == self._bridge.project:
                failed(problem)

        self._bridge.request(PlanCleanup(project), answered, refused)

    def stop(self, picks: tuple[Pick, ...], done: Callable[[], None], failed: Failed) -> None:
        """Stop these warmly; how far it has come is in the snapshot."""
        command = Cleanup(self._bridge.project, picks)
        self._bridge.request(command, lambda _answer: done(), failed)

    def ask_force(
        self, lines: Sequence[Line], done: Callable[[], None], failed: Failed, *, waiting: bool
    ) -> None:
        """End these now, after showing the very tasks that this loses or runs again.

        ``waiting``: a cleanup waits for them already.
        """
        picks = tuple(line.pick for line in lines)
        project = self._bridge.project
        command: Cleanup | ForceCleanup = Cleanup(project, picks, patience_s=0.0, force=True)
        if waiting:
            command = ForceCleanup(project, picks)

        def send() -> None:
            self._bridge.request(command, lambda _answer: done(), failed)

        dialog = self._actions.question(
            trn("Force {n} process to stop?", "Force {n} processes to stop?", len(lines)),
            _consequence(lines),
            force_rows(lines, time.time()),
        )
        dialog.offer(
            tr("Force stop"),
            send,
            "danger",
        )
        dialog.open()

    def run_again(
        self, ids: tuple[str, ...], done: Callable[[RunAgainReport], None], failed: Failed
    ) -> None:
        """Send lost tasks again."""

        def answered(answer: object) -> None:
            if isinstance(answer, RunAgainReport):
                done(answer)

        self._bridge.request(RunAgain(self._bridge.project, ids), answered, failed)

    def log(self, done: Callable[[CleanupLogReport], None], failed: Failed) -> None:
        """What cleanups did."""

        def answered(answer: object) -> None:
            if isinstance(answer, CleanupLogReport):
                done(answer)

        self._bridge.request(CleanupLog(self._bridge.project), answered, failed)


def force_rows(lines: Sequence[Line], now: float) -> tuple[Row, ...]:
    """Each task that an end by force concerns: those that it loses first."""
    held = [(task, line) for line in lines for task in line.tasks or ()]
    held.sort(key=lambda one: _WORST_FIRST[one[0].acknowledged])
    rows = [
        Row(task.name, fate(task), " · ".join(_details(task, line, now))) for task, line in held
    ]
    unasked = (line for line in lines if line.tasks is None)
    rows += [
        Row(line.name, tr("not known"), tr("What it runs could not be asked.")) for line in unasked
    ]
    return tuple(rows)


def fate(task: HeldTask) -> str:
    """What an end by force does to a task, in a word or two."""
    if task.acknowledged is None:
        return tr("may be lost")
    return tr("would be lost") if task.acknowledged else tr("runs again")


def since(task: HeldTask, now: float) -> str:
    """For how long it has run; "" when that is not known."""
    return "" if task.started_at is None else duration(max(0.0, now - task.started_at))


def _details(task: HeldTask, line: Line, now: float) -> list[str]:
    known = (since(task, now), line.name, arguments(task))
    return [part for part in known if part]


def _consequence(lines: Sequence[Line]) -> str:
    tasks = [task for line in lines for task in line.tasks or ()]
    unasked = sum(line.tasks is None for line in lines)
    lost = sum(task.acknowledged is True for task in tasks)
    unsure = sum(task.acknowledged is None for task in tasks)
    again = len(tasks) - lost - unsure
    parts = []
    if lost:
        parts.append(
            trn(
                "{n} task would be lost; you can run it again from the list afterwards.",
                "{n} tasks would be lost; you can run them again from the list afterwards.",
                lost,
            )
        )
    if unsure:
        parts.append(trn("{n} task may be lost.", "{n} tasks may be lost.", unsure))
    if again:
        parts.append(
            trn(
                "{n} task goes back to its queue and runs again from the start.",
                "{n} tasks go back to their queues and run again from the start.",
                again,
            )
        )
    if unasked:
        parts.append(
            trn(
                "{n} process could not be asked what it runs.",
                "{n} processes could not be asked what they run.",
                unasked,
            )
        )
    if not parts:
        parts.append(tr("No task is running in them. Waiting tasks go back to their queues."))
    return " ".join(parts)

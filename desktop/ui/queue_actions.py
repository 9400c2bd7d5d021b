"""What a person can ask and do about queues; each answer comes back to who asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from desktop.engine.commands import Command
from desktop.engine.model import Problem
from desktop.engine.queue_commands import (
    MoveMessages,
    PeekQueue,
    PurgeQueue,
    QueuePeek,
    QueueReport,
    QueuesReport,
    Schedule,
    ShowQueues,
    ShowSchedule,
    WhyReport,
    WhyTask,
)
from desktop.engine.task_model import QueueDetail
from desktop.ui.view import Row
from desktop.words import tr, trn

if TYPE_CHECKING:
    from desktop.ui.actions import Actions
    from desktop.ui.bridge import Bridge

Failed = Callable[[Problem], None]
Answered = TypeVar("Answered")


class QueueActions:
    """Sends commands for the current project; asks before a task is dropped or moved."""

    def __init__(self, bridge: Bridge, actions: Actions) -> None:
        self._bridge = bridge
        self._actions = actions

    def show(self, done: Callable[[QueuesReport], None], failed: Failed) -> None:
        """Every queue, now."""
        self._ask(ShowQueues(self._bridge.project), QueuesReport, done, failed)

    def peek(
        self, queue: str, limit: int, done: Callable[[QueuePeek], None], failed: Failed
    ) -> None:
        """The next messages of a queue; none is taken."""
        self._ask(PeekQueue(self._bridge.project, queue, 0, limit), QueuePeek, done, failed)

    def schedule(self, done: Callable[[Schedule], None], failed: Failed) -> None:
        """Beat's entries, and what waits for its time."""
        self._ask(ShowSchedule(self._bridge.project), Schedule, done, failed)

    def why(self, task_id: str, done: Callable[[WhyReport], None], failed: Failed) -> None:
        """Why a task does not run."""
        self._ask(WhyTask(self._bridge.project, task_id), WhyReport, done, failed)

    def ask_purge(
        self, queue: QueueDetail, done: Callable[[QueueReport], None], failed: Failed
    ) -> None:
        """Drop what waits in a queue, after a question that says how much that is."""
        # Only what the person saw: what comes meanwhile stays.
        command = PurgeQueue(self._bridge.project, queue.name, queue.depth)
        dialog = self._actions.question(
            trn(
                "Drop {n} message of “{queue}”?",
                "Drop {n} messages of “{queue}”?",
                queue.depth,
                queue=queue.name,
            ),
            _purge_words(queue),
        )
        dialog.offer(
            trn("Drop {n} message", "Drop {n} messages", queue.depth),
            lambda: self._ask(command, QueueReport, done, failed),
            "danger",
        )
        dialog.open()

    def ask_move(
        self,
        queue: QueueDetail,
        to: QueueDetail,
        done: Callable[[QueueReport], None],
        failed: Failed,
        ids: tuple[str, ...] = (),
    ) -> None:
        """Put messages of one queue (all, or these) behind those of another, after a question."""
        command = MoveMessages(self._bridge.project, queue.name, to.name, ids)
        count = len(ids) or queue.depth
        consumers = (
            tr("Taken there by {workers}.", workers=", ".join(to.consumers))
            if to.consumers
            else tr("Nobody is known to take from there.")
        )
        words = tr("They keep their order and priority, and come behind what waits there.")
        dialog = self._actions.question(
            trn("Move {n} message to “{to}”?", "Move {n} messages to “{to}”?", count, to=to.name),
            f"{words} {consumers}",
            (
                Row(queue.name, trn("{n} waiting", "{n} waiting", queue.depth)),
                Row(to.name, trn("{n} waiting", "{n} waiting", to.depth)),
            ),
        )
        dialog.offer(
            trn("Move {n} message", "Move {n} messages", count),
            lambda: self._ask(command, QueueReport, done, failed),
            "primary",
        )
        dialog.open()

    def _ask(
        self,
        command: Command,
        kind: type[Answered],
        done: Callable[[Answered], None],
        failed: Failed,
    ) -> None:
        """An answer that comes after another project was chosen goes to nobody."""
        project = self._bridge.project

        def answered(answer: object) -> None:
            if isinstance(answer, kind) and project == self._bridge.project:
                done(answer)

        def refused(problem: Problem) -> None:
            if project == self._bridge.project:
                failed(problem)

        self._bridge.request(command, answered, refused)


def _purge_words(queue: QueueDetail) -> str:
    words = tr("Their tasks will never run, and this can't be undone.")
    if queue.unacked:
        words += " " + trn(
            "{n} that a worker has taken is not touched.",
            "{n} that workers have taken are not touched.",
            queue.unacked,
        )
    return words

"""What a person can do with one worker: look at it, tell it, look into it, stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from desktop.engine.commands import Command
from desktop.engine.model import Problem
from desktop.engine.node_commands import (
    DumpNode,
    NodeDetail,
    NodeReport,
    NodeVerb,
    ShowNode,
    StackDump,
    TellNode,
)
from desktop.engine.states import Owner
from desktop.quantities import duration
from desktop.ui.view import Row
from desktop.words import tr, trn

if TYPE_CHECKING:
    from desktop.ui.actions import Actions
    from desktop.ui.bridge import Bridge

Failed = Callable[[Problem], None]
Told = Callable[[str], None]


class WorkerActions:
    """Sends the commands about nodes for the current project; asks before something ends."""

    def __init__(self, bridge: Bridge, actions: Actions) -> None:
        self._bridge = bridge
        self._actions = actions

    @property
    def project(self) -> str:
        return self._bridge.project

    def show(self, node: str, pid: int, done: Callable[[NodeDetail], None], failed: Failed) -> None:
        """All that is known of one worker, now."""

        def answered(answer: object) -> None:
            if isinstance(answer, NodeDetail):
                done(answer)

        self._request(ShowNode(self.project, node, pid), answered, failed)

    def tell(self, command: TellNode, done: Told, failed: Failed) -> None:
        """Tell it; ``done`` gets what it said it did."""
        command = msgspec.structs.replace(command, project=self.project)

        def answered(answer: object) -> None:
            if isinstance(answer, NodeReport):
                done(str(answer.words))

        self._request(command, answered, failed)

    def dump(self, command: DumpNode, done: Callable[[StackDump], None], failed: Failed) -> None:
        """Where one of its processes hangs."""

        def answered(answer: object) -> None:
            if isinstance(answer, StackDump):
                done(answer)

        self._request(msgspec.structs.replace(command, project=self.project), answered, failed)

    def ask_stop(self, detail: NodeDetail, now: float, done: Told, failed: Failed) -> None:
        """Stop it warmly, after saying what becomes of its tasks."""
        running = [one for one in detail.processes if one.task_id]
        rows = tuple(
            Row(
                one.task_name,
                duration(max(0.0, now - one.task_started_at)) if one.task_started_at else "",
            )
            for one in running
        )
        parts = [
            trn(
                "{n} running task finishes first. What waits goes back to its queue.",
                "{n} running tasks finish first. What waits goes back to its queue.",
                len(running),
            )
            if running
            else tr("No task is running in it. What waits goes back to its queue.")
        ]
        if detail.owner is not Owner.OURS:
            parts.append(tr("It was not started from here; whoever started it may miss it."))
        dialog = self._actions.question(tr("Stop {node}?", node=detail.node), " ".join(parts), rows)
        command = TellNode(self.project, detail.node, detail.pid, NodeVerb.WARM_STOP, consent=True)
        dialog.offer(tr("Stop when finished"), lambda: self.tell(command, done, failed), "danger")
        dialog.open()

    def ask_cancel_queue(self, detail: NodeDetail, queue: str, done: Told, failed: Failed) -> None:
        """Have it take no more from a queue; a question where nothing would be left."""
        command = TellNode(
            self.project, detail.node, detail.pid, NodeVerb.CANCEL_CONSUMER, queue=queue
        )
        if len(detail.queues) > 1:
            self.tell(command, done, failed)
            return
        dialog = self._actions.question(
            tr("Take the last queue from {node}?", node=detail.node),
            tr("It runs what it has and then nothing, until it is restarted or given a queue."),
        )
        dialog.offer(tr("Take no more"), lambda: self.tell(command, done, failed), "danger")
        dialog.open()

    def ask_signal(self, node: str, why: str, agreed: Callable[[], None]) -> None:
        """Consent to send a signal to a worker that somebody else started."""
        dialog = self._actions.question(tr("Ask {node} by signal?", node=node), why)
        dialog.offer(tr("Send SIGUSR1"), agreed)
        dialog.open()

    def _request(self, command: Command, done: Callable[[object], None], failed: Failed) -> None:
        """An answer that comes after another project was chosen goes to nobody."""
        project = self.project

        def answered(answer: object) -> None:
            if project == self.project:
                done(answer)

        def refused(problem: Problem) -> None:
            if project == self.project:
                failed(problem)

        self._bridge.request(command, answered, refused)

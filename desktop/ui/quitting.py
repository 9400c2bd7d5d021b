"""Quit and stop everything: wait for the workers' tasks, say so when it takes long, then leave."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QDialog

from desktop.engine.commands import Stop, StopReport
from desktop.engine.errors import TrayError
from desktop.engine.model import Problem, ServiceStatus
from desktop.engine.states import ALIVE, ServiceKind
from desktop.ui.actions import Actions
from desktop.ui.phrases import service_title
from desktop.ui.view import view_of
from desktop.words import Text, text, tr

if TYPE_CHECKING:
    from desktop.ui.bridge import Bridge
    from desktop.ui.widgets.confirm import Confirm

USUAL_S = 3.0
"""An idle worker has stopped after 2 s (measured); what takes longer deserves a word."""


class Quitting(QObject):
    """One wish to stop everything and leave; it can be taken back while it waits."""

    done = Signal()
    """All has stopped."""
    failed = Signal(object)
    """:class:`Problem`: something has not stopped, so the program stays."""

    def __init__(self, bridge: Bridge, actions: Actions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._actions = actions
        self._task: asyncio.Task[None] | None = None
        self._asked = False
        self.dialog: Confirm | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._show)
        bridge.stack_changed.connect(self._on_stack_changed)

    def begin(self) -> None:
        """Stop everything, then :attr:`done`. Asked for again, it shows what is waited for."""
        if self._task is not None:
            self._show()
            return
        stack = self._bridge.stack
        if stack is not None and not any(one.state in ALIVE for one in stack.services):
            self.done.emit()
            return
        self._asked = False
        self._patience.start(round(USUAL_S * 1000))
        self._task = asyncio.get_event_loop().create_task(self._stop())

    def cancel(self) -> None:
        """Stay. What was asked to stop stops all the same: a worker can't be called back."""
        if self._task is not None:
            self._task.cancel()
        self._end()

    async def _stop(self) -> None:
        try:
            report = await self._bridge.ask(Stop(self._bridge.project))
        except TrayError as error:
            self._end()
            self.failed.emit(error.problem)
            return
        self._end()
        if isinstance(report, StopReport) and report.busy:
            self.failed.emit(_did_not_stop(report.busy))
        else:
            self.done.emit()

    def _end(self) -> None:
        self._task = None
        self._patience.stop()
        if self.dialog is not None:
            dialog, self.dialog = self.dialog, None
            dialog.close()

    # --- what is waited for ------------------------------------------------------------------

    def _on_stack_changed(self) -> None:
        if self._task is None:
            return
        if self.dialog is not None:
            self.dialog.say(self._words())
        elif not self._asked and any(
            one.kind is ServiceKind.WORKER and one.note for one in self._waited_for()
        ):
            self._show()

    def _waited_for(self) -> tuple[ServiceStatus, ...]:
        return view_of(self._bridge).stopping

    def _words(self) -> str:
        notes = "\n".join(
            tr("{service}: {note}", service=service_title(one), note=one.note)
            for one in self._waited_for()
            if one.note
        )
        after = tr("Celery Tray quits when they have stopped. Cancel keeps it open.")
        return f"{notes}\n{after}" if notes else after

    def _show(self) -> None:
        if self._task is None:
            return
        self._asked = True
        if self.dialog is not None:
            self.dialog.activateWindow()
            return
        dialog = self._actions.question(tr("Services are still stopping"), self._words())
        dialog.setModal(False)
        dialog.offer(tr("Force stop…"), self._force)
        dialog.offer(tr("Wait"), lambda: None, "primary")
        dialog.finished.connect(self._on_finished)
        self.dialog = dialog
        dialog.show()

    def _force(self) -> None:
        names = tuple(one.name for one in self._waited_for())
        self._actions.ask_force_stop(view_of(self._bridge), *names)

    def _on_finished(self, result: int) -> None:
        by_person = self.dialog is not None
        self.dialog = None
        if by_person and result == QDialog.DialogCode.Rejected:
            self.cancel()


def _did_not_stop(names: tuple[str, ...]) -> Problem:
    return Problem(
        "did-not-stop",
        text("Not everything has stopped: {names}", names=", ".join(names)),
        Text(""),
        text("Celery Tray stays open. The log of the service tells more."),
    )

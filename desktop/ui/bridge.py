"""Between the engine's link and the widgets: snapshots in as signals, commands out as tasks."""

from __future__ import annotations

import asyncio
import contextlib

from PySide6.QtCore import QObject, Signal

from desktop.engine.commands import Command, Open, Watch
from desktop.engine.errors import TrayError
from desktop.engine.link import Link
from desktop.engine.model import StackStatus
from desktop.engine.snapshot import Snapshot
from desktop.paths import Home


class Bridge(QObject):
    """The window's and the tray's only way to the engine."""

    snapshot_changed = Signal(object)
    """:class:`Snapshot`, or None while no engine can be reached."""
    stack_changed = Signal(object)
    """:class:`StackStatus` of the current project, or None."""
    command_failed = Signal(object)
    """:class:`Problem`."""
    answered = Signal(object)
    """The answer of a finished command."""

    def __init__(self, home: Home, project: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.snapshot: Snapshot | None = None
        self.stack: StackStatus | None = None
        self._interval_s = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._link = Link(home, "tray", self._on_snapshot, on_error=self._on_error)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        try:
            await self._link.run()
        finally:
            for task in tuple(self._tasks):
                task.cancel()

    def submit(self, command: Command) -> None:
        """Send a command; its outcome comes by the signals."""
        task = asyncio.get_event_loop().create_task(self._submit(command))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ask(self, command: Command) -> object:
        """Send a command and await its answer. Raises :class:`TrayError`."""
        return await self._link.submit(command)

    def set_project(self, project: str) -> None:
        """Look at another project's stack; what runs of the former goes on."""
        self.project = project
        self.stack = None
        self.stack_changed.emit(None)
        self.submit(Open(project))

    def watch(self, interval_s: float) -> None:
        """How often CPU and memory are wanted; 0 while nobody looks."""
        if interval_s != self._interval_s:
            self._interval_s = interval_s
            if self.snapshot is not None:
                self.submit(Watch(interval_s))

    async def _submit(self, command: Command) -> None:
        try:
            answer = await self._link.submit(command)
        except TrayError as error:
            self.command_failed.emit(error.problem)
        else:
            self.answered.emit(answer)

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        fresh = self.snapshot is None and snapshot is not None
        self.snapshot = snapshot
        if fresh:
            # A new engine knows neither our project nor what we look at.
            self._quietly(Open(self.project))
            if self._interval_s:
                self._quietly(Watch(self._interval_s))
        self.snapshot_changed.emit(snapshot)
        stack = None
        if snapshot is not None:
            stack = next((s for s in snapshot.stacks if s.project == self.project), None)
        if stack != self.stack:
            self.stack = stack
            self.stack_changed.emit(stack)

    def _quietly(self, command: Command) -> None:
        async def send() -> None:
            with contextlib.suppress(TrayError):
                await self._link.submit(command)

        task = asyncio.get_event_loop().create_task(send())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_error(self, error: TrayError) -> None:
        self.command_failed.emit(error.problem)

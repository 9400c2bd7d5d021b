"""Between the engine's link and the widgets: snapshots in as signals, commands out as tasks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.engine.commands import Command, Open, Start, StartReport, Watch
from desktop.engine.errors import TrayError
from desktop.engine.flower_commands import FLOWER_MISSING
from desktop.engine.link import Link
from desktop.engine.model import Problem, StackStatus
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import StackState
from desktop.paths import Home, stack_id

OPEN_AGAIN_S = 3.0
"""A broken configuration is read again this often: whoever mends it need not tell us."""


class Bridge(QObject):
    """The window's and the tray's only way to the engine."""

    snapshot_changed = Signal(object)
    """:class:`Snapshot`, or None while no engine can be reached."""
    stack_changed = Signal(object)
    """:class:`StackStatus` of the current project, or None."""
    command_failed = Signal(object)
    """:class:`Problem`."""
    existing_found = Signal(object, object)
    """A :class:`Start` that started nothing, and the :class:`StartReport` that tells why: workers
    of the same app already run. A person has to choose."""
    flower_missing = Signal(object, object)
    """A :class:`Start`, and the :class:`Problem` that Flower is not installed. A person has to
    say where it may be."""

    def __init__(self, home: Home, project: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.snapshot: Snapshot | None = None
        self.stack: StackStatus | None = None
        self._interval_s = 0.0
        self._unusable: StackStatus | None = None
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
        self._begin(self._submit(command))

    def request(
        self,
        command: Command,
        done: Callable[[object], None],
        failed: Callable[[Problem], None],
    ) -> Callable[[], object]:
        """Send a command; its answer, or why there is none, goes to who asked and nobody else.

        What is returned breaks a question off: nothing is told then.
        """
        return self._begin(self._request(command, done, failed)).cancel

    async def ask(self, command: Command) -> object:
        """Send a command and await its answer. Raises :class:`TrayError`."""
        return await self._link.submit(command)

    def set_project(self, project: str) -> None:
        """Look at another project's stack; what runs of the former goes on."""
        self.project = project
        self._unusable = None
        self.stack = None
        self.stack_changed.emit(None)
        self._begin(self._open())

    def watch(self, interval_s: float) -> None:
        """How often CPU and memory are wanted; 0 while nobody looks."""
        if interval_s != self._interval_s:
            self._interval_s = interval_s
            if self.snapshot is not None:
                self.submit(Watch(interval_s))

    def _begin(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.get_event_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _submit(self, command: Command) -> None:
        try:
            answer = await self._link.submit(command)
        except TrayError as error:
            self.command_failed.emit(error.problem)
            return
        if isinstance(command, Start) and isinstance(answer, StartReport):
            if answer.existing:
                self.existing_found.emit(command, answer)
            for one in answer.failed:
                if one.problem.code == FLOWER_MISSING:
                    self.flower_missing.emit(command, one.problem)

    async def _request(
        self,
        command: Command,
        done: Callable[[object], None],
        failed: Callable[[Problem], None],
    ) -> None:
        try:
            answer = await self._link.submit(command)
        except TrayError as error:
            failed(error.problem)
        else:
            done(answer)

    async def _open(self) -> None:
        """Have the engine look at the project; what stands against that is the stack's state."""
        project = self.project
        while self.snapshot is not None and self.project == project:
            try:
                await self._link.submit(Open(project))
            except TrayError as error:
                if self.snapshot is None or self.project != project:
                    return
                self._unusable = _unusable(project, error.problem)
                self._show(self.snapshot)
            else:
                return
            await asyncio.sleep(OPEN_AGAIN_S)

    async def _watch_again(self) -> None:
        with contextlib.suppress(TrayError):
            await self._link.submit(Watch(self._interval_s))

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        fresh = self.snapshot is None and snapshot is not None
        self.snapshot = snapshot
        if fresh:
            # A new engine knows neither our project nor what we look at.
            self._unusable = None
            self._begin(self._open())
            if self._interval_s:
                self._begin(self._watch_again())
        self._show(snapshot)

    def _show(self, snapshot: Snapshot | None) -> None:
        self.snapshot_changed.emit(snapshot)
        stack = None
        if snapshot is not None:
            known = (one for one in snapshot.stacks if one.project == self.project)
            stack = next(known, self._unusable)
        if stack != self.stack:
            self.stack = stack
            self.stack_changed.emit(stack)

    def _on_error(self, error: TrayError) -> None:
        self.command_failed.emit(error.problem)


def _unusable(project: str, problem: Problem) -> StackStatus:
    """A stack of which nothing is known but why."""
    folder = Path(project) if project else None
    name = folder.name if folder else "Celery Tray"
    return StackStatus(stack_id(folder), name, project, "", "", StackState.FAILED, problem=problem)

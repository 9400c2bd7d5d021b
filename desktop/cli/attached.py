"""Staying with a stack in the terminal: its states and logs, until Ctrl-C stops it.

The first Ctrl-C (or TERM, or a closed terminal) stops what was started, warmly; the second leaves
it finishing in the background. An engine that dies is replaced by the next one meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal

from desktop.cli import start, stop
from desktop.cli.context import INTERRUPTED, Context
from desktop.cli.failure import show_problem
from desktop.cli.look import stack_of
from desktop.cli.stack_screen import StackScreen
from desktop.cli.start_report import tell
from desktop.engine.client import Client
from desktop.engine.commands import Start, Stop, StopReport
from desktop.engine.errors import TrayError
from desktop.engine.link import Link
from desktop.engine.model import StackStatus
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import StackState
from desktop.words import tr

TICK_S = 0.1


def start_and_stay(context: Context, command: Start, *, keep: bool = False) -> int:
    """Start, then show states and logs until interrupted; returns the exit code.

    What ends with Ctrl-C and stops in full ends well: 0.
    """
    screen = StackScreen(context, command)
    with context.connect(stays=True) as client:
        report, progress = start.submit(context, client, command)
        code = tell(context, report, progress)
        if not report.ready:
            return code
        return asyncio.run(Attached(context, command, screen, keep=keep).stay(client))


class Attached:
    """One stay."""

    def __init__(
        self, context: Context, command: Start, screen: StackScreen, *, keep: bool
    ) -> None:
        self._context = context
        self._command = command
        self._screen = screen
        self._keep = keep
        self._interrupts = 0
        self._leaving = False
        self._wake = asyncio.Event()
        self._engine_pid = 0
        self._stack: StackStatus | None = None

    async def stay(self, client: Client) -> int:
        """Until interrupted, or until somebody else has stopped everything.

        ``client`` holds the engine until the link does.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)
        link = Link(
            self._context.home,
            "up",
            self._on_snapshot,
            on_error=lambda error: show_problem(self._context, error.problem),
        )
        linked = loop.create_task(link.run())
        try:
            with self._screen:
                while not self._interrupts and not self._stopped_by_others():
                    await self._tick()
                    if self._stack:
                        client.close()
                if self._keep or not self._interrupts:
                    return self._leave()
                return await self._stop(link)
        finally:
            self._leaving = True
            linked.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await linked

    async def _stop(self, link: Link) -> int:
        self._screen.say(
            tr("Stopping; running tasks finish first. Ctrl-C again leaves them finishing.")
        )
        worker = self._command.worker
        names = (worker.name,) if worker else self._command.services
        stopping = asyncio.ensure_future(link.submit(Stop(self._command.project, names)))
        while not stopping.done() and self._interrupts < 2:
            await self._tick()
        if not stopping.done():
            stopping.cancel()
            self._screen.say(
                tr(
                    "It goes on stopping in the background. See {command}",
                    command="celery-tray status",
                )
            )
            return INTERRUPTED
        await self._tick()
        self._screen.close()
        try:
            report = stopping.result()
        except TrayError as error:
            show_problem(self._context, error.problem)
            return error.exit_code
        assert isinstance(report, StopReport)  # noqa: S101 - what Stop answers
        return stop.tell(self._context, report)

    def _leave(self) -> int:
        if self._interrupts:
            self._screen.say(tr("It goes on in the background. To end it: celery-tray stop"))
        else:
            self._screen.say(tr("Everything was stopped from elsewhere."))
        return 0

    async def _tick(self) -> None:
        self._screen.show(self._stack)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TICK_S):
                await self._wake.wait()
        self._wake.clear()

    def _stopped_by_others(self) -> bool:
        return self._stack is not None and self._stack.state is StackState.STOPPED

    def _on_signal(self) -> None:
        self._interrupts += 1
        self._wake.set()

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        if self._leaving:
            return
        if snapshot is None:
            self._screen.say(
                tr("The engine went away; services go on, and the next one is started.")
            )
            return
        if self._engine_pid not in {0, snapshot.engine.pid}:
            self._screen.say(tr("The next engine took over (pid {pid}).", pid=snapshot.engine.pid))
        self._engine_pid = snapshot.engine.pid
        self._stack = stack_of(snapshot, self._command.project) or self._stack

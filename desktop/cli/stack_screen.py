"""A stack's states and logs on the terminal: logs scroll by, states stand below them."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from desktop.cli.context import Context
from desktop.cli.ink import harmless, paint
from desktop.cli.log_lines import Printer
from desktop.cli.progress import Moves, services_of_interest
from desktop.cli.render import console, rich_table
from desktop.cli.report import services_table
from desktop.cli.states import STACK
from desktop.engine.commands import Start
from desktop.engine.logs import LogFollower
from desktop.engine.model import StackStatus
from desktop.paths import stack_id

if TYPE_CHECKING:
    from rich.live import Live

NEW_LOG_LINES = 10_000
TABLE_REFRESH_S = 0.5


class StackScreen:
    """Made before the start, so that it shows what the services log from then on."""

    def __init__(self, context: Context, command: Start) -> None:
        self._context = context
        self._only = (command.worker.name,) if command.worker else command.services
        self._home = context.home.stack(
            stack_id(Path(command.project) if command.project else None)
        )
        self._followers: dict[str, LogFollower] = {}
        for path in self._home.logs.glob("*.log"):
            self._followers[path.stem] = follower = LogFollower(path, lines=0)
            follower.read_new()
        self._printer: Printer | None = None
        self._moves = Moves()
        self._live: Live | None = None
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        if self._context.terminal:
            from rich.live import Live

            self._live = Live(console=console(self._context), auto_refresh=False, transient=True)
            self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the states off the screen; the logs stay."""
        if self._live:
            self._live.__exit__(None, None, None)
            self._live = None

    def show(self, stack: StackStatus | None) -> None:
        """What is new in the logs, and the states as they are."""
        if stack is None:
            return
        if not self._live:
            color = self._context.paints(sys.stdout)
            for line, style in self._moves.lines(stack):
                self._write(paint(line, style, color=color))
        self._show_logs(tuple(one.name for one in services_of_interest(stack)))
        now = time.monotonic()
        if self._live and now - self._drawn_at >= TABLE_REFRESH_S:
            self._drawn_at = now
            self._draw(stack)
        sys.stdout.flush()

    def say(self, words: str) -> None:
        """A line of our own, between the logs."""
        self._write(f"— {words}")
        sys.stdout.flush()

    def _show_logs(self, names: tuple[str, ...]) -> None:
        if self._only:
            names = tuple(name for name in names if name in self._only)
        if self._printer is None or self._printer.names != names:
            self._printer = Printer(self._context, names, write=self._write)
        for name in names:
            if name not in self._followers:
                self._followers[name] = LogFollower(self._home.log(name), NEW_LOG_LINES)
            self._printer.take(name, self._followers[name].read_new())

    def _draw(self, stack: StackStatus) -> None:
        from rich.console import Group
        from rich.rule import Rule
        from rich.text import Text

        assert self._live is not None  # noqa: S101 - asked by the caller
        shown = msgspec.structs.replace(stack, services=services_of_interest(stack))
        self._live.update(
            Group(
                Rule(style="dim"),
                Text(f"{STACK[stack.state]}  {harmless(stack.name)} · {harmless(stack.app)}"),
                rich_table(services_table(shown, time.time())),
            ),
            refresh=True,
        )

    def _write(self, line: str) -> None:
        if self._live:
            from rich.text import Text

            self._live.console.print(Text.from_ansi(line))
        else:
            sys.stdout.write(line + "\n")

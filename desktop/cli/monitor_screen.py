"""``monitor`` at a terminal: drawn in place, scrolled, held, sorted and narrowed by keys, as top.

Keys are read by prompt_toolkit, which knows what terminals send; the picture is rich's.
"""

from __future__ import annotations

import contextlib
import select
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from rich.console import Group
from rich.live import Live
from rich.segment import Segment, SegmentLines
from rich.text import Text

from desktop.cli.context import Context
from desktop.cli.monitor_report import LOG_LINES, head, tables
from desktop.cli.rates import Rate, Rates
from desktop.cli.render import Table, console, rich_table
from desktop.cli.report import (
    details,
    queue_depths_table,
    running_table,
    workers_table,
)
from desktop.engine.model import ActiveTask, StackStatus, WorkerRow
from desktop.engine.snapshot import Snapshot
from desktop.words import text, tr

if TYPE_CHECKING:
    from prompt_toolkit.input import Input

T = TypeVar("T", bound=Enum)

LOOK_S = 0.25
"""The size of the terminal is looked at this often."""
ROWS_MIN = 3


class Left(Exception):
    """The person wants no more of it."""


class Part(Enum):
    """What is shown; the first shows all."""

    ALL = text("all")
    WORKERS = text("workers")
    QUEUES = text("queues")
    TASKS = text("tasks")


class Order(Enum):
    """By what workers and running tasks are sorted."""

    TIME = text("time")
    """The longest first."""
    NAME = text("name")
    MEMORY = text("memory")
    """The largest first; a task has none of its own."""


@contextlib.contextmanager
def monitor_screen(context: Context, *, endless: bool) -> Iterator[MonitorScreen]:
    """``endless``: on a screen of its own, with keys."""
    with contextlib.ExitStack() as leaving:
        live = Live(console=console(context), auto_refresh=False, screen=endless)
        leaving.enter_context(live)
        keys: Input | None = None
        if endless and sys.stdin.isatty():
            from prompt_toolkit.input import create_input

            keys = create_input(sys.stdin)
            leaving.enter_context(keys.raw_mode())
        yield MonitorScreen(context, live, keys, endless=endless)


class MonitorScreen:
    """Shows one report until the next."""

    def __init__(self, context: Context, live: Live, keys: Input | None, *, endless: bool) -> None:
        self._live, self._keys, self._endless = live, keys, endless
        self._console = live.console
        self._color = context.paints(live.console.file)
        self._rates = Rates()
        self._rate: Rate | None = None
        self._report: tuple[Snapshot | None, StackStatus] | None = None
        self._size = self._console.size
        self._top = 0
        self._rows = 0
        """Lines that can be scrolled over, and those that fit."""
        self._room = 0
        self._held = False
        self._part, self._order = Part.ALL, Order.TIME

    def show(self, snapshot: Snapshot | None, stack: StackStatus) -> None:
        """The news."""
        self._report = (snapshot, stack)
        self._rate = self._rates.take(stack, time.monotonic())
        self._draw()

    def wait(self, seconds: float) -> None:
        """Follow the keys for so long, and for as long as the picture is held. Raises
        :class:`Left`, and KeyboardInterrupt at Ctrl-C."""
        if self._keys is None:
            time.sleep(seconds)
            return
        end = time.monotonic() + seconds
        while True:
            # Also where no time is left: reports that take longer than their interval.
            left = LOOK_S if self._held else min(max(end - time.monotonic(), 0.0), LOOK_S)
            if self._pressed(self._keys, left) or self._size != self._console.size:
                self._draw()
            if time.monotonic() >= end and not self._held:
                return

    # --- keys --------------------------------------------------------------------------------

    def _pressed(self, keys: Input, seconds: float) -> bool:
        """Wait for keys, and do what they say; False when none came."""
        if keys.closed:
            raise Left
        # Escape alone is told apart from the beginning of an arrow by what does not follow.
        there = select.select([keys.fileno()], [], [], seconds)[0]
        pressed = keys.read_keys() if there else keys.flush_keys()
        for one in pressed:
            self._do(str(getattr(one.key, "value", one.key)).lower())
        return bool(pressed)

    def _do(self, key: str) -> None:
        if key == "c-c":
            raise KeyboardInterrupt
        if key in {"q", "escape", "c-d"}:
            raise Left
        if key == " ":
            self._held = not self._held
        elif key == "s":
            self._order = _next(Order, self._order)
        elif key == "v":
            self._part, self._top = _next(Part, self._part), 0
        elif key in self._moves:
            self._top = self._moves[key]()

    @property
    def _moves(self) -> dict[str, Callable[[], int]]:
        return {
            "up": lambda: self._top - 1,
            "k": lambda: self._top - 1,
            "down": lambda: self._top + 1,
            "j": lambda: self._top + 1,
            "pageup": lambda: self._top - self._room,
            "pagedown": lambda: self._top + self._room,
            "home": lambda: 0,
            "end": lambda: self._rows,
        }

    # --- the picture -------------------------------------------------------------------------

    def _draw(self) -> None:
        if self._report is None:
            return
        snapshot, stack = self._report
        self._size = self._console.size
        above = [
            Text.from_ansi(one) for one in head(snapshot, stack, self._rate, color=self._color)
        ]
        if not self._endless:
            room = max(self._size.height - _lines_besides(stack), ROWS_MIN)
            self._live.update(Group(*above, *self._parts(stack, room)), refresh=True)
            return
        options = self._console.options.update(height=None)
        parts = Group(*self._parts(stack, len(stack.active)))
        lines = self._console.render_lines(parts, options, pad=False)
        self._rows, self._room = len(lines), max(self._size.height - len(above) - 1, 1)
        self._top = max(0, min(self._top, self._rows - self._room))
        shown = lines[self._top : self._top + self._room]
        shown += [[Segment("")] for _ in range(self._room - len(shown))]
        for line in above:  # one line is one row: the foot stays where it is
            line.truncate(self._size.width, overflow="ellipsis")
        foot = Text(self._foot(), "reverse", no_wrap=True, overflow="ellipsis", end="")
        foot.truncate(self._size.width, overflow="ellipsis", pad=True)
        self._live.update(Group(*above, SegmentLines(shown, new_lines=True), foot), refresh=True)

    def _parts(self, stack: StackStatus, rows_max: int) -> Iterator[Any]:
        for table in self._tables(stack, time.time(), rows_max):
            yield Text()
            yield rich_table(table)
        if self._part is Part.ALL:
            lines = details(stack, color=self._color, log_lines=LOG_LINES, counts=False)
            yield from (Text.from_ansi(line) for line in lines)

    def _tables(self, stack: StackStatus, now: float, rows_max: int) -> Iterable[Table]:
        workers = tuple(sorted(stack.workers, key=self._place_of_worker))
        active = tuple(sorted(stack.active, key=self._place_of_task))
        match self._part:
            case Part.ALL:
                shown = msgspec.structs.replace(stack, workers=workers, active=active)
                return tables(shown, now, rows_max)
            case Part.WORKERS:
                return (workers_table(workers, now),)
            case Part.QUEUES:
                return (queue_depths_table(stack),)
            case Part.TASKS:
                return (running_table(active, now, rows_max),)

    def _place_of_worker(self, row: WorkerRow) -> tuple[Any, ...]:
        if self._order is Order.MEMORY:
            return (-(row.rss_bytes or 0), row.node, row.pid)
        return (row.node, row.pid) if self._order is Order.NAME else (row.create_time, row.pid)

    def _place_of_task(self, task: ActiveTask) -> tuple[Any, ...]:
        at = task.started_at or 0.0
        return (task.name, at, task.id) if self._order is Order.NAME else (at, task.id)

    def _foot(self) -> str:
        beyond = self._rows > self._room
        last = min(self._top + self._room, self._rows)
        words = [
            tr("q quit"),
            tr("space go on") if self._held else tr("space hold"),
            tr("s sort: {order}", order=str(self._order.value)),
            tr("v view: {part}", part=str(self._part.value)),
        ]
        if beyond:
            place = tr("{first}–{last} of {n} lines", first=self._top + 1, last=last, n=self._rows)
            words.append(f"↑↓ {place}")
        if self._held:
            words.insert(0, tr("HELD"))
        return " " + "   ".join(words)


def _lines_besides(stack: StackStatus) -> int:
    """What the screen holds beside the tasks that run."""
    return 12 + len(stack.services) + len(stack.workers) + len(stack.queues)


def _next(kind: type[T], now: T) -> T:
    every = list(kind)
    return every[(every.index(now) + 1) % len(every)]

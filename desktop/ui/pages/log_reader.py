"""Reads, keeps and filters log lines in a thread of its own; the window only shows them."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.engine.log_text import clean
from desktop.engine.logs import LogFollower
from desktop.ui.pages.log_lines import LogLine, PatternError, matcher, merged

LINES_MAX = 100_000
"""So many lines are kept; older ones are only in the files."""
FIRST_LINES = 2_000
"""So many of each log are read when it is first shown."""
INTERVAL_S = 0.25
PIECE = 4_000
"""Lines handed over at once: the window draws in between."""


@dataclass(frozen=True, slots=True)
class Request:
    """What should be shown."""

    paths: tuple[Path, ...] = ()
    wanted: str = ""
    regex: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines to show behind those that are shown, or instead of them."""

    request: Request
    lines: tuple[LogLine, ...]
    replaces: bool
    kept: int
    """Lines that are kept, whether they match or not."""


class LogReader(QObject):
    """Runs between ``start`` and ``stop``; goes on where it stopped."""

    read = Signal(object)
    """A :class:`Batch`."""
    refused = Signal(str)
    """Why the filter can't be used; what is shown stays."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked = Request()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown: Request | None = None
        self._lines: deque[LogLine] = deque(maxlen=LINES_MAX)
        self._followers: tuple[LogFollower, ...] = ()
        self._matches: Callable[[str], bool] = matcher("", regex=False)

    def ask(self, request: Request) -> None:
        """Show this from now on."""
        self._asked = request
        self._wake.set()

    def start(self) -> None:
        """Read until ``stop``."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="log-reader", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Read nothing more; returns when the thread has ended."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping.set()
            self._wake.set()
            thread.join()

    @property
    def running(self) -> bool:
        return self._thread is not None

    def _run(self) -> None:
        # The window may be gone before the last line is handed over.
        with contextlib.suppress(RuntimeError):
            while not self._stopping.is_set():
                self._wake.clear()
                try:
                    self._step()
                except PatternError as error:
                    self.refused.emit(str(error))
                self._wake.wait(INTERVAL_S)

    def _step(self) -> None:
        asked = self._asked
        if asked != self._shown:
            before, self._shown = self._shown, asked
            if before is None or before.paths != asked.paths:
                self._followers = tuple(LogFollower(path, FIRST_LINES) for path in asked.paths)
                self._lines.clear()
                self._lines.extend(self._new_lines())
            self._matches = matcher(asked.wanted, regex=asked.regex)
            self._hand_over(asked, tuple(self._lines), replaces=True)
        new = self._new_lines()
        if new:
            self._lines.extend(new)
            self._hand_over(asked, tuple(new), replaces=False)

    def _new_lines(self) -> list[LogLine]:
        return merged(
            (number, [clean(line) for line in follower.read_new()])
            for number, follower in enumerate(self._followers)
        )

    def _hand_over(self, request: Request, lines: tuple[LogLine, ...], *, replaces: bool) -> None:
        found = tuple(line for line in lines if self._matches(line.words))
        kept = len(self._lines)
        if replaces:
            self.read.emit(Batch(request, found[:PIECE], True, kept))
            found = found[PIECE:]
        for start in range(0, len(found), PIECE):
            if self._stopping.is_set() or self._asked != request:
                self._shown = None if self._asked == request else self._shown
                return
            self.read.emit(Batch(request, found[start : start + PIECE], False, kept))
        if not replaces and not found:
            self.read.emit(Batch(request, (), False, kept))

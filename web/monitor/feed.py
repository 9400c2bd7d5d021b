"""What the engine says about one stack, for everybody who looks at it through this server.

Holds the latest snapshot, tells who waits that there is a newer one, and asks the engine to
measure more often only while somebody looks.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from desktop.engine.commands import Answer, Census, Command, Open, Watch
from desktop.engine.documents import Document, problem_document, status_document
from desktop.engine.errors import EngineError, TrayError
from desktop.engine.link import Link
from desktop.engine.model import Problem, StackStatus
from desktop.engine.snapshot import Snapshot
from desktop.paths import Home, stack_id
from desktop.words import text
from web.monitor.shared_answers import Question, SharedAnswers

LIVE_INTERVAL_S = 2.0
"""Measured this often while a page is open."""
POLLED_INTERVAL_S = 5.0
"""Measured this often while something polls the API or the metrics."""
FRAME_S = 0.5
"""Between two changes that the engine tells of: pages are told twice a second."""
POLLED_FOR_S = 60.0
"""A poll counts as interest for this long."""
CENSUS_INTERVAL_S = 10.0
"""While a page is open, Celery processes are looked for this often (30 to 200 ms of work)."""

log = logging.getLogger(__name__)


class Feed:
    """The latest state of the stack of ``project`` ("" is the bundled app)."""

    def __init__(self, home: Home, project: str) -> None:
        self.home = home
        self.project = project
        self.snapshot: Snapshot | None = None
        """None while the engine is out of reach."""
        self.stopping = asyncio.Event()
        """Set when the server ends: whoever waits should finish."""
        self._stack_id = stack_id(Path(project) if project else None)
        self._problem: Problem | None = None
        self._link = Link(home, "monitor", self._on_snapshot, on_error=self._on_error)
        self._changed = asyncio.Event()
        self._viewers = 0
        self._polled_until = 0.0
        self._polls_end: asyncio.TimerHandle | None = None
        self._watched_s = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers = SharedAnswers(self.put)
        self._looking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Stay connected to the engine until cancelled."""
        await self._link.run()

    def stop(self) -> None:
        """Let everybody who waits for news go."""
        self.stopping.set()
        self._tell()

    async def submit(self, command: Command) -> Answer:
        """Have the engine do something. Raises :class:`TrayError` when it can't or won't."""
        return await self._link.submit(command)

    def kept(self, question: Question, fresh_s: float) -> Any:
        """The answer that another page was given ``fresh_s`` ago at most; None: ask."""
        return self._answers.kept(question, fresh_s)

    async def ask(self, question: Question, fresh_s: float) -> Any:
        """A question's answer, ``fresh_s`` old at most. Raises :class:`TrayError`."""
        if (problem := self.problem) is not None and self.snapshot is None:
            raise EngineError.of(problem)
        return await self._answers.ask(question, fresh_s)

    async def put(self, question: Question) -> Any:
        """The answer of now, shared with nobody. Raises :class:`TrayError`."""
        if isinstance(question, msgspec.Struct):
            return await self.submit(question)
        return await asyncio.to_thread(question.read)

    def forget(self) -> None:
        """Something was changed: questions are asked anew."""
        self._answers.forget()

    # --- what is known -----------------------------------------------------------------------

    @property
    def stack(self) -> StackStatus | None:
        """The stack as the engine tells it; None while it doesn't."""
        return self.snapshot.stack(self._stack_id) if self.snapshot else None

    @property
    def problem(self) -> Problem | None:
        """Why there is nothing to show; None when there is."""
        if self.stack is not None:
            return None
        return self._problem or connecting()

    def document(self) -> Document:
        """The status document in the present language. Without an engine, services and workers
        are empty and the stack's problem tells why."""
        stack = self.stack
        if stack is None:
            name = Path(self.project).name or "Celery Tray"
            stack = StackStatus(
                self._stack_id, name, self.project, "", "", problem=self._problem or connecting()
            )
        return status_document(self.snapshot, stack, time.time())

    def problem_document(self) -> Document | None:
        """:attr:`problem` in the present language."""
        return problem_document(self.problem)

    # --- news --------------------------------------------------------------------------------

    async def wait(self, timeout_s: float) -> bool:
        """Return True at the next news, or False when none comes in time."""
        changed = self._changed
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await changed.wait()
        return changed.is_set()

    @property
    def mark(self) -> object:
        """Differs from an earlier mark when there was news since."""
        return self._changed

    @contextlib.contextmanager
    def viewed(self) -> Iterator[None]:
        """Somebody looks for as long as the block lasts."""
        self._viewers += 1
        self._watch()
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look())
        try:
            yield
        finally:
            self._viewers -= 1
            self._watch()
            if not self._viewers and self._looking:
                self._looking.cancel()
                self._looking = None

    @property
    def viewers(self) -> int:
        return self._viewers

    def polled(self) -> None:
        """Somebody looked just now and may do so again."""
        loop = asyncio.get_running_loop()
        if self._polls_end:
            self._polls_end.cancel()
        self._polled_until = loop.time() + POLLED_FOR_S
        self._polls_end = loop.call_later(POLLED_FOR_S, self._watch)
        self._watch()

    # --- the link's side ---------------------------------------------------------------------

    def _on_snapshot(self, snapshot: Snapshot | None) -> None:
        fresh = self.snapshot is None and snapshot is not None
        self.snapshot = snapshot
        if fresh:
            self._problem = None
            self._watched_s = 0.0
            self._watch()
            if self.stack is None:
                self._spawn(Open(self.project))
        self._tell()

    def _on_error(self, error: TrayError) -> None:
        self._problem = error.problem
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _watch(self) -> None:
        """Tell the engine how often to measure for our sake, when that has changed."""
        if self.snapshot is None:
            return
        if self._viewers:
            wanted_s = LIVE_INTERVAL_S
        elif asyncio.get_running_loop().time() < self._polled_until:
            wanted_s = POLLED_INTERVAL_S
        else:
            wanted_s = 0.0
        if wanted_s != self._watched_s:
            self._watched_s = wanted_s
            self._spawn(Watch(wanted_s, FRAME_S))

    async def _look(self) -> None:
        """Keep the snapshot's workers fresh; they come with it."""
        while True:
            if self.stack is not None:
                with contextlib.suppress(TrayError):
                    await self.ask(Census(self.project), CENSUS_INTERVAL_S / 2)
            await asyncio.sleep(CENSUS_INTERVAL_S)

    def _spawn(self, command: Command) -> None:
        task = asyncio.get_running_loop().create_task(self._do(command))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _do(self, command: Command) -> None:
        try:
            await self._link.submit(command)
        except TrayError as error:
            if isinstance(command, Open):
                self._on_error(error)
            log.warning("%s: %s", type(command).__name__, error.problem.code)


def connecting() -> Problem:
    """The engine has not answered yet."""
    return Problem(
        "engine-connecting",
        text("Waiting for the engine."),
        text("The program that runs the services does not answer at the moment."),
        text("It is started again by itself; this page goes on as soon as it answers."),
    )

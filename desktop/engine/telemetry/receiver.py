"""Listens to Celery's events on one broker, in a thread of its own.

Idle, it sleeps in the socket and wakes with the nodes' heartbeats. What it makes of the events it
hands over at most ten times a second. A broker that goes away is tried again with growing pauses;
what was missed meanwhile is repaired by asking others.
"""

from __future__ import annotations

import logging
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from desktop.engine.control import Control
from desktop.engine.metrics_commands import WorkerSeries
from desktop.engine.model import ActiveTask, TaskCounts, TelemetryStatus
from desktop.engine.task_model import Task
from desktop.engine.telemetry.holders import Holders
from desktop.engine.telemetry.nodes import Alive
from desktop.engine.telemetry.repair import Repair, Witnesses
from desktop.engine.telemetry.source import Source, source_of

OnChange = Callable[[TaskCounts, tuple[ActiveTask, ...]], None]
OnTasks = Callable[[Sequence[Task]], None]

INTERVAL_S = 0.1
"""Between two calls of ``on_change``, and of ``on_tasks``."""
ACTIVE_MAX = 200
"""Tasks in flight handed to ``on_change`` at most."""
TICK_S = 1.0
"""How often it is looked whether the nodes of tasks in flight are still there."""
_IDLE_S = 60.0
_PAUSE_FIRST_S = 0.25
_PAUSE_MAX_S = 5.0

log = logging.getLogger(__name__)


def runs_here(node: str, pid: int) -> bool | None:
    """Whether the process of a node runs, where its name ends with this machine's own name."""
    host = node.rpartition("@")[2].lower()
    if pid <= 0 or host not in {_HOST, _HOST.partition(".")[0]}:
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return None
    return True


_HOST = socket.gethostname().lower()


class Telemetry:
    """Tasks, counts and the tasks in flight of one broker, from :meth:`start` on."""

    def __init__(
        self,
        broker_url: str,
        on_change: OnChange,
        *,
        key_prefix: str = "",
        exchange: str = "celeryev",
        options: Mapping[str, Any] | None = None,
        alive: Alive = runs_here,
        control: Control | None = None,
        holders: Holders | None = None,
        on_tasks: OnTasks = lambda _: None,
        witnesses: Witnesses | None = None,
    ) -> None:
        """``on_change`` and ``on_tasks`` are called from the thread, each at most ten times a
        second; ``on_tasks`` gets every task that has changed. ``key_prefix`` is the app's
        ``global_keyprefix``, ``exchange`` its ``event_exchange``, ``options`` its
        ``broker_transport_options``. ``alive`` tells a task whose worker was killed from a slow
        one. ``holders`` looks into the same memory. ``witnesses`` tell what events did not.
        """
        self._url = broker_url
        self._on_change, self._on_tasks = on_change, on_tasks
        self._key_prefix, self._exchange = key_prefix, exchange
        self._options = dict(options or {})
        if key_prefix:
            self._options["global_keyprefix"] = key_prefix
        self._alive = alive
        self._fold = (holders or Holders()).fold
        control = control or Control(broker_url, self._options)
        self._repair = Repair(self._fold, control, witnesses or Witnesses())
        self._told: tuple[TaskCounts, tuple[ActiveTask, ...], TelemetryStatus] = (
            TaskCounts(), (), TelemetryStatus(),
        )  # fmt: skip
        self._dirty = False
        self._told_at = self._ticked_at = 0.0
        self._counted = 0
        self._rate = 0.0
        self._stopping = threading.Event()
        self._called = threading.Event()
        self._source: Source | None = None
        self._thread: threading.Thread | None = None
        self.connected = False
        """Whether events are heard at present."""
        self._since: float | None = None
        self._heard_since = math.inf

    def start(self) -> None:
        """Begin to listen; returns at once, whether or not the broker is there yet."""
        if self._thread is None:
            self._stopping.clear()
            self._since = time.time()
            self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
            self._thread.start()

    @property
    def status(self) -> TelemetryStatus:
        """How well events are heard, as it was told last."""
        return self._told[2]

    def started_since(self, node: str, pid: int, at: float) -> int | None:
        """Tasks that this process of a node has started since ``at`` (wall clock); None when not
        all were heard. Any thread may ask."""
        heard = self.connected and self._heard_since <= at
        return self._fold.starts.since(node, pid, at) if heard else None

    def speaks(self, node: str, pid: int) -> bool:
        """Whether an event of a task was heard of this process. Any thread may ask."""
        return self._fold.nodes.speaks(node, pid)

    def series(self) -> tuple[WorkerSeries, ...]:
        """What Flower's metrics tell, as it is now. Any thread may ask."""
        return self._fold.series()

    def hurry(self) -> None:
        """The broker is up: a pause between two attempts ends now. Any thread may call."""
        if not self.connected:
            self._called.set()

    def stop(self) -> None:
        """Stop listening; nobody is called after this returns. Not from the thread."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stopping.set()
        self._called.set()
        self._repair.stop()
        if source := self._source:
            source.interrupt()
        thread.join()

    # --- the thread --------------------------------------------------------------------------

    def _run(self) -> None:
        pause_s = _PAUSE_FIRST_S
        while not self._stopping.is_set():
            source = source_of(
                self._url,
                key_prefix=self._key_prefix,
                exchange=self._exchange,
                options=self._options,
            )
            try:
                source.open()
                pause_s = _PAUSE_FIRST_S
                self._listen(source)
            except source.errors as error:
                log.debug("events are not heard: %s", error)
            except Exception:
                # Whatever it was, the next event must not find nobody.
                log.exception("the telemetry broke")
            finally:
                self._source = None
                source.close()
            if self.connected:
                self._lose_touch()
            self._tell()
            called = self._called.wait(pause_s)
            self._called.clear()
            pause_s = _PAUSE_FIRST_S if called else min(pause_s * 2, _PAUSE_MAX_S)

    def _listen(self, source: Source) -> None:
        self._source = source
        gap, self._heard_since = self._since, time.time()
        self._since = self._heard_since
        self.connected = self._dirty = True
        self._repair.begin(gap)
        while not self._stopping.is_set():
            self._step(source)

    def _step(self, source: Source) -> None:
        events = source.read(self._wait_s(time.monotonic()))
        now = time.monotonic()
        if events:
            self._fold.feed(events, now, time.time())
            self._dirty = True
        if now - self._ticked_at >= TICK_S:
            self._tick(now)
        if (self._dirty or self._fold.is_full) and now - self._told_at >= INTERVAL_S:
            self._tell()

    def _tick(self, now: float) -> None:
        """Once a second, while there is anything to look after."""
        count = self._fold.task_events
        self._rate = round((count - self._counted) / (now - self._ticked_at), 1)
        self._counted, self._ticked_at = count, now
        if self._fold.in_flight:
            self._fold.tick(now, self._alive, time.time())
        self._repair.tick(now)
        self._dirty = True

    def _lose_touch(self) -> None:
        self.connected = False
        self._since, self._rate = time.time(), 0.0
        self._fold.lost_touch(time.monotonic())

    def _tell(self) -> None:
        self._dirty = False
        tasks = self._fold.take()
        news = (self._fold.counts, self._fold.active(ACTIVE_MAX), self._now())
        if self._stopping.is_set():
            return
        if tasks:
            self._told_at = time.monotonic()
            self._on_tasks(tasks)
        if news != self._told:
            self._told, self._told_at = news, time.monotonic()
            self._on_change(news[0], news[1])

    def _now(self) -> TelemetryStatus:
        return TelemetryStatus(
            connected=self.connected,
            since=self._since,
            events_per_s=self._rate,
            missed=self._fold.nodes.missed,
            silent=tuple(sorted({name for name, _ in self._fold.nodes.silent})),
        )

    def _wait_s(self, now: float) -> float:
        if self._dirty:
            return max(0.0, INTERVAL_S - (now - self._told_at))
        busy = self._fold.in_flight or self._rate or self._repair.busy
        return TICK_S if busy else _IDLE_S

"""Listens to Celery's events on Redis, in a thread of its own.

Idle, it sleeps in the socket and wakes with the nodes' heartbeats. A broker that goes away is
tried again with growing pauses; what was missed meanwhile is repaired by asking the nodes.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from desktop.engine.broker import glob_literal
from desktop.engine.control import Control
from desktop.engine.model import ActiveTask, TaskCounts
from desktop.engine.redis_url import client_url
from desktop.engine.telemetry.fold import Fold
from desktop.engine.telemetry.holders import Holders
from desktop.engine.telemetry.nodes import Alive
from desktop.engine.telemetry.wire import decode

if TYPE_CHECKING:
    from redis.client import PubSub

OnChange = Callable[[TaskCounts, tuple[ActiveTask, ...]], None]

INTERVAL_S = 0.1
"""Between two calls of ``on_change``."""
ACTIVE_MAX = 200
"""Tasks handed over at most."""
TICK_S = 1.0
"""How often it is looked whether the nodes of tasks in flight are still there."""
_IDLE_S = 60.0
_PAUSE_FIRST_S = 0.25
_PAUSE_MAX_S = 5.0
_CONNECT_TIMEOUT_S = 2.0
_ASK_TIMEOUT_S = 1.0
_HEALTH_CHECK_S = 30
"""A connection that died without a word (sleep, network) is noticed after this long."""


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
    """Counts of tasks and the tasks in flight, of one broker, from :meth:`start` on."""

    def __init__(
        self,
        broker_url: str,
        on_change: OnChange,
        *,
        key_prefix: str = "",
        alive: Alive = runs_here,
        control: Control | None = None,
        holders: Holders | None = None,
    ) -> None:
        """``on_change`` is called from the thread, at most ten times a second and only with
        something new: the counts, and at most :data:`ACTIVE_MAX` tasks, running ones first.
        ``key_prefix`` is the app's ``global_keyprefix``. ``alive`` tells whether a node's process
        runs (None: not known), so that a silent node is not taken for a dead one. ``holders`` is
        told the same events."""
        self._url = broker_url
        self._on_change = on_change
        self._key_prefix = key_prefix
        self._alive = alive
        options = {"global_keyprefix": key_prefix} if key_prefix else {}
        self._control = control or Control(broker_url, options)
        self._fold = Fold()
        self._holders = holders or Holders()
        self._told: tuple[TaskCounts, tuple[ActiveTask, ...]] = (TaskCounts(), ())
        self._dirty = False
        self._told_at = 0.0
        self._ticked_at = 0.0
        self._asking = False
        self._answers: tuple[Mapping[str, tuple[ActiveTask, ...]], float] | None = None
        self._stopping = threading.Event()
        self._subscription: PubSub | None = None
        self._thread: threading.Thread | None = None
        self.connected = False
        """Whether events are heard at present."""
        self._heard_since = math.inf

    def start(self) -> None:
        """Begin to listen; returns at once, whether or not the broker is there yet."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
            self._thread.start()

    def started_since(self, node: str, pid: int, at: float) -> int | None:
        """Tasks that this process of a node has started since ``at`` (wall clock); None when not
        all were heard. Any thread may ask."""
        heard = self.connected and self._heard_since <= at
        return self._fold.starts.since(node, pid, at) if heard else None

    def stop(self) -> None:
        """Stop listening; ``on_change`` is not called after this returns. Not from the thread."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stopping.set()
        self._interrupt()
        thread.join()

    # --- the thread --------------------------------------------------------------------------

    def _run(self) -> None:
        import redis

        pause_s = _PAUSE_FIRST_S
        while not self._stopping.is_set():
            try:
                with contextlib.closing(self._connect()) as client:
                    pause_s = _PAUSE_FIRST_S
                    self._listen(client)
            except (redis.RedisError, OSError, ValueError):
                # ValueError: redis-py's word for an address, or a frame, that makes no sense.
                pass
            if self.connected:
                self.connected = False
                self._fold.lost_touch(time.monotonic())
                self._holders.lost_touch()
                self._dirty = True
                self._tell()
            self._stopping.wait(pause_s)
            pause_s = min(pause_s * 2, _PAUSE_MAX_S)

    def _connect(self) -> Any:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        return redis.Redis.from_url(
            client_url(self._url),
            # A silent reconnection inside redis-py would hide that events were missed.
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=_CONNECT_TIMEOUT_S,
            socket_timeout=_CONNECT_TIMEOUT_S,
            socket_keepalive=True,
            health_check_interval=_HEALTH_CHECK_S,
        )

    def _listen(self, client: Any) -> None:
        database = client.connection_pool.connection_kwargs.get("db") or 0
        with client.pubsub() as subscription:
            subscription.psubscribe(f"{glob_literal(self._key_prefix)}/{database}.celeryev/*")
            self._subscription = subscription
            try:
                while not self._stopping.is_set():
                    self._step(subscription)
            finally:
                self._subscription = None

    def _step(self, subscription: PubSub) -> None:
        message = subscription.get_message(timeout=self._wait_s(time.monotonic()))
        now = time.monotonic()
        if message is not None:
            self._take(message, now)
        if self._answers is not None:
            (answers, asked_at), self._answers = self._answers, None
            self._asking = False
            self._fold.repair(answers, asked_at)
            self._holders.answered(answers)
            self._dirty = True
        if self._fold.in_flight and now - self._ticked_at >= TICK_S:
            self._ticked_at = now
            self._fold.tick(now, self._alive)
            self._dirty = True
        if self._dirty and now - self._told_at >= INTERVAL_S:
            self._drain(subscription, now)
            self._tell()

    def _take(self, message: Mapping[str, Any], now: float) -> None:
        if message["type"] == "pmessage":
            events = decode(message["data"])
            self._fold.feed(events, now)
            self._holders.feed(events)
            self._dirty = True
        elif message["type"] == "psubscribe":
            self._heard_since = time.time()
            self.connected = self._asking = True
            threading.Thread(target=self._ask, name="telemetry-repair", daemon=True).start()

    def _drain(self, subscription: PubSub, now: float) -> None:
        """What has come already, so that one call tells all of it; bounded in time."""
        deadline = now + INTERVAL_S
        while (message := subscription.get_message(timeout=0.0)) is not None:
            self._take(message, now)
            if time.monotonic() >= deadline:
                return

    def _ask(self) -> None:
        asked_at = time.monotonic()
        self._answers = (self._control.active(_ASK_TIMEOUT_S), asked_at)

    def _tell(self) -> None:
        self._dirty = False
        news = (self._fold.counts, self._fold.active(ACTIVE_MAX))
        if news != self._told and not self._stopping.is_set():
            self._told, self._told_at = news, time.monotonic()
            self._on_change(*news)

    def _wait_s(self, now: float) -> float:
        if self._dirty:
            return max(0.0, INTERVAL_S - (now - self._told_at))
        return TICK_S if self._fold.in_flight or self._asking else _IDLE_S

    def _interrupt(self) -> None:
        """Wake the thread out of its socket."""
        subscription = self._subscription
        connection = getattr(subscription, "connection", None)
        if connection is not None:
            with contextlib.suppress(OSError, AttributeError):
                connection._sock.shutdown(socket.SHUT_RDWR)

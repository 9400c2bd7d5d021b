"""Asks workers through the broker: who is there, what do they run.

Celery's remote control is a mailbox of kombu: a broadcast, and a reply queue that lives as long
as the question. The mailbox alone is used, not a Celery app: 3 MB and 50 ms of imports less, and
about 8 ms for an answered ping on a fresh connection (measured on 2 cores, Redis 7).

Silence is not death: a busy ``solo`` worker answers nothing while it runs a task.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from desktop.engine.iso_time import instant
from desktop.engine.model import ActiveTask
from desktop.engine.states import TaskState

if TYPE_CHECKING:
    from kombu.pidbox import Mailbox

_NAMESPACE = "celery"
"""Name of the mailbox, Celery's ``control_exchange``."""
_POLL_MAX_S = 0.1
"""How long one blocking pop on the reply queue may outlast the question. kombu's own is 1 s, and
closing the connection waits for it."""
_SOCKET_TIMEOUT_MIN_S = 0.5
"""A broker that accepts but does not answer (stopped, swapping) must not hold the caller."""
_REST_S = 1.0
"""A node that has answered one of several questions is given so much longer for the others."""
_AGAIN_S = 0.04
"""Pause between the pings of one question: so late at most is a fresh node noticed."""
_RETRIES = {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.1, "interval_max": 0.2}
"""Of a question whose connection was lost as it was put."""

_Question = tuple[str, dict[str, Any]]
"""A command of remote control with its arguments."""

TEXT_MAX = 1024
"""Longest name or argument that is kept of what a worker says; Celery's own events cut there."""


class Control:
    """Questions to the workers of one broker.

    Every method blocks, may be called from any thread, opens its own connection and closes it.
    None raises when the broker is out of reach: nobody answers then.
    """

    def __init__(self, broker_url: str, transport_options: Mapping[str, Any] | None = None) -> None:
        """``transport_options`` are the app's own ``broker_transport_options``, where it has any
        (a ``global_keyprefix`` must agree, or the workers hear nothing)."""
        self._url = broker_url
        self._options = dict(transport_options or {})

    def ping(self, node: str, timeout_s: float) -> bool:
        """Whether ``node`` answers, which means that it consumes.

        Returns at its reply. A node that does not listen yet misses the question, so it is asked
        again and again until the time is over.
        """
        return node in dict(self.replies("ping", timeout_s, [node], again_s=_AGAIN_S))

    def answers_as(self, node: str, timeout_s: float, is_its: Callable[[int], bool]) -> int | None:
        """The pid with which ``node`` answers, once ``is_its`` accepts one; None: it did not.

        A ping tells a name alone, and two nodes may have the same: a reply to ``stats`` tells the
        process. Returns at that reply; asks again and again until the time is over.
        """

        def pid_in(replies: Sequence[Any]) -> int | None:
            said = (reply.get("pid") for _, reply in _by_node(replies) if isinstance(reply, dict))
            return next((pid for pid in said if isinstance(pid, int) and is_its(pid)), None)

        return pid_in(
            [
                {name: reply}
                for name, reply in self.replies(
                    "stats",
                    timeout_s,
                    [node],
                    again_s=_AGAIN_S,
                    enough=lambda replies: pid_in(replies[-1:]) is not None,
                )
            ]
        )

    def revoked(self, node: str, timeout_s: float, nodes: int) -> tuple[str, ...]:
        """Ids of revoked tasks that any of the ``nodes`` processes called ``node`` remembers."""
        said = self.replies("revoked", timeout_s, [node] * nodes)
        ids = (str(one) for _, reply in said if isinstance(reply, list) for one in reply)
        return tuple(dict.fromkeys(ids))

    def revoke(self, node: str, ids: Sequence[str], timeout_s: float, nodes: int) -> None:
        """Tell each of the ``nodes`` processes called ``node`` that these tasks are revoked."""
        self.replies("revoke", timeout_s, [node] * nodes, arguments={"task_id": list(ids)})

    def active(self, timeout_s: float) -> dict[str, tuple[ActiveTask, ...]]:
        """What each node runs now. Takes the whole ``timeout_s``: who is there is not known."""
        replies = dict(self.replies("active", timeout_s))
        return {node: _active_tasks(node, reply) for node, reply in replies.items()}

    def running_tasks(self, node: str, timeout_s: float) -> tuple[ActiveTask, ...] | None:
        """What ``node`` runs now; None when it did not answer."""
        replies = dict(self.replies("active", timeout_s, [node]))
        return _active_tasks(node, replies[node]) if node in replies else None

    def stats(self, timeout_s: float) -> dict[str, dict[str, Any]]:
        """Celery's ``inspect stats`` of each node: pid, pool, broker, uptime, totals.

        Takes the whole ``timeout_s``. What a worker says is not to be trusted in shape.
        """
        replies = dict(self.replies("stats", timeout_s))
        return {node: reply for node, reply in replies.items() if isinstance(reply, dict)}

    def replies(
        self,
        command: str,
        timeout_s: float,
        nodes: Sequence[str] | None = None,
        *,
        again_s: float | None = None,
        arguments: Mapping[str, Any] | None = None,
        enough: Callable[[Sequence[Any]], bool] | None = None,
    ) -> tuple[tuple[str, Any], ...]:
        """Each reply to a command of remote control with the name of its node. Two nodes of one
        name give two replies. With ``nodes`` it returns at the last of them, else it takes the
        whole ``timeout_s``. With ``again_s`` the question is put again at this pace. With
        ``enough``, a look at the raw replies so far, it returns when that is true instead.
        """
        many = len(nodes) if nodes else 0
        until = enough or (lambda replies: 0 < many <= len(replies))
        asked = [(command, dict(arguments or {}))]
        (found,) = self._replies(asked, timeout_s, nodes, again_s or timeout_s, until)
        return found

    def replies_to(
        self,
        questions: Sequence[tuple[str, Mapping[str, Any]]],
        timeout_s: float,
        nodes: Sequence[str] | None = None,
    ) -> tuple[tuple[tuple[str, Any], ...], ...]:
        """The replies to each of these commands (with its arguments), asked at once over one
        connection: opening it costs more than the questions. With ``nodes`` it returns when all of
        them have answered everything, else it takes the whole ``timeout_s``; and a little more
        where a node has answered some of them so far."""
        asked = [(command, dict(arguments)) for command, arguments in questions]
        many = len(nodes) if nodes else 0
        return self._replies(asked, timeout_s, nodes, timeout_s, lambda some: 0 < many <= len(some))

    def _replies(
        self,
        asked: Sequence[_Question],
        timeout_s: float,
        nodes: Sequence[str] | None,
        again_s: float,
        enough: Callable[[Sequence[Any]], bool],
    ) -> tuple[tuple[tuple[str, Any], ...], ...]:
        from kombu.connection import Connection
        from kombu.exceptions import KombuError
        from kombu.pidbox import Mailbox

        nobody = ((),) * len(asked)
        options = {
            **self._options,
            "max_retries": 0,
            "socket_connect_timeout": max(timeout_s, _SOCKET_TIMEOUT_MIN_S),
            "socket_timeout": max(timeout_s, _SOCKET_TIMEOUT_MIN_S) + _POLL_MAX_S,
        }
        try:
            connection = Connection(self._url, transport_options=options)  # type: ignore[no-untyped-call]
            transport = connection.transport
        except (KeyError, ValueError, ImportError):
            return nobody  # an address that nobody can listen on: its words are the probes' to find
        if hasattr(transport, "brpop_timeout"):
            transport.brpop_timeout = min(_POLL_MAX_S, timeout_s)
        if polled_s := getattr(transport, "polling_interval", None):
            # Nothing is pushed there (files, SQS): a worker sees the question at its next look.
            timeout_s += float(polled_s)
            transport.polling_interval = min(_POLL_MAX_S, polled_s)
        mailbox = Mailbox(_NAMESPACE, type="fanout", accept=["json"], serializer="json")  # type: ignore[no-untyped-call]
        errors = (*connection.connection_errors, *connection.channel_errors, KombuError, OSError)
        try:
            with connection:
                found = _collect(mailbox(connection), asked, timeout_s, nodes, again_s, enough)
                return tuple(_by_node(replies) for replies in found)
        except errors:
            return nobody


def as_json(value: Any) -> str:
    """What a node said as JSON in kombu's dialect, whole: a time or a UUID that came in such JSON
    was turned into Python's own meanwhile. "" when it is no such value."""
    from kombu.utils.json import dumps

    try:
        return str(dumps(value, ensure_ascii=False))  # type: ignore[no-untyped-call]
    except (TypeError, ValueError, RecursionError):
        return ""


def _collect(
    mailbox: Mailbox,
    asked: Sequence[_Question],
    timeout_s: float,
    nodes: Sequence[str] | None,
    again_s: float,
    enough: Callable[[Sequence[Any]], bool],
) -> list[list[Any]]:
    """What :meth:`kombu.pidbox.Mailbox._broadcast` does, with one end for all questions, and with
    more than one asking of each: a reply to any of them counts. ``enough`` looks at the replies to
    each question."""
    from kombu.messaging import Consumer
    from kombu.utils.uuid import uuid

    tickets = [uuid() for _ in asked]
    found: dict[str, list[Any]] = {ticket: [] for ticket in tickets}
    seen = 0

    def take(body: Any, message: Any) -> None:
        ticket = message.headers.get("ticket", tickets[0])
        if ticket in found:
            found[ticket].append(body)

    connection: Any = mailbox.connection
    channel, queue = connection.default_channel, mailbox.reply_queue
    asked_until, until = 0.0, time.monotonic() + timeout_s
    last = until + _REST_S * (len(asked) > 1)
    consumer: Any = Consumer(  # type: ignore[no-untyped-call]
        channel, [queue], callbacks=[take], accept=mailbox.accept, no_ack=True
    )
    with consumer:
        while (now := time.monotonic()) < until or (now < last and _is_half_answered(found)):
            count = sum(map(len, found.values()))
            if count > seen and all(map(enough, found.values())):
                break
            seen = count
            if asked_until <= now < until:
                asked_until = min(now + again_s, until)
                for question, ticket in zip(asked, tickets, strict=True):
                    mailbox._publish(  # type: ignore[no-untyped-call]
                        *question,
                        producer=_producer(channel),
                        destination=None if nodes is None else list(dict.fromkeys(nodes)),
                        reply_ticket=ticket,
                        channel=channel,
                        timeout=until - now,
                    )
            if channel.connection is None:
                break
            with contextlib.suppress(TimeoutError):
                left_s = (asked_until if now < until else last) - time.monotonic()
                connection.drain_events(timeout=max(left_s, 0.001))
        if channel.connection is not None:
            channel.after_reply_message_received(queue.name)
            return list(found.values())
    # kombu lost its connection and put the question on another, where nobody listened for replies.
    left_s = until - time.monotonic()
    if left_s <= 0:
        return list(found.values())
    return _collect(mailbox, asked, left_s, nodes, again_s, enough)


def _is_half_answered(found: Mapping[str, Sequence[Any]]) -> bool:
    """Whether a node has answered one question and not another."""
    names = [{node for node, _ in _by_node(replies)} for replies in found.values()]
    return any(some != names[0] for some in names)


def _producer(channel: Any) -> Any:
    """The mailbox asks to publish with kombu's own retries, which are for ever: who asks a broker
    that is stopped at that moment would not come back, and the engine could not end."""
    from kombu.messaging import Producer

    producer: Any = Producer(channel, auto_declare=False)  # type: ignore[no-untyped-call]
    producer.publish = partial(producer.publish, retry_policy=_RETRIES)
    return producer


def _by_node(replies: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (str(node), answer)
        for reply in replies or ()
        if isinstance(reply, dict)
        for node, answer in reply.items()
    )


def _active_tasks(node: str, reply: Any) -> tuple[ActiveTask, ...]:
    tasks = reply if isinstance(reply, list) else []
    return tuple(active_task(node, task) for task in tasks if isinstance(task, dict))


def waiting_task(node: str, told: dict[str, Any]) -> ActiveTask:
    """One entry of the answer to ``reserved``, or to ``scheduled``, which tells when, too."""
    request = told.get("request")
    task = request if isinstance(request, dict) else told
    return ActiveTask(
        id=_short(task.get("id")),
        name=_short(task.get("type") or task.get("name")),
        worker=node,
        state=TaskState.RECEIVED,
        args=_short(task.get("args")),
        kwargs=_short(task.get("kwargs")),
        eta=instant(_short(told.get("eta"))) if request else None,
    )


def active_task(node: str, task: dict[str, Any]) -> ActiveTask:
    """One entry of the answer to ``active``."""
    started_at = task.get("time_start")
    return ActiveTask(
        id=_short(task.get("id")),
        name=_short(task.get("type") or task.get("name")),
        worker=node,
        state=TaskState.STARTED,
        started_at=float(started_at) if isinstance(started_at, int | float) else None,
        args=_short(task.get("args")),
        kwargs=_short(task.get("kwargs")),
    )


def _short(value: Any) -> str:
    return "" if value is None else str(value)[:TEXT_MAX]

"""What a person can have done with queues: see them, look into one, drop its messages, move them.

Consent is the faces' to ask for; here it is only seen to it that what is done can be meant.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from desktop.engine import redis_url
from desktop.engine.errors import UsageError, WouldHarm
from desktop.engine.queue_commands import (
    MoveMessages,
    PeekQueue,
    PurgeQueue,
    QueuePeek,
    QueueReport,
    QueuesReport,
    ShowQueues,
)
from desktop.engine.queues import messages, other_brokers
from desktop.engine.queues.consumers import near_name
from desktop.engine.rescue.witnesses import Broker
from desktop.words import Text, text, textn

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

log = logging.getLogger(__name__)


async def show(stack: LiveStack, _command: ShowQueues) -> QueuesReport:
    """Every queue of the broker, looked at now. Raises :class:`TrayError`."""
    return QueuesReport(await stack.queues.details())


async def peek(stack: LiveStack, command: PeekQueue) -> QueuePeek:
    """The next messages of a queue. Raises :class:`TrayError`."""
    broker = await _redis(stack)
    shown, depth = await asyncio.to_thread(
        messages.peek, broker.url, broker.keys, command.queue, command.start, command.limit
    )
    if not depth:
        await _check_known(stack, command.queue)
    return QueuePeek(shown, depth)


async def purge(stack: LiveStack, command: PurgeQueue) -> QueueReport:
    """Drop messages of a queue; what is unacknowledged stays. Raises :class:`TrayError`."""
    if redis_url.is_redis(stack.broker_url):
        broker = await _redis(stack)
        count = await asyncio.to_thread(
            messages.drop, broker.url, broker.keys, command.queue, command.most
        )
    else:
        if command.most is not None:
            raise other_brokers.not_possible(stack.broker_url)
        options = stack.app.info.transport_options
        count = await asyncio.to_thread(
            other_brokers.drop, stack.broker_url, options, command.queue
        )
    if not count:
        await _check_known(stack, command.queue)
    log.warning("purged: %d messages of the queue %r", count, command.queue)
    await stack.queues.measure()
    stack.changed()
    words = textn(
        "{n} message of “{queue}” was dropped.",
        "{n} messages of “{queue}” were dropped.",
        count,
        queue=command.queue,
    )
    return QueueReport(count, words)


async def move(stack: LiveStack, command: MoveMessages) -> QueueReport:
    """Put messages of one queue behind those of another. Raises :class:`TrayError`: a queue that
    nobody knows, which would be a place where tasks are forgotten."""
    broker = await _redis(stack)
    if command.queue == command.to:
        raise same_queue(command.queue)
    await _check_known(stack, command.to)
    done = await asyncio.to_thread(
        messages.move, broker.url, broker.keys, command.queue, command.to, command.ids
    )
    if not done.moved:
        await _check_known(stack, command.queue)
    log.info("moved: %d messages from %r to %r", done.moved, command.queue, command.to)
    await stack.queues.measure()
    stack.changed()
    return QueueReport(done.moved, _moved(done, command))


def _moved(done: messages.Moved, command: MoveMessages) -> Text:
    words = textn(
        "{n} message was moved from “{queue}” to “{to}”.",
        "{n} messages were moved from “{queue}” to “{to}”.",
        done.moved,
        queue=command.queue,
        to=command.to,
    )
    missing = len(set(command.ids)) - done.moved if command.ids else done.left
    if missing <= 0:
        return words
    more = textn(
        "{n} was taken meanwhile, or is no message of Celery's.",
        "{n} were taken meanwhile, or are no messages of Celery's.",
        missing,
    )
    return text("{what} {more}", what=words, more=more)


async def _redis(stack: LiveStack) -> Broker:
    broker = await stack.rescuer.broker()
    if broker is not None:
        return broker
    if stack.broker_url and not redis_url.is_redis(stack.broker_url):
        raise other_brokers.not_possible(stack.broker_url)
    raise other_brokers.broker_down(stack.broker_url)


async def _check_known(stack: LiveStack, queue: str) -> None:
    """Raise for a queue that no app, worker or message names."""
    broker = await stack.rescuer.broker()
    if broker is not None:
        await stack.queues.look(broker, 0.0)
    known = stack.queues.names()
    if queue not in known:
        raise no_such_queue(queue, near_name(queue, known))


# --- words ---------------------------------------------------------------------------------------


def no_such_queue(queue: str, near: str) -> UsageError:
    return UsageError(
        "no-such-queue",
        text("There is no queue “{queue}”.", queue=queue),
        text("Did you mean “{near}”?", near=near)
        if near
        else text("No app, no worker and no message on this broker names it."),
        text("See them all: celery-tray queues"),
    )


def same_queue(queue: str) -> WouldHarm:
    return WouldHarm(
        "same-queue",
        text("“{queue}” is where they are already.", queue=queue),
        Text(""),
        text("Name another queue to move them to."),
    )

"""Where a stack's tasks are sent and asked for: its broker, its nodes, its result backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from desktop.engine.app_info import AppInfo
from desktop.engine.control import Control
from desktop.engine.errors import ServiceError
from desktop.engine.queues.reading import Routes
from desktop.engine.rescue.keys import Keys
from desktop.engine.states import Role, ServiceKind
from desktop.words import text

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack


class Place(msgspec.Struct, frozen=True):
    """What has to be known of a stack to act on its tasks, now."""

    url: str
    """Its broker as Celery writes it, with credentials: never shown."""
    control: Control
    info: AppInfo
    redis_url: str = ""
    """Of the server itself; "": another broker, which can't be looked into."""
    keys: Keys = Keys()
    expected: tuple[str, ...] = ()
    """Nodes of the app at the last look, one that is there twice twice. Others on the machine may
    have the same names, on brokers of their own."""

    routes: Routes = Routes((), ())
    """Which queue a routing key leads to: they need not have one name."""

    @property
    def options(self) -> dict[str, Any]:
        """The transport's, for sending."""
        steps = {"priority_steps": list(self.info.priority_steps)}
        return {**self.info.transport_options, **(steps if self.info.priority_steps else {})}

    @property
    def queues(self) -> tuple[str, ...]:
        """Those that the app is known to send to or to consume."""
        return tuple(dict.fromkeys((*self.info.queues, *self.info.consumed)))


async def place_of(stack: LiveStack) -> Place:
    """Raises :class:`ServiceError` while the broker is down."""
    found = stack.broker()
    if found is None:
        raise broker_is_down()
    server = await stack.rescuer.broker()
    seen = tuple(row.node for row in stack.found.rows if row.role is Role.WORKER and row.node)
    return Place(
        found.url,
        found.control,
        stack.app.info,
        server.url if server else "",
        server.keys if server else Keys(),
        (*seen, *(node for node in _own(stack) if node not in seen)),
        Routes(stack.queues.bound, (*stack.app.info.consumed, *stack.queues.names())),
    )


def _own(stack: LiveStack) -> list[str]:
    """Nodes of our workers that run: one that has just started is in no look yet."""
    specs = (one.service.spec for one in stack.supervisors.values() if one.pid is not None)
    return [spec.node for spec in specs if spec.kind is ServiceKind.WORKER and spec.node]


def broker_is_down() -> ServiceError:
    return ServiceError(
        "broker-down",
        text("The broker is not running."),
        text("Workers and tasks can only be reached through it."),
        text("Start Redis first."),
    )

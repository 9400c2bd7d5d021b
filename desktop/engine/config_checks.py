"""What only the whole configuration can tell: ports that meet, names that clash, needs that no
service can meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from desktop.engine.config_schema import Mistake, host_and_port, suggestion
from desktop.engine.states import ServiceKind
from desktop.engine.urls import local_port
from desktop.words import text

if TYPE_CHECKING:
    from desktop.engine.config import StackConfig

BUILT_IN = tuple(
    kind.value for kind in ServiceKind if kind not in {ServiceKind.WORKER, ServiceKind.COMMAND}
)
"""Names that are taken: redis, beat, monitor, web, flower."""
REDIS_PORT = 6379


def cross_mistakes(stack: StackConfig, content: Mapping[str, object]) -> Iterator[Mistake]:
    """What is wrong with ``stack`` as a whole; ``content`` is the file it was made from."""
    yield from _names(stack)
    yield from _commands(stack)
    yield from _ports(stack, content)
    yield from _needs(stack)
    yield from _history(stack, content)


def _names(stack: StackConfig) -> Iterator[Mistake]:
    workers = {worker.name for worker in stack.workers}
    taken = [("worker", worker.name) for worker in stack.workers if worker.name in BUILT_IN]
    taken += [
        ("service", service.name)
        for service in stack.services
        if service.name in BUILT_IN or service.name in workers
    ]
    for path in taken:
        what = text('the name "{name}" is taken by a service of that name', name=path[1])
        yield Mistake(path, what)


def _commands(stack: StackConfig) -> Iterator[Mistake]:
    for service in stack.services:
        if not service.command:
            example = text('command is missing, such as command = ["npm", "run", "dev"]')
            yield Mistake(("service", service.name), example)


def _ports(stack: StackConfig, content: Mapping[str, object]) -> Iterator[Mistake]:
    holders: dict[int, tuple[str, ...]] = {}
    for path, port in _listeners(stack):
        other = holders.setdefault(port, path)
        if other == path:
            continue
        # The line to blame is one that the person wrote, not a default.
        here, there = (path, other) if _written(content, path) else (other, path)
        yield Mistake(
            here,
            text(
                "port {port} is used by {here} and by {there}",
                port=port,
                here=".".join(here[:-1]),
                there=".".join(there[:-1]),
            ),
        )


def _listeners(stack: StackConfig) -> Iterator[tuple[tuple[str, ...], int]]:
    """Everything that will listen on this machine: the key that says so, and the port."""
    found: list[tuple[tuple[str, ...], int | None]] = [
        (("redis", "url"), local_port(stack.redis.url, REDIS_PORT))
    ]
    if stack.monitor.enabled:
        found.append((("monitor", "port"), stack.monitor.port))
    if stack.web.enabled and stack.web.command and stack.web.url:
        found.append((("web", "url"), local_port(stack.web.url, 80)))
    elif stack.web.enabled and (stack.bundled or stack.web.command):
        found.append((("web", "port"), stack.web.port))
    if stack.flower.enabled:
        found.append((("flower", "port"), stack.flower.port))
    for service in stack.services:
        if service.enabled and isinstance(service.ready, str):
            found.append((("service", service.name, "ready"), ready_port(service.ready)))
    return ((path, port) for path, port in found if port is not None)


def ready_port(ready: str) -> int | None:
    """The port on this machine that a ``ready`` address of a service names."""
    if "://" in ready:
        return local_port(ready, 443 if ready.startswith("https") else 80)
    return local_port(f"tcp://{ready}") if host_and_port(ready) else None


def _history(stack: StackConfig, content: Mapping[str, object]) -> Iterator[Mistake]:
    kept = stack.history
    if kept.keep_failures_days < kept.keep_days:
        keys = ("keep_failures_days", "keep_days")
        written = [key for key in keys if _written(content, ("history", key))]
        yield Mistake(
            ("history", written[0]),
            text(
                "failures are kept at least as long as the rest: {days} days",
                days=f"{kept.keep_days:g}",
            ),
        )


def _written(content: Mapping[str, object], path: tuple[str, ...]) -> bool:
    here: object = content
    for key in path:
        if not isinstance(here, Mapping) or key not in here:
            return False
        here = here[key]
    return True


def _needs(stack: StackConfig) -> Iterator[Mistake]:
    known = (
        *BUILT_IN,
        *(worker.name for worker in stack.workers),
        *(service.name for service in stack.services),
    )
    needs = {service.name: service.needs for service in stack.services}
    for service in stack.services:
        path = ("service", service.name, "needs")
        for name in service.needs:
            if name not in known:
                hint = suggestion(name, known)
                yield Mistake(
                    path, text('there is no service "{name}"; {hint}', name=name, hint=hint)
                )
        if _waits_for(service.name, needs):
            yield Mistake(path, text("{name} waits for itself", name=service.name))


def _waits_for(name: str, needs: Mapping[str, tuple[str, ...]]) -> bool:
    """Does ``name`` need, over whatever others, itself?"""
    seen: set[str] = set()
    ahead = list(needs[name])
    while ahead:
        other = ahead.pop()
        if other == name:
            return True
        if other not in seen:
            seen.add(other)
            ahead.extend(needs.get(other, ()))
    return False

"""What is found out just before a service starts: is it there already, can it be started, how?"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from desktop.engine import process, redis_server, redis_url
from desktop.engine.errors import TrayError
from desktop.engine.model import Problem, RedisPing, ServiceSpec
from desktop.engine.redis_problems import loaded
from desktop.engine.states import ServiceKind
from desktop.engine.worker_state_file import with_free_state_file
from desktop.words import Text, text

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack


class Preparation(msgspec.Struct, frozen=True):
    """The answer. Exactly one of ``external``, ``blocked`` and a command line."""

    argv: tuple[str, ...] = ()
    spec: ServiceSpec | None = None
    """Another spec than the one that was asked for: what was found out has changed it."""
    env: dict[str, str] = {}
    """Credentials that only the process itself gets to see: added at the start, never recorded."""
    external: bool = False
    blocked: Problem | None = None
    detail: Text = Text("")
    warning: Problem | None = None
    """It can be used, but a person should know this."""


async def redis(probe: RedisPing, data_dir: Path, *, may_start: bool) -> Preparation:
    """A Redis that answers is used; else one is started, when that is allowed and possible."""
    answer = await loaded(probe.url, master_name=probe.master_name)
    if answer.answers:
        return Preparation(external=True, detail=answer.detail, warning=answer.problem)
    if not (may_start and answer.startable and redis_url.is_local(probe.url)):
        return Preparation(blocked=answer.problem)
    try:
        command = await asyncio.to_thread(redis_server.server_command, probe.url, data_dir)
    except TrayError as error:
        return Preparation(blocked=error.problem)
    return Preparation(argv=command.argv)


async def worker(
    spec: ServiceSpec, *, has_neighbours: bool, family: tuple[int, ...] = ()
) -> Preparation:
    """A worker that joins others learns from them which tasks were revoked; one that is alone
    would only wait a second for nobody (facts: ready after 1.4 s instead of 0.4 s).

    ``family``: pids of the processes of this very worker that still run.
    """
    argv = await asyncio.to_thread(_with_state_file, spec.argv, family)
    if has_neighbours:
        argv = tuple(word for word in argv if word != "--without-mingle")
    return Preparation(argv=argv)


def _with_state_file(argv: tuple[str, ...], family: tuple[int, ...]) -> tuple[str, ...]:
    return with_free_state_file(argv, [process.command_line(pid) for pid in family])


async def of_service(stack: LiveStack, spec: ServiceSpec) -> Preparation:
    """What has to be known just before this service of the stack starts."""
    if isinstance(spec.probe, RedisPing):
        data, may_start = stack.home.redis, stack.app.may_start_redis
        return await redis(spec.probe, data, may_start=may_start)
    if spec.kind in {ServiceKind.WORKER, ServiceKind.BEAT} and stack.app.problem:
        return Preparation(blocked=stack.app.problem)
    if spec.kind is ServiceKind.WORKER:
        known_as = spec.known_as
        members = (stack.supervisors.get(n) for n in stack.takeovers.family(known_as))
        return await worker(
            spec,
            has_neighbours=stack.has_neighbours(known_as),
            family=tuple(one.pid for one in members if one and one.pid is not None),
        )
    if spec.kind is ServiceKind.FLOWER:
        return await stack.flower.prepare(spec)
    return Preparation(argv=spec.argv)


def doing(stack: LiveStack, spec: ServiceSpec) -> Text | None:
    """What is being done for it before it starts."""
    if spec.kind is ServiceKind.REDIS:
        return text("looks whether it is there already")
    return stack.flower.progress if spec.kind is ServiceKind.FLOWER else None

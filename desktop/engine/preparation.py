"""What is found out just before a service starts: is it there already, can it be started, how?"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path

import msgspec

from desktop.engine import credentials, process, redis_server, redis_url, start_problems
from desktop.engine.errors import TrayError
from desktop.engine.model import Problem, RedisPing, ServiceSpec
from desktop.engine.redis_problems import loaded
from desktop.engine.worker_state_file import with_free_state_file
from desktop.paths import Home
from desktop.words import Text


class Preparation(msgspec.Struct, frozen=True):
    """The answer. Exactly one of ``external``, ``blocked`` and a command line."""

    argv: tuple[str, ...] = ()
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


def lacks_flower(spec: ServiceSpec) -> bool:
    """Whether our own interpreter would run it and has none. A project's own is known to."""
    return spec.argv[0] == sys.executable and importlib.util.find_spec("flower") is None


async def flower(spec: ServiceSpec, home: Home) -> Preparation:
    """Flower never runs without its password."""
    if lacks_flower(spec):
        return Preparation(blocked=start_problems.no_flower())
    try:
        login = await asyncio.to_thread(credentials.flower_credentials, home)
    except TrayError as error:
        return Preparation(blocked=error.problem)
    return Preparation(argv=spec.argv, env={credentials.FLOWER_VARIABLE: login.basic_auth})

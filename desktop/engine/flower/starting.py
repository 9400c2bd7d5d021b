"""What is done before the stack's Flower starts: found, or installed where a person allowed it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from desktop.engine import credentials
from desktop.engine.config import StackConfig
from desktop.engine.errors import TrayError
from desktop.engine.flower import environments, missing
from desktop.engine.flower_commands import Install, Link
from desktop.engine.model import ServiceSpec
from desktop.engine.preparation import Preparation
from desktop.engine.stack_app import StackApp
from desktop.paths import Home
from desktop.words import Text, text


class Stack(Protocol):
    """What has to be known of the stack."""

    @property
    def app(self) -> StackApp: ...
    async def load(self) -> None: ...
    def next_spec(self, name: str) -> ServiceSpec: ...


class FlowerStart:
    """One stack's; the person's word holds for the next start."""

    def __init__(self, stack: Stack, home: Home, log: Path, on_change: Callable[[], None]) -> None:
        self._stack = stack
        self._home = home
        self._log = log
        self._on_change = on_change
        self._allowed = Install.NO
        self.progress: Text | None = None
        """What is being done; None when nothing is."""

    def allow(self, word: Install) -> None:
        """A person has said where it may be installed."""
        if word is not Install.NO:
            self._allowed = word

    async def prepare(self, spec: ServiceSpec) -> Preparation:
        """How it starts: never without its password."""
        try:
            if await asyncio.to_thread(lacks, spec, self._home):
                word, self._allowed = self._allowed, Install.NO
                config = self._stack.app.config
                if word is Install.NO or config is None:
                    return Preparation(blocked=missing.problem(config, self._home))
                await self._install(word, config)
                spec = self._stack.next_spec(spec.name)
            login = await asyncio.to_thread(credentials.flower_credentials, self._home)
        except TrayError as error:
            return Preparation(blocked=error.problem)
        return Preparation(
            argv=await asyncio.to_thread(command, spec, self._home),
            env={credentials.FLOWER_VARIABLE: login.basic_auth},
            spec=spec,
        )

    async def link(self) -> Link:
        """An address that opens it, signed in. Raises :class:`NotRunning` when it does not run."""
        # HTTP is loaded by those who open a browser, not by every engine.
        from desktop.engine.flower import signing_in

        port = self._stack.next_spec("flower").port or 0
        return Link(await asyncio.to_thread(signing_in.link, self._home, port))

    async def _install(self, word: Install, config: StackConfig) -> None:
        # So is what installs.
        from desktop.engine.flower.installing import install

        where = place(word, config, self._home)
        try:
            await install(where, self._home, self._log, self._tell)
            if word is Install.PROJECT:
                await self._stack.load()  # the app's own answer says that there is one now
        finally:
            self._tell(None)

    def _tell(self, words: Text | None) -> None:
        told = text("installs Flower: {step}", step=words) if words else None
        if told != self.progress:
            self.progress = told
            self._on_change()


def place(word: Install, config: StackConfig, home: Home) -> environments.Environment:
    """Where a person's word lets it be installed. Without a project's environment it is ours."""
    theirs = missing.project_python(config)
    if word is Install.PROJECT and theirs:
        return environments.project(theirs)
    return environments.ours(home)


def lacks(spec: ServiceSpec, home: Home) -> bool:
    """Whether it is ours to run, and neither our environment nor the private one has it. A
    project's own is known to be there."""
    return (
        spec.argv[0] == sys.executable
        and not environments.private_has_flower(home)
        and not environments.ours_has_flower()
    )


def command(spec: ServiceSpec, home: Home) -> tuple[str, ...]:
    """Its command line: of the private environment where that has it and ours has not."""
    private = spec.argv[0] == sys.executable and environments.private_has_flower(home)
    if not private or environments.ours_has_flower():
        return spec.argv
    return environments.private_command(home, spec.argv[spec.argv.index("flower") :])

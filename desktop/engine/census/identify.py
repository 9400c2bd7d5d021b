"""Which processes are Celery's mains, and what belongs to each.

A main, its pool and its embedded beat are forks of one program: without setproctitle their
command lines, names, folders and environments are the same to the byte. So the main is the
matching process whose parent is not one of the same program.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from desktop.engine.census.command_line import CeleryCommand, Part, parse
from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.interpreter import is_interpreter
from desktop.engine.states import Role


class Main(msgspec.Struct, frozen=True):
    """One Celery program that runs."""

    facts: ProcessFacts
    command: CeleryCommand
    children: tuple[int, ...] = ()
    """Its forks: the pool's processes, and the beat of ``-B``."""
    family: tuple[int, ...] = ()
    """All that descends from it, whatever its tasks started included; not itself."""
    stray: bool = False
    """A pool process (or beat) that outlived its main."""


class Kinship:
    """Who descends from whom, in one pass over the process table."""

    def __init__(self, processes: Mapping[int, ProcessFacts]) -> None:
        self.processes = processes
        self._children: dict[int, list[int]] = {}
        for facts in processes.values():
            self._children.setdefault(facts.ppid, []).append(facts.pid)

    def children(self, pid: int) -> tuple[int, ...]:
        return tuple(self._children.get(pid, ()))

    def family(self, pid: int) -> tuple[int, ...]:
        """All descendants, nearest first."""
        found: list[int] = []
        seen = {pid}
        level = [pid]
        while level:
            level = [c for p in level for c in self._children.get(p, ()) if c not in seen]
            seen.update(level)
            found += level
        return tuple(found)

    def ancestors(self, facts: ProcessFacts) -> tuple[ProcessFacts, ...]:
        """Those it descends from, nearest first, without process 1 and the kernel."""
        found: list[ProcessFacts] = []
        seen = {facts.pid}
        parent = self.processes.get(facts.ppid)
        while parent and parent.pid > 1 and parent.pid not in seen:
            seen.add(parent.pid)
            found.append(parent)
            parent = self.processes.get(parent.ppid)
        return tuple(found)


class Commands:
    """Command lines, each parsed once."""

    def __init__(self) -> None:
        self._parsed: dict[int, tuple[ProcessFacts, CeleryCommand | None]] = {}

    def among(
        self, processes: Mapping[int, ProcessFacts], hostname: str
    ) -> dict[int, CeleryCommand]:
        """The Celery commands among the processes, by pid."""
        parsed: dict[int, tuple[ProcessFacts, CeleryCommand | None]] = {}
        for pid, facts in processes.items():
            if not facts.detailed:
                continue
            before = self._parsed.get(pid)
            # Facts that did not change are the same object.
            parsed[pid] = (
                before if before and before[0] is facts else (facts, _command(facts, hostname))
            )
        self._parsed = parsed
        return {pid: command for pid, (_, command) in parsed.items() if command}


def identify(kinship: Kinship, commands: Mapping[int, CeleryCommand]) -> tuple[Main, ...]:
    """The Celery mains among the processes, oldest first; ``commands`` is what they run."""
    mains = [
        main_of(kinship, facts, command)
        for pid, command in commands.items()
        if not command.detaches
        and not _is_fork(facts := kinship.processes[pid], kinship.processes, commands)
    ]
    return tuple(sorted(mains, key=lambda main: (main.facts.create_time, main.facts.pid)))


def main_of(kinship: Kinship, facts: ProcessFacts, command: CeleryCommand) -> Main:
    """``facts`` as a main, with all that belongs to it."""
    children = tuple(
        pid
        for pid in kinship.children(facts.pid)
        if _is_pool_process(kinship.processes[pid], facts, command)
    )
    return Main(
        facts=facts,
        command=_with_pool(command, bool(children)),
        children=children,
        family=kinship.family(facts.pid),
        stray=command.part is not Part.MAIN,
    )


def _command(facts: ProcessFacts, hostname: str) -> CeleryCommand | None:
    if facts.exe and not is_interpreter(facts.exe):
        return None  # a program called celery that no Python runs is somebody else's
    return parse(facts.argv, facts.environ, hostname)


def _is_fork(
    facts: ProcessFacts,
    processes: Mapping[int, ProcessFacts],
    commands: Mapping[int, CeleryCommand],
) -> bool:
    parent = commands.get(facts.ppid)
    if parent is None or parent.detaches or parent.role is Role.MULTI:
        return False
    return commands[facts.pid].part is not Part.MAIN or facts.argv == processes[facts.ppid].argv


def _is_pool_process(child: ProcessFacts, main: ProcessFacts, command: CeleryCommand) -> bool:
    if command.role is Role.MULTI:
        return False
    if child.argv == main.argv:
        return True
    if child.argv[1:2] == ("-c",):
        # billiard's "spawn" start method.
        return "".join(child.argv[2:3]).startswith("from billiard.spawn import")
    title = parse(child.argv)
    return title is not None and title.part is not Part.MAIN


def _with_pool(command: CeleryCommand, forks: bool) -> CeleryCommand:
    if command.pool or command.role is not Role.WORKER or not forks or command.beat:
        return command
    return msgspec.structs.replace(command, pool="prefork")

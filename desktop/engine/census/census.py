"""Every Celery process on this machine, as rows: the two witnesses joined."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Collection, Mapping

import msgspec
import psutil

from desktop.engine.census.answers import Here, NodeAnswer, speaks_here
from desktop.engine.census.classify import Ownership, classify
from desktop.engine.census.command_line import CeleryCommand, parse
from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.identify import Commands, Kinship, Main, identify, main_of
from desktop.engine.census.interpreter import is_interpreter
from desktop.engine.census.loaded import Loaded
from desktop.engine.census.scan import Scan
from desktop.engine.census.shown import shown
from desktop.engine.census.surroundings import Surroundings
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner, Role
from desktop.engine.urls import masked
from desktop.words import text


class Census:
    """Keeps what it saw, so that the next scan is cheap. Blocks; any thread may call."""

    def __init__(self) -> None:
        self._scan = Scan(lambda argv: parse(argv) is not None)
        self._commands = Commands()
        self._around = Surroundings()
        self._loaded = Loaded()
        self._lock = threading.Lock()
        self.brokers: tuple[str, ...] = ()
        """Addresses that command lines named in the last scan. May hold credentials."""

    def scan(
        self,
        records: Collection[tuple[int, float]],
        answers: Mapping[str, NodeAnswer] | None = None,
    ) -> tuple[WorkerRow, ...]:
        """All Celery programs that run now, the oldest first, then those of other machines.

        ``records`` are the (pid, create time) of what we started: it and what descends from it is
        ours. ``answers`` is what the broker's nodes said, under any key. Never raises for a
        process that is gone or may not be read.
        """
        with self._lock:
            return self._look(records, answers or {}, socket.gethostname(), time.time())

    def _look(
        self,
        records: Collection[tuple[int, float]],
        answers: Mapping[str, NodeAnswer],
        hostname: str,
        now: float,
    ) -> tuple[WorkerRow, ...]:
        kinship = Kinship(self._scan.look())
        commands = self._commands.among(kinship.processes, hostname)
        mains = {main.facts.pid: main for main in identify(kinship, commands)}
        self.brokers = tuple(
            dict.fromkeys(m.command.broker for m in mains.values() if m.command.broker)
        )
        joined: dict[int, NodeAnswer] = {}
        elsewhere: list[NodeAnswer] = []
        for answer in answers.values():
            main = self._speaker(answer, kinship, mains, hostname, now)
            if main is None:
                elsewhere.append(answer)
            else:
                mains[main.facts.pid] = main
                joined[main.facts.pid] = answer
        username = _own_name()
        rows = [
            self._row(
                main,
                joined.get(pid),
                classify(main, kinship, records, username, self._around),
                self._loaded.at(main.facts, joined.get(pid), now),
                username,
            )
            for pid, main in mains.items()
        ]
        self._loaded.forget_all_but([main.facts for main in mains.values()])
        return (*rows, *(_remote(answer, now) for answer in elsewhere))

    def _speaker(
        self,
        answer: NodeAnswer,
        kinship: Kinship,
        mains: Mapping[int, Main],
        hostname: str,
        now: float,
    ) -> Main | None:
        """The process of this machine that gave the answer; None when it is another machine's."""
        facts = kinship.processes.get(answer.pid)
        if facts is None:
            return None
        main = mains.get(answer.pid)
        node = main.command.node if main else ""
        children = frozenset(kinship.children(answer.pid))
        if not speaks_here(answer, facts, Here(node, children, hostname), now):
            return None
        if main:
            return main
        detailed = self._scan.detail(answer.pid)
        if detailed is None or (detailed.exe and not is_interpreter(detailed.exe)):
            return None
        return main_of(kinship, detailed, CeleryCommand(role=Role.WORKER))

    def _row(
        self,
        main: Main,
        answer: NodeAnswer | None,
        whose: Ownership,
        loaded_at: float,
        username: str,
    ) -> WorkerRow:
        facts, command = main.facts, main.command
        row = WorkerRow(
            pid=facts.pid,
            create_time=facts.create_time,
            role=command.role,
            owner=whose.owner,
            node=command.node,
            app=command.app,
            queues=command.queues,
            pool=command.pool,
            concurrency=command.concurrency,
            children=main.children,
            cwd=_folder(facts, command),
            python=_python(facts),
            broker=masked(command.broker),
            why=whose.why,
            started_by=whose.started_by,
            rss_bytes=self._scan.rss_bytes((facts.pid, *main.family)),
            command=shown(facts.argv),
            username="" if facts.username == username else facts.username,
            keeper=whose.keeper,
            loaded_at=loaded_at,
        )
        if answer is None:
            return row
        if parse(facts.argv) is None:
            row = msgspec.structs.replace(
                row,
                why=(
                    *row.why,
                    text(
                        "Nothing in its command line says Celery; on the broker it answers as "
                        "{node}.",
                        node=answer.node,
                    ),
                ),
            )
        return msgspec.structs.replace(
            row,
            node=answer.node,
            queues=row.queues if answer.queues is None else answer.queues,
            pool=answer.pool or row.pool,
            concurrency=row.concurrency if answer.concurrency is None else answer.concurrency,
            broker=masked(answer.broker) or row.broker,
            active=answer.active,
            reserved=answer.reserved,
            total=answer.total,
        )


def _folder(facts: ProcessFacts, command: CeleryCommand) -> str:
    # Early in its start a process has not gone to its --workdir yet. A relative one is right
    # only from where it was started.
    return command.workdir if os.path.isabs(command.workdir) else facts.cwd  # noqa: PTH117


def _python(facts: ProcessFacts) -> str:
    """The interpreter as it was called (that of a virtual environment), else its program file."""
    first = facts.argv[0] if facts.argv else ""
    return first if first.startswith("/") and is_interpreter(first) else facts.exe


def _own_name() -> str:
    try:
        return str(psutil.Process().username())
    except (psutil.Error, OSError):
        return ""


def _remote(answer: NodeAnswer, now: float) -> WorkerRow:
    started_at = None if answer.uptime_s is None else now - answer.uptime_s
    return WorkerRow(
        pid=answer.pid,
        create_time=started_at or 0.0,
        loaded_at=started_at,
        role=Role.WORKER,
        owner=Owner.REMOTE,
        node=answer.node,
        queues=answer.queues or (),
        pool=answer.pool,
        concurrency=answer.concurrency,
        children=tuple(pid for pid in answer.pool_pids if pid != answer.pid),
        broker=masked(answer.broker),
        active=answer.active,
        reserved=answer.reserved,
        total=answer.total,
        why=(
            text(
                "It answers on the broker but is no process of this machine: it runs on another "
                "machine or in a container."
            ),
        ),
    )

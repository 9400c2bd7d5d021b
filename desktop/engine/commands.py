"""Every verb that a face may call, as frozen values, and what each answers.

A command names its project: the absolute path of the folder that holds the configuration, or ""
for the bundled app. The engine opens a stack when it is first named.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from desktop.engine.model import Problem, StackStatus, WorkerRow


class Existing(StrEnum):
    """What to do about workers of the same app that already run and are not ours."""

    REFUSE = "refuse"
    """Start no worker beside them; answer who they are."""
    REPLACE = "replace"
    """Start ours, then stop them warmly; no task is lost."""
    KEEP = "keep"
    """Start beside them."""


class WorkerOptions(msgspec.Struct, frozen=True):
    """A worker asked for on the command line, over what the configuration says."""

    name: str = "worker1"
    concurrency: int | None = None
    queues: tuple[str, ...] = ()
    """Empty: all queues of the app."""
    pool: str | None = None
    loglevel: str | None = None


class Open(msgspec.Struct, frozen=True, tag=True):
    """Load the project's stack and show it; starts nothing. Answers :class:`StackStatus`."""

    project: str = ""


class Start(msgspec.Struct, frozen=True, tag=True):
    """Start services with all they need and answer when each is ready or has failed.

    Answers :class:`StartReport`.
    """

    project: str = ""
    services: tuple[str, ...] = ()
    """Empty: all that are enabled."""
    without: tuple[str, ...] = ()
    """Names or kinds to leave out ("web")."""
    worker: WorkerOptions | None = None
    existing: Existing = Existing.REFUSE


class Stop(msgspec.Struct, frozen=True, tag=True):
    """Stop services, those that need others first. Answers :class:`StopReport`.

    Waits for running tasks as long as it takes; ``force`` goes down the ladder at once.
    """

    project: str = ""
    services: tuple[str, ...] = ()
    """Empty: all of ours."""
    force: bool = False
    """The person's consent to end what still runs tasks."""
    patience_s: float | None = None
    """Answer after this long even when something is still finishing; None: wait."""


class Restart(msgspec.Struct, frozen=True, tag=True):
    """Stop and start again. Answers :class:`StartReport`."""

    project: str = ""
    services: tuple[str, ...] = ()


class Census(msgspec.Struct, frozen=True, tag=True):
    """Look for every Celery process now. Answers :class:`CensusReport`."""

    project: str = ""


class StopExisting(msgspec.Struct, frozen=True, tag=True):
    """Warmly stop workers of this app that are not ours. Answers :class:`StopReport`."""

    project: str = ""
    pids: tuple[int, ...] = ()
    """Empty: all of them."""


class Watch(msgspec.Struct, frozen=True, tag=True):
    """How often this face wants CPU and memory measured, seconds; 0: not for its sake."""

    interval_s: float = 0.0


class Leave(msgspec.Struct, frozen=True, tag=True):
    """The engine ends; the services go on and the next engine adopts them."""


Command = Open | Start | Stop | Restart | Census | StopExisting | Watch | Leave


class ServiceProblem(msgspec.Struct, frozen=True):
    service: str
    problem: Problem


class StartReport(msgspec.Struct, frozen=True, tag=True):
    ready: tuple[str, ...] = ()
    failed: tuple[ServiceProblem, ...] = ()
    existing: tuple[WorkerRow, ...] = ()
    """Workers of the same app beside which nothing was started (``Existing.REFUSE``)."""
    replaced: tuple[int, ...] = ()
    """Pids of workers that were warmly stopped because ours took over."""


class StopReport(msgspec.Struct, frozen=True, tag=True):
    stopped: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()
    """Still finishing tasks when the patience ran out; they go on stopping by themselves."""
    failed: tuple[ServiceProblem, ...] = ()


class CensusReport(msgspec.Struct, frozen=True, tag=True):
    workers: tuple[WorkerRow, ...] = ()


class Done(msgspec.Struct, frozen=True, tag=True):
    pass


class Opened(msgspec.Struct, frozen=True, tag=True):
    stack: StackStatus


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The command could not be done; an :class:`desktop.engine.errors.TrayError` as a value."""

    problem: Problem
    exit_code: int = 1


Answer = StartReport | StopReport | CensusReport | Opened | Done | Refused

"""What the engine knows, as frozen values. Instants are seconds since the epoch, sizes bytes."""

from __future__ import annotations

import msgspec

from desktop.engine.cleanup_model import CleanupProgress, LostTask, Stranded
from desktop.engine.states import (
    Confidence,
    Owner,
    Role,
    ServiceKind,
    ServiceState,
    Severity,
    StackState,
    TaskState,
    WorkerFinding,
)
from desktop.words import Text

Identity = tuple[int, float]
"""(pid, create time): what a process is known by. One that is read twice may differ by a second."""


class Problem(msgspec.Struct, frozen=True):
    """What went wrong, in words for a person: what happened, why, and what to do next."""

    code: str
    title: Text
    message: Text
    next_step: Text
    log: tuple[str, ...] = ()
    """The last lines of the log that belong to it; shown as they are, never translated."""


# --- readiness: how a service proves that it can be used ---------------------------------------


class RedisPing(msgspec.Struct, frozen=True, tag=True):
    """PONG from the server at this URL (credentials included: never shown)."""

    url: str
    master_name: str = ""
    """Of ``sentinel://`` addresses: which of the sentinels' masters."""


class CeleryPing(msgspec.Struct, frozen=True, tag=True):
    """The node answers a ping on the broker, which means that it consumes."""

    node: str
    broker: str


class HttpOk(msgspec.Struct, frozen=True, tag=True):
    """GET answers with a status below 400."""

    url: str


class TcpOpen(msgspec.Struct, frozen=True, tag=True):
    """Something listens."""

    host: str
    port: int


class StaysAlive(msgspec.Struct, frozen=True, tag=True):
    """For programs that answer nobody (beat): alive this long after the start."""

    for_s: float = 1.0


Probe = RedisPing | CeleryPing | HttpOk | TcpOpen | StaysAlive


# --- services ----------------------------------------------------------------------------------


class RestartPolicy(msgspec.Struct, frozen=True):
    """When a service that ended by itself is started again, and when that is given up."""

    enabled: bool = True
    min_uptime_s: float = 5.0
    """Ended sooner than this after its start: "exits too quickly"."""
    quick_exits_max: int = 3
    """So many quick exits in a row and it has failed."""
    crashes_max: int = 8
    """So many crashes within ``window_s`` and it has failed."""
    window_s: float = 600.0
    first_delay_s: float = 0.5
    delay_max_s: float = 30.0


class ServiceSpec(msgspec.Struct, frozen=True):
    """One service as it should be: everything needed to start, ask and stop it."""

    name: str
    kind: ServiceKind
    argv: tuple[str, ...]
    cwd: str
    probe: Probe
    env: dict[str, str] = {}
    """Added to the engine's environment. May hold credentials: kept 0600, never shown."""
    needs: tuple[str, ...] = ()
    """Names of services that must be up before it is started."""
    uses: tuple[str, ...] = ()
    """Names of services that are started along with it, but not waited for."""
    url: str = ""
    """Where a person reaches it, credentials masked; "" when nowhere."""
    port: int | None = None
    """The port it will listen on; checked before the start, to name who holds it."""
    enabled: bool = True
    """Part of "start all"."""
    ready_timeout_s: float = 60.0
    stop_patience_s: float | None = 10.0
    """How long a stop is waited for before a person is asked; None: as long as it takes."""
    restart: RestartPolicy = RestartPolicy()
    node: str = ""
    """Celery node name (workers)."""
    of: str = ""
    """Of a worker that takes over or is taken over: the service that it is a part of, and whose
    log it writes to."""

    @property
    def known_as(self) -> str:
        """The service as a person knows it."""
        return self.of or self.name


class ServiceStatus(msgspec.Struct, frozen=True):
    """One service as it is."""

    name: str
    kind: ServiceKind
    state: ServiceState = ServiceState.STOPPED
    enabled: bool = True
    wanted: bool = False
    pid: int | None = None
    create_time: float | None = None
    started_at: float | None = None
    cpu_percent: float | None = None
    """Of one core, children included; None until measured twice."""
    rss_bytes: int | None = None
    """Children included."""
    processes: int = 0
    url: str = ""
    detail: Text = Text("")
    """One line for the card: "127.0.0.1:6379 · 7.0.15"."""
    note: Text | None = None
    """What it is doing just now: "finishing 3 tasks", "next try in 4 s"."""
    restarts: int = 0
    error: Problem | None = None
    log_path: str = ""
    node: str = ""
    of: str = ""
    """The service that it is a part of while that one's restart lasts (see ServiceSpec)."""
    argv: tuple[str, ...] = ()
    """The command line as shown to people: credentials masked."""


# --- Celery processes --------------------------------------------------------------------------


class Verdict(msgspec.Struct, frozen=True):
    """One thing that is, may be, or could not be found to be wrong with a process."""

    finding: WorkerFinding
    confidence: Confidence
    evidence: Text
    """What was seen: "started 09:02, tasks/mail.py changed 11:40"."""


class Keeper(msgspec.Struct, frozen=True):
    """What would start a process again if it ended, or would end with it."""

    kind: str
    """"watchfiles", "watchmedo", "honcho", "supervisor", "systemd", "launchd", "shell-loop",
    "container" …"""
    name: str
    """As a person knows it: the unit, the program, the script."""
    pid: int = 0
    """0: none that can be signalled from here."""
    create_time: float = 0.0


class WorkerRow(msgspec.Struct, frozen=True):
    """One Celery process on this machine, or a node that only the broker knows (``remote``)."""

    pid: int
    create_time: float
    role: Role
    owner: Owner
    node: str = ""
    app: str = ""
    queues: tuple[str, ...] = ()
    pool: str = ""
    concurrency: int | None = None
    children: tuple[int, ...] = ()
    cwd: str = ""
    python: str = ""
    broker: str = ""
    """Credentials masked."""
    verdicts: tuple[Verdict, ...] = ()
    why: tuple[Text, ...] = ()
    started_by: str = "unknown"
    rss_bytes: int | None = None
    active: int | None = None
    """Tasks it runs; None when it was not asked or did not answer."""
    reserved: int | None = None
    command: str = ""
    this_app: bool = False
    """It belongs to the app of the stack that looked."""
    username: str = ""
    """The user it runs as, when that is not the person."""
    keeper: Keeper | None = None
    loaded_at: float | None = None
    """When its code was loaded, as far as that is known: a HUP keeps pid and create time."""
    total: int | None = None
    """Tasks that it has begun since its start; None when it was not asked or did not answer."""
    log_path: str = ""
    """The file that it writes to, where that is known."""

    @property
    def findings(self) -> tuple[WorkerFinding, ...]:
        """What is or may be wrong; not what could not be measured."""
        found = (v.finding for v in self.verdicts if v.confidence is not Confidence.UNKNOWN)
        return tuple(dict.fromkeys(found))


class ActiveTask(msgspec.Struct, frozen=True):
    """A task that a worker has, as the events tell it."""

    id: str
    name: str
    worker: str
    state: TaskState
    received_at: float | None = None
    started_at: float | None = None
    args: str = ""
    kwargs: str = ""
    worker_pid: int = 0
    """Main process of the worker; 0: not known. Two nodes may have one name."""
    eta: float | None = None
    """When it may begin, of one that waits for its time."""


# --- tasks and queues --------------------------------------------------------------------------


class TaskCounts(msgspec.Struct, frozen=True):
    """Since the engine began to listen; ``active`` is of now."""

    received: int = 0
    active: int = 0
    succeeded: int = 0
    failed: int = 0
    retried: int = 0
    revoked: int = 0


class TelemetryStatus(msgspec.Struct, frozen=True):
    """How well the events of the stack's broker are heard."""

    connected: bool = False
    since: float | None = None
    """Since when it is so; None while nobody listens."""
    events_per_s: float = 0.0
    """Events of tasks, in the last second."""
    missed: int = 0
    """Starts of tasks that the workers' heartbeats counted and no event told."""
    silent: tuple[str, ...] = ()
    """Nodes that work without sending events of their tasks."""


class Queue(msgspec.Struct, frozen=True):
    name: str
    depth: int = 0
    consumers: int | None = None
    unacked: int = 0


class Finding(msgspec.Struct, frozen=True):
    """Something a person should know, with what to do about it."""

    id: str
    severity: Severity
    title: Text
    detail: Text
    fix: Text
    pids: tuple[int, ...] = ()


# --- the whole ---------------------------------------------------------------------------------


class Machine(msgspec.Struct, frozen=True):
    """Resources of this machine; percentages of the whole."""

    cpu_percent: float = 0.0
    memory_percent: float = 0.0
    memory_bytes: int = 0
    disk_free_bytes: int = 0
    cores: int = 1


class EngineInfo(msgspec.Struct, frozen=True):
    pid: int
    version: str
    started_at: float


class StackStatus(msgspec.Struct, frozen=True):
    """One project's stack as it is."""

    id: str
    name: str
    project: str
    """Folder of the project; "" for the bundled app."""
    app: str
    broker: str
    """Credentials masked."""
    state: StackState = StackState.STOPPED
    services: tuple[ServiceStatus, ...] = ()
    workers: tuple[WorkerRow, ...] = ()
    tasks: TaskCounts = TaskCounts()
    active: tuple[ActiveTask, ...] = ()
    queues: tuple[Queue, ...] = ()
    findings: tuple[Finding, ...] = ()
    telemetry: TelemetryStatus = TelemetryStatus()
    cleanup: CleanupProgress | None = None
    lost: tuple[LostTask, ...] = ()
    """Tasks that died with their workers and were not run again; the newest first."""
    stranded: Stranded | None = None
    problem: Problem | None = None
    """Why the stack as a whole can't be used (a broken configuration)."""
    history_mark: int = 0
    """Grows with all news for the history of tasks: with another mark, ask again. It counts what
    the engine has heard since it began, not what the file has seen (:attr:`TaskPage.mark`)."""

    def service(self, name: str) -> ServiceStatus | None:
        return next((service for service in self.services if service.name == name), None)

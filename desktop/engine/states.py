"""Nouns only: the states that things can be in, named sets of them, and the legal moves."""

from __future__ import annotations

from enum import StrEnum


class ServiceState(StrEnum):
    """One supervised service, after supervisor's process states."""

    STOPPED = "stopped"
    """Not running, and nobody wants it to."""
    STARTING = "starting"
    """Its process runs (or waits for what it needs) and has not answered yet."""
    RUNNING = "running"
    """It answered its readiness probe."""
    STOPPING = "stopping"
    """Asked to stop; may be finishing tasks."""
    BACKOFF = "backoff"
    """It ended by itself and will be started again after a pause."""
    FAILED = "failed"
    """Given up on: a person has to look."""
    EXTERNAL = "external"
    """It answers, but somebody else runs it: used, never stopped."""


UP = frozenset({ServiceState.RUNNING, ServiceState.EXTERNAL})
"""Others may use it."""
ALIVE = frozenset({ServiceState.STARTING, ServiceState.RUNNING, ServiceState.STOPPING})
"""There is, or may be, a process of ours."""
SETTLED = frozenset(
    {ServiceState.STOPPED, ServiceState.RUNNING, ServiceState.FAILED, ServiceState.EXTERNAL}
)
"""Nothing more happens by itself."""

MOVES: dict[ServiceState, frozenset[ServiceState]] = {
    ServiceState.STOPPED: frozenset(
        {ServiceState.STARTING, ServiceState.EXTERNAL, ServiceState.RUNNING, ServiceState.FAILED}
    ),
    ServiceState.STARTING: frozenset(
        {
            ServiceState.RUNNING,
            ServiceState.EXTERNAL,
            ServiceState.STOPPING,
            ServiceState.STOPPED,
            ServiceState.BACKOFF,
            ServiceState.FAILED,
        }
    ),
    ServiceState.RUNNING: frozenset(
        {ServiceState.STOPPING, ServiceState.STOPPED, ServiceState.BACKOFF, ServiceState.FAILED}
    ),
    ServiceState.STOPPING: frozenset({ServiceState.STOPPED, ServiceState.FAILED}),
    ServiceState.BACKOFF: frozenset(
        {
            ServiceState.STARTING,
            ServiceState.STOPPED,
            ServiceState.FAILED,
            ServiceState.EXTERNAL,
        }
    ),
    ServiceState.FAILED: frozenset(
        {ServiceState.STARTING, ServiceState.STOPPED, ServiceState.EXTERNAL}
    ),
    ServiceState.EXTERNAL: frozenset(
        {ServiceState.STOPPED, ServiceState.STARTING, ServiceState.FAILED, ServiceState.BACKOFF}
    ),
}
"""Every legal move. STOPPED -> RUNNING is adoption by a new engine."""


class StackState(StrEnum):
    """All services of one project, seen as one."""

    RUNNING = "running"
    PARTIAL = "partial"
    STOPPED = "stopped"
    FAILED = "failed"


class ServiceKind(StrEnum):
    REDIS = "redis"
    WORKER = "worker"
    BEAT = "beat"
    MONITOR = "monitor"
    WEB = "web"
    FLOWER = "flower"
    COMMAND = "command"


class Owner(StrEnum):
    """Whose a Celery process is."""

    OURS = "ours"
    EXTERNAL = "external"
    ORPHAN = "orphan"
    REMOTE = "remote"


class Role(StrEnum):
    """What a Celery process does."""

    WORKER = "worker"
    BEAT = "beat"
    FLOWER = "flower"
    EVENTS = "events"
    MULTI = "multi"


class WorkerFinding(StrEnum):
    """What can be wrong with a Celery process."""

    DUPLICATE = "duplicate"
    """Its node name runs twice, or its app has more workers on its queues than the stack wants."""
    SURPLUS = "surplus"
    """We started it, and nothing wants it any more."""
    STALE_CODE = "stale-code"
    """Its source has changed since it was loaded."""
    UNRESPONSIVE = "unresponsive"
    """It runs, should answer on the broker, and does not."""
    NOT_CONSUMING = "not-consuming"
    """It answers, but takes nothing while its queue grows."""
    CROSSTALK = "crosstalk"
    """Another project consumes the same queue of the same broker: each loses the other's tasks."""
    OLD_CONFIGURATION = "old-configuration"
    """We started it as the configuration said then; it says something else now."""
    TWO_BEATS = "two-beats"
    """More than one beat schedules the same app: every entry is sent more than once."""


class Confidence(StrEnum):
    """How sure a verdict is."""

    CERTAIN = "certain"
    LIKELY = "likely"
    UNKNOWN = "unknown"
    """It could not be measured. Never shown as safe."""


class PlanAction(StrEnum):
    STOP = "stop"
    LEAVE = "leave"


class CleanupStep(StrEnum):
    """How far the cleaning of one process has come; only the last two are the end."""

    ASKED = "asked"
    """It was told to take no more and to end."""
    FINISHING = "finishing"
    """It finishes its tasks."""
    FORCING = "forcing"
    """A person consented to the end of what it runs."""
    STOPPED = "stopped"
    LEFT = "left"


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class TaskState(StrEnum):
    """Celery's own task states (celery/states.py)."""

    PENDING = "PENDING"
    RECEIVED = "RECEIVED"
    STARTED = "STARTED"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    RETRY = "RETRY"
    REVOKED = "REVOKED"
    REJECTED = "REJECTED"

"""States, durations and sizes in words, as the window and the tray say them."""

from __future__ import annotations

from desktop.engine.model import RestartPolicy, ServiceStatus, StackStatus
from desktop.engine.states import ServiceKind, ServiceState, TaskState
from desktop.words import text, tr, trn

DASH = "–"


def service_title(service: ServiceStatus) -> str:
    """What a person calls the service; workers and own commands keep the names they were given."""
    match service.kind:
        case ServiceKind.REDIS:
            return "Redis"
        case ServiceKind.FLOWER:
            return "Flower"
        case ServiceKind.MONITOR:
            return tr("Monitor")
        case ServiceKind.WEB:
            return tr("Web server")
        case ServiceKind.BEAT:
            return tr("Scheduler (beat)")
        case _:
            return service.name


_SERVICE_STATES = {
    ServiceState.STOPPED: text("Stopped"),
    ServiceState.STARTING: text("Starting…"),
    ServiceState.RUNNING: text("Running"),
    ServiceState.STOPPING: text("Stopping…"),
    ServiceState.BACKOFF: text("Waiting to restart"),
    ServiceState.FAILED: text("Failed"),
    ServiceState.EXTERNAL: text("External"),
}
_TASK_STATES = {
    TaskState.PENDING: text("Waiting"),
    TaskState.RECEIVED: text("Received"),
    TaskState.STARTED: text("Running"),
    TaskState.SUCCESS: text("Succeeded"),
    TaskState.FAILURE: text("Failed"),
    TaskState.RETRY: text("Retrying"),
    TaskState.REVOKED: text("Revoked"),
    TaskState.REJECTED: text("Rejected"),
}


def service_state(state: ServiceState) -> str:
    """The state in a word or two."""
    return str(_SERVICE_STATES[state])


def task_state(state: TaskState) -> str:
    """The state of a task in a word."""
    return str(_TASK_STATES[state])


def stack_title(stack: StackStatus | None, project: str) -> str:
    """The project's name for people; the bundled app has none of its own."""
    if stack is not None and stack.project:
        return stack.name
    if stack is None and project:
        return project.rstrip("/").rpartition("/")[2]
    return tr("Bundled app")


def duration(seconds: float) -> str:
    """ "2 h 14 min": two units at most, never 02:14:00."""
    whole = max(0, int(seconds))
    days, hours, minutes = whole // 86_400, whole // 3_600 % 24, whole // 60 % 60
    if days:
        return tr("{days} d {hours} h", days=days, hours=hours)
    if hours:
        return tr("{hours} h {minutes} min", hours=hours, minutes=minutes)
    if minutes:
        return tr("{minutes} min", minutes=minutes)
    return tr("{seconds} s", seconds=whole)


def size(count: float) -> str:
    """Bytes with three figures at most, in powers of 1,024: "38 MB", "1.2 GB"."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024:
            return _figures(count, unit)
        count /= 1024
    return _figures(count, "TB")


def _figures(count: float, unit: str) -> str:
    exact = unit in {"GB", "TB"} and count < 10
    return f"{count:.1f} {unit}" if exact else f"{count:.0f} {unit}"


def percent(value: float) -> str:
    """ "0.4%", "31%": one decimal below ten."""
    return f"{value:.1f}%" if value < 9.95 else f"{value:.0f}%"


def restart_policy(policy: RestartPolicy = RestartPolicy()) -> str:  # noqa: B008
    """When the service is started again by itself, in one or two sentences."""
    if not policy.enabled:
        return tr("Not started again when it ends.")
    return tr(
        "Started again when it ends by itself, after a pause of {first} s that doubles up to "
        "{most} s. Given up after {quick} quick exits in a row, or {crashes} crashes within "
        "{minutes} min.",
        first=f"{policy.first_delay_s:g}",
        most=f"{policy.delay_max_s:g}",
        quick=policy.quick_exits_max,
        crashes=policy.crashes_max,
        minutes=f"{policy.window_s / 60:g}",
    )


def running_count(stack: StackStatus) -> str:
    """ "4 of 5 services running": of those that are part of "start all" or run anyway."""
    up = {ServiceState.RUNNING, ServiceState.EXTERNAL}
    counted = [s for s in stack.services if s.enabled or s.state is not ServiceState.STOPPED]
    return trn(
        "{up} of {n} service running",
        "{up} of {n} services running",
        len(counted),
        up=sum(s.state in up for s in counted),
    )

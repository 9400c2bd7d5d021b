"""States in words, as the window and the tray say them."""

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


def restart_words(stale: bool) -> str:
    """The verb for a service whose code is as it was loaded, or (``stale``) has changed since."""
    return tr("Restart on new code") if stale else tr("Restart")


def stack_title(stack: StackStatus | None, project: str) -> str:
    """The project's name for people; the bundled app has none of its own."""
    if stack is not None and stack.project:
        return stack.name
    if stack is None and project:
        return project.rstrip("/").rpartition("/")[2]
    return tr("Bundled app")


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
    # What a worker was before, or will be, while it is taken over is no service more.
    counted = [
        s for s in stack.services if (s.enabled or s.state is not ServiceState.STOPPED) and not s.of
    ]
    return trn(
        "{up} of {n} service running",
        "{up} of {n} services running",
        len(counted),
        up=sum(s.state in up for s in counted),
    )

"""What a service is doing just now, in a few words for its card."""

from __future__ import annotations

from desktop.engine.service import Service
from desktop.engine.states import ServiceState
from desktop.engine.stopping import Stopping
from desktop.words import Text, text


def service_note(
    service: Service,
    stopping: Stopping | None,
    *,
    silent: bool,
    waits_for: str,
    doing: Text | None,
) -> Text | None:
    """None when its state says it all. ``waits_for``: the first service that it needs and that is
    not up; ``doing``: what is done for it before it is started."""
    state = service.state
    if state is ServiceState.STOPPING:
        if not service.asked_to_stop:
            return text("waits until the services that need it have stopped")
        return stopping.note() if stopping else None
    if state is ServiceState.RUNNING and silent:
        return text("does not answer just now")
    if state is ServiceState.BACKOFF:
        return text("will be started again in a moment")
    if state is ServiceState.STARTING and waits_for:
        return text("waits for {service}", service=waits_for)
    return doing if state is ServiceState.STARTING else None

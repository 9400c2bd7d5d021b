"""What there is to see of the stack, without starting anything."""

from __future__ import annotations

from desktop.cli.context import Context
from desktop.engine.errors import NotRunning
from desktop.engine.model import StackStatus
from desktop.engine.snapshot import Snapshot


def look(context: Context) -> tuple[Snapshot | None, StackStatus]:
    """The stack as the engine tells it, or without one as records and process table do.

    Never starts an engine. Raises :class:`ConfigError` for a broken configuration.
    """
    project = context.project
    try:
        with context.connect(start=False) as client:
            snapshot = client.snapshot()
    except NotRunning:
        snapshot = None
    stack = stack_of(snapshot, project) if snapshot else None
    if stack is None:
        from desktop.engine import offline

        stack = offline.status(context.home, project)
    return snapshot, stack


def stack_of(snapshot: Snapshot, project: str) -> StackStatus | None:
    return next((stack for stack in snapshot.stacks if stack.project == project), None)

"""The stack at a glance: what ``status`` prints and ``monitor`` repeats.

Imports no argument parser: scripts ask for the status all the time.
"""

from __future__ import annotations

import time

from desktop.cli.context import Context
from desktop.cli.look import look
from desktop.engine.model import StackStatus
from desktop.engine.states import ALIVE, UP, ServiceState, StackState

DONE, NOT_RUNNING, PARTLY = 0, 3, 4


def run_status(context: Context) -> int:
    """The verb ``status``."""
    snapshot, stack = look(context)
    if context.as_json:
        from desktop.cli.render import print_json
        from desktop.engine.documents import status_document

        print_json(status_document(snapshot, stack, time.time()))
    else:
        from desktop.cli.report import print_report

        print_report(context, snapshot, stack)
    return exit_code(stack)


def exit_code(stack: StackStatus) -> int:
    """0: all that should run does; 3: nothing runs; 4: some of it runs."""
    if stack.state is StackState.RUNNING:
        return DONE
    runs = any(
        one.state in ALIVE or one.state is ServiceState.BACKOFF or (one.state in UP and one.wanted)
        for one in stack.services
    )
    return PARTLY if runs else NOT_RUNNING

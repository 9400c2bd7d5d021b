"""Workers asked to finish and end. The pid is signalled, never the node name: two can share it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from desktop.engine import process
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner

PATIENCE_S = 30.0
"""How long the end is waited for; a worker that still runs tasks then goes on finishing."""
LOOK_S = 0.05


def warm_stop(rows: Sequence[WorkerRow], patience_s: float = PATIENCE_S) -> frozenset[int]:
    """Send TERM to each, once it is verified to be the process of its row; wait for their ends.

    Returns the pids that have ended. A pid that is another process by now counts as ended, and
    gets no signal; a process that may not be signalled is left alone. One that has ended but was
    not reaped by its parent has ended.
    """
    here = [row for row in rows if row.owner is not Owner.REMOTE]
    asked = [row for row in here if process.terminate(row.pid, row.create_time)]
    deadline = time.monotonic() + patience_s
    while True:
        left = [row for row in asked if process.is_same(row.pid, row.create_time)]
        if not left or time.monotonic() >= deadline:
            return frozenset(row.pid for row in asked if row not in left)
        time.sleep(LOOK_S)

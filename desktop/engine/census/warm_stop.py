"""Workers asked to finish and end. The pid is signalled, never the node name: two can share it."""

from __future__ import annotations

from collections.abc import Sequence

import psutil

from desktop.engine.census.facts import CREATE_TIME_MARGIN_S
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner

PATIENCE_S = 30.0
"""How long the end is waited for; a worker that still runs tasks then goes on finishing."""


def warm_stop(rows: Sequence[WorkerRow], patience_s: float = PATIENCE_S) -> frozenset[int]:
    """Send TERM to each, once it is verified to be the process of its row; wait for their ends.

    Returns the pids that have ended. A pid that is another process by now counts as ended, and
    gets no signal; a process that may not be signalled is left alone.
    """
    gone: set[int] = set()
    asked: list[psutil.Process] = []
    for row in rows:
        if row.owner is Owner.REMOTE:
            continue
        try:
            process = psutil.Process(row.pid)
            if abs(process.create_time() - row.create_time) >= CREATE_TIME_MARGIN_S:
                gone.add(row.pid)
                continue
            process.terminate()
            asked.append(process)
        except psutil.NoSuchProcess:
            gone.add(row.pid)
        except psutil.AccessDenied:
            continue
    ended, _ = psutil.wait_procs(asked, timeout=patience_s)
    return frozenset(gone | {process.pid for process in ended})

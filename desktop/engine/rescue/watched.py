"""A worker process as it is remembered beyond its end."""

from __future__ import annotations

import msgspec

from desktop.engine.model import Identity


class Watched(msgspec.Struct, frozen=True):
    """A worker process of this machine that runs, or that has ended."""

    pid: int
    create_time: float
    node: str = ""
    """"" where it is not known."""
    queues: tuple[str, ...] = ()
    children: tuple[int, ...] = ()
    """Its pool, as it was last seen."""
    died_at: float = 0.0
    """Wall clock; 0.0: it runs."""
    log: str = ""
    """The file that it writes to, where it is one of ours."""

    @property
    def identity(self) -> Identity:
        return self.pid, self.create_time

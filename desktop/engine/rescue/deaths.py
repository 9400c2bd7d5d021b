"""Notices at once that a worker has ended, ours or not.

Where the kernel has process descriptors (Linux 5.3), each worker has one that the engine's loop
waits for; elsewhere a thread looks twice a second. A process is (pid, create time): the end of
another with the same pid is not taken for it.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable

import msgspec

from desktop.engine import process
from desktop.engine.model import Identity, WorkerRow
from desktop.engine.rescue.watched import Watched
from desktop.engine.states import Owner, Role

POLL_S = 0.5


class Deaths:
    """Watches workers, and calls ``on_death`` in the loop once for each that ends."""

    def __init__(self, on_death: Callable[[Watched], None]) -> None:
        self._on_death = on_death
        self._watched: dict[Identity, Watched] = {}
        self._descriptors: dict[Identity, int] = {}
        self._told: set[Identity] = set()
        """Ended, and maybe still in the rows: a look at the machine lasts longer than a death."""
        self._polling: asyncio.Task[None] | None = None

    @property
    def running(self) -> tuple[Watched, ...]:
        return tuple(self._watched.values())

    def watch(self, rows: Iterable[WorkerRow]) -> None:
        """Watch these too, and learn what is newly known of those that are watched."""
        rows = tuple(rows)
        self._told &= {(row.pid, row.create_time) for row in rows}
        for row in rows:
            identity = (row.pid, row.create_time)
            if row.role is not Role.WORKER or row.owner is Owner.REMOTE or identity in self._told:
                continue
            known = self._watched.get(identity)
            self._watched[identity] = Watched(
                row.pid,
                row.create_time,
                row.node or (known.node if known else ""),
                row.queues or (known.queues if known else ()),
                row.children or (known.children if known else ()),
                log=row.log_path or (known.log if known else ""),
            )
            if known is None:
                self._begin(identity)

    def close(self) -> None:
        loop = asyncio.get_running_loop()
        for descriptor in self._descriptors.values():
            loop.remove_reader(descriptor)
            os.close(descriptor)
        self._descriptors.clear()
        self._watched.clear()
        if self._polling:
            self._polling.cancel()

    def _begin(self, identity: Identity) -> None:
        try:
            descriptor = os.pidfd_open(identity[0])
        except ProcessLookupError:
            self._ended(identity)
            return
        except (AttributeError, OSError):
            # Not Linux, no more descriptors, or a sandbox that denies it.
            if self._polling is None or self._polling.done():
                self._polling = asyncio.get_running_loop().create_task(self._poll())
            return
        if not process.is_same(*identity):
            os.close(descriptor)
            self._ended(identity)
            return
        self._descriptors[identity] = descriptor
        asyncio.get_running_loop().add_reader(descriptor, self._ended, identity)

    def _ended(self, identity: Identity) -> None:
        descriptor = self._descriptors.pop(identity, None)
        if descriptor is not None:
            asyncio.get_running_loop().remove_reader(descriptor)
            os.close(descriptor)
        watched = self._watched.pop(identity, None)
        if watched:
            self._told.add(identity)
            self._on_death(msgspec.structs.replace(watched, died_at=time.time()))

    async def _poll(self) -> None:
        while waiting := tuple(one for one in self._watched if one not in self._descriptors):
            for identity in await asyncio.to_thread(_gone, waiting):
                self._ended(identity)
            await asyncio.sleep(POLL_S)


def _gone(identities: Iterable[Identity]) -> tuple[Identity, ...]:
    return tuple(one for one in identities if not process.is_same(*one))


def pool_lives(dead: Watched) -> bool:
    """Whether processes of its pool have outlived it (macOS; Linux ends them with their parent)."""
    return any(process.lived_at(pid, dead.died_at) for pid in dead.children)

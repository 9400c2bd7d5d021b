"""Which workers run code that has changed since they loaded it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from desktop.engine.census.same_app import BUNDLED_APP
from desktop.engine.census.sources.imports import Imports
from desktop.engine.census.sources.versions import Change, Versions
from desktop.engine.model import Identity, WorkerRow
from desktop.engine.states import Owner, Role

SAVED_EVERY_S = 300.0
LOADED_LATE_S = 2.0
"""Where only the create time is known: it can be read a second too early, and the import of the
app comes after it (facts)."""
OURS = Path(__file__).resolve().parents[4]
"""The folder that our packages are imported from."""


class OldCode(msgspec.Struct, frozen=True):
    """What has changed since a worker loaded its code."""

    loaded_at: float
    path: str
    """Of the file that changed last, relative to the worker's folder."""
    at: float
    """When."""
    first_at: float
    """When the first of them changed: tasks that started since then may have run old code."""
    certain: bool
    gone: bool = False
    others: int = 0
    """So many more files have changed."""


class Code:
    """Keeps what was seen. Blocks; not safe for two threads at once."""

    def __init__(self, store: Path | None = None) -> None:
        self._imports = Imports()
        self._versions = Versions(store)
        self._sources: dict[Identity, frozenset[str]] = {}
        self._saved_at = 0.0

    def look(
        self,
        rows: Iterable[WorkerRow],
        loaded: Mapping[Identity, float],
        own_sources: tuple[str, ...],
        now: float,
    ) -> dict[Identity, OldCode | None]:
        """Of each worker whose sources are known: what has changed, None when nothing has.

        ``loaded`` are the instants at which nodes say that they loaded their code, ``own_sources``
        the files of the stack's own app, as the app tells them.
        """
        workers = [r for r in rows if r.role is Role.WORKER and r.owner is not Owner.REMOTE]
        present = {(row.pid, row.create_time): row for row in workers}
        fresh = present.keys() - self._sources.keys()
        # A file that is gone is named by nobody any more, but the worker still runs it.
        self._sources = {
            identity: self._sources.get(identity, frozenset()) | self._files(row, own_sources)
            for identity, row in present.items()
        }
        self._versions.look(sorted(frozenset().union(*self._sources.values())), now)
        newest = {
            files: self._versions.newest(files) for files in frozenset(self._sources.values())
        }
        found: dict[Identity, OldCode | None] = {}
        for identity, files in self._sources.items():
            if not files:
                continue
            at = loaded.get(identity, identity[1] + LOADED_LATE_S)
            changed = newest[files] > at
            found[identity] = self._old(present[identity], files, at) if changed else None
        if fresh or time.monotonic() - self._saved_at > SAVED_EVERY_S:
            # From then on the next engine knows what these have loaded.
            self._saved_at = time.monotonic()
            self._versions.save(now)
        return found

    def _files(self, row: WorkerRow, own_sources: tuple[str, ...]) -> frozenset[str]:
        if row.this_app and own_sources:
            return frozenset(own_sources)
        if not row.app:
            return frozenset()
        found = self._imports.files(row.app, row.cwd) if row.cwd else ()
        if not found and row.app.partition(":")[0] == BUNDLED_APP:
            # It runs in a folder without any module; which of ours it imports its Python tells.
            ours = row.this_app or row.python == sys.executable
            found = self._imports.files(row.app, str(OURS)) if ours else ()
        return frozenset(found)

    def _old(self, row: WorkerRow, files: Iterable[str], loaded_at: float) -> OldCode | None:
        changes = [c for file in files if (c := self._versions.change(file, loaded_at))]
        if not changes:
            return None
        last = max(changes, key=_weight)
        return OldCode(
            loaded_at=loaded_at,
            path=_shown(last.path, row.cwd),
            at=last.at,
            first_at=min(change.at for change in changes),
            certain=last.certain,
            gone=last.gone,
            others=len(changes) - 1,
        )


def loaded_at(now: float, uptime_s: float | None) -> float | None:
    """When a node loaded its code, by its own word: a HUP keeps pid and create time.

    Its uptime is in whole seconds and begins when its app is imported, so this is up to a second
    late: what it imports right after that is covered.
    """
    return None if uptime_s is None else now - uptime_s


def _weight(change: Change) -> tuple[bool, float]:
    return (change.certain, change.at)


def _shown(path: str, folder: str) -> str:
    inside = folder and os.path.realpath(folder) + os.sep
    return path.removeprefix(inside) if inside else path

"""What source files held when: digests, so that a touch or a checkout there and back is no change.

A file's time alone tells little: an editor, a checkout or ``touch`` renews it and changes nothing.
So each content that was seen is remembered with the time from which it is there and the last time
it was seen. What a worker loaded is the content that was there when it loaded.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

VERSIONS_MAX = 8
"""Contents of one file that are remembered."""
FORGOTTEN_AFTER_S = 14 * 86400.0
GAP_S = 120.0
"""Between two looks, at most, for the same content to count as there all the time: twice the slow
beat of the looks."""
EARLY_S = 5.0
"""A content that was last seen so shortly before a load is what was loaded."""
GONE = ""
"""The digest of a file that is not there."""


class Version(msgspec.Struct):
    """One content of one file. Instants are seconds since the epoch."""

    digest: str
    since: float
    """From when it is there: the file's own time, or when it was first seen."""
    seen_at: float
    mark: tuple[int, int, int] = (0, 0, 0)
    """Modification and change time in nanoseconds, size in bytes."""


class Change(msgspec.Struct, frozen=True):
    """A file that is not what a worker loaded."""

    path: str
    at: float
    certain: bool
    """Its content at the time of the load is known, and was another."""
    gone: bool = False


class Versions:
    """The contents of files over time, kept on disk. Not safe for two threads at once."""

    def __init__(self, store: Path | None = None) -> None:
        """``store`` is the file that they are kept in; it holds digests, no source."""
        self._store = store
        self._files: dict[str, list[Version]] = {}
        self._dirty = False
        if store:
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                self._files = msgspec.json.decode(store.read_bytes(), type=dict[str, list[Version]])

    def look(self, files: Iterable[str], now: float) -> None:
        """See what the files hold now. Only those whose time or size is new are read."""
        for file in files:
            self._see(file, now)

    def newest(self, files: Iterable[str]) -> float:
        """From when the youngest of these contents is there; 0 when none was seen."""
        return max((seen[-1].since for f in files if (seen := self._files.get(f))), default=0.0)

    def change(self, file: str, loaded_at: float) -> Change | None:
        """Whether the file holds something else than what was loaded at ``loaded_at``."""
        seen = self._files.get(file)
        if not seen or seen[-1].since <= loaded_at:
            return None
        present = seen[-1]
        loaded = next((one for one in reversed(seen) if one.since <= loaded_at), None)
        known = loaded is not None and loaded.seen_at >= loaded_at - EARLY_S
        if known and loaded and loaded.digest == present.digest:
            return None
        gone = present.digest == GONE
        if gone and not known:
            return None  # whether it ever was there is not known
        return Change(file, present.since, known, gone)

    def save(self, now: float) -> None:
        """Keep them for the next engine. Not being able to is no failure."""
        if self._store is None or not self._dirty:
            return
        kept = {
            file: seen
            for file, seen in self._files.items()
            if seen and now - seen[-1].seen_at < FORGOTTEN_AFTER_S
        }
        with contextlib.suppress(OSError):
            descriptor, name = tempfile.mkstemp(dir=self._store.parent, prefix=".sources-")
            try:
                with os.fdopen(descriptor, "wb") as written:
                    written.write(msgspec.json.encode(kept))
                Path(name).replace(self._store)
                self._dirty = False
            except OSError:
                Path(name).unlink(missing_ok=True)

    def _see(self, file: str, now: float) -> None:
        seen = self._files.setdefault(file, [])
        last = seen[-1] if seen else None
        self._dirty = True
        try:
            stat = os.stat(file)  # noqa: PTH116 - of thousands of files: a third of Path's time
            mark = (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size)
            if last and last.mark == mark:
                last.seen_at = now
                return
            digest = hashlib.sha256(Path(file).read_bytes()).hexdigest()
            # A time that is still to come is a lie; when its entry changed is not.
            since = stat.st_mtime if stat.st_mtime <= now else min(stat.st_ctime, now)
        except FileNotFoundError:
            digest, mark, since = GONE, (0, 0, 0), now
        except OSError:
            return  # what can't be read can't be compared
        if last is None:
            seen.append(Version(digest, since, now, mark))
            return
        if since <= last.seen_at:
            # A file's time can be set back (rsync, tar): then it changed between the two looks.
            since = min(stat.st_ctime, now) if digest != GONE else now
            since = max(since, last.seen_at)
        if digest == last.digest and since - last.seen_at <= GAP_S:
            last.seen_at, last.mark = now, mark
            return
        seen.append(Version(digest, since, now, mark))
        del seen[:-VERSIONS_MAX]

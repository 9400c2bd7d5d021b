"""A project's Python files by their content, to tell a change from a touch.

A file is read again only when its time, size or inode has changed, so a look costs a ``stat`` a
file. Swap files, bytecode, environments and hidden folders are no code.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "venv"})
FILES_MAX = 20_000
"""A folder with more Python files than this is no project; what comes after is not watched."""

Digests = dict[str, bytes]
"""The content of each file, as a digest, by its path."""


class SourceCode:
    """The Python files in some folders, without an environment that lies in them."""

    def __init__(self, roots: Iterable[Path], environment: Path) -> None:
        self.roots = _outermost(roots)
        self._environment = environment
        self._known: dict[str, tuple[tuple[int, int, int], bytes]] = {}

    def look(self) -> Digests:
        """What each file holds now. Blocking. A file that can't be read is not there."""
        known: dict[str, tuple[tuple[int, int, int], bytes]] = {}
        for path in self._files():
            if len(known) >= FILES_MAX:
                break
            with contextlib.suppress(OSError):
                state = path.stat()
                mark = (state.st_mtime_ns, state.st_size, state.st_ino)
                before = self._known.get(str(path))
                known[str(path)] = (
                    before
                    if before and before[0] == mark
                    else (mark, hashlib.blake2b(path.read_bytes(), digest_size=16).digest())
                )
        self._known = known
        return {path: digest for path, (_, digest) in known.items()}

    def concerns(self, path: str) -> bool:
        """Whether an event there may be a change of the code: a Python file, or a folder."""
        place = Path(path)
        if place.suffix not in {".py", ""} or place.is_relative_to(self._environment):
            return False
        below = (place.relative_to(root) for root in self.roots if place.is_relative_to(root))
        return any(not any(map(_skipped, one.parts[:-1])) for one in below)

    def _files(self) -> Iterator[Path]:
        for root in self.roots:
            for folder, folders, files in os.walk(root):
                folders[:] = sorted(
                    name
                    for name in folders
                    if not _skipped(name) and Path(folder, name) != self._environment
                )
                for name in files:
                    if name.endswith(".py") and not name.startswith((".", "#")):
                        yield Path(folder, name)


def _skipped(name: str) -> bool:
    return name in SKIPPED or name.startswith(".")


def _outermost(roots: Iterable[Path]) -> tuple[Path, ...]:
    """Each folder once, and none that lies in another."""
    found: list[Path] = []
    for root in sorted({root for root in roots if root.is_dir()}, key=lambda one: len(one.parts)):
        if not any(root.is_relative_to(other) for other in found):
            found.append(root)
    return tuple(found)

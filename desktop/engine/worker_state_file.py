"""Where a worker keeps what outlives it (its revoked tasks): a file that no other process has open.

While a worker is taken over, two processes of it run, and some databases may be opened once only.
Each start takes a free file, with what was saved last in it.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path

OPTION = "--statedb="
SLOTS_LOOKED_AT = 16
"""There are as many as there were processes of one worker at once."""
_ENDINGS = ("", ".db", ".dat", ".dir", ".bak")
"""What Python's ``dbm`` makes of one name: gdbm and SQLite, ndbm, and the one without a library."""


def with_free_state_file(argv: Sequence[str], in_use: Sequence[str]) -> tuple[str, ...]:
    """The command line with a file that none of the command lines ``in_use`` names. Blocking."""
    base = next((word for word in argv if word.startswith(OPTION)), "").removeprefix(OPTION)
    if not base:
        return tuple(argv)
    chosen = next(path for path in _slots(Path(base)) if not _named(path, in_use))
    with contextlib.suppress(OSError):
        _bring_up_to_date(chosen, Path(base))
    return tuple(f"{OPTION}{chosen}" if word.startswith(OPTION) else word for word in argv)


def _slots(base: Path) -> Iterator[Path]:
    yield base
    yield from (base.with_name(f"{base.stem}.{number}{base.suffix}") for number in count(2))


def _named(path: Path, command_lines: Sequence[str]) -> bool:
    return any(str(path) in line for line in command_lines)


def _bring_up_to_date(chosen: Path, base: Path) -> None:
    known = [path for path in islice(_slots(base), SLOTS_LOOKED_AT) if _files(path)]
    newest = max(known, key=_saved_at, default=chosen)
    if newest == chosen:
        return
    for file in _files(chosen).values():
        file.unlink()
    for ending, file in _files(newest).items():
        shutil.copy2(file, chosen.with_name(chosen.name + ending))


def _saved_at(path: Path) -> float:
    return max(file.stat().st_mtime for file in _files(path).values())


def _files(path: Path) -> dict[str, Path]:
    named = {ending: path.with_name(path.name + ending) for ending in _ENDINGS}
    return {ending: file for ending, file in named.items() if file.is_file()}

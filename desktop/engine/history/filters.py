"""Searches that a person has saved under names, in a file of the stack's state."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from desktop.engine.errors import HomeError, UsageError
from desktop.engine.history.query import LENGTH_MAX, parse
from desktop.words import text, verbatim

MOST = 100
NAME_MAX_CHARS = 60


class Filters:
    """Names and searches. Blocks for a file of a few kilobytes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, str]:
        """Searches by name, in the order in which they were saved. A file that can't be read is
        no filters."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])
        except (OSError, msgspec.MsgspecError, UnicodeError):
            return {}

    def save(self, name: str, search: str) -> dict[str, str]:
        """Save a search, or with "" forget it; returns all. Raises :class:`BadQuery`,
        :class:`UsageError`, :class:`HomeError`."""
        name = name.strip()
        kept = self.load()
        kept.pop(name, None)
        if search.strip():
            parse(search)
            if not name or len(name) > NAME_MAX_CHARS or len(kept) >= MOST:
                raise not_saved()
            kept[name] = search[:LENGTH_MAX]
        beside = self._path.with_name(f".{self._path.name}")
        try:
            beside.write_bytes(msgspec.json.encode(kept))
            beside.chmod(0o600)
            beside.replace(self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise HomeError(
                "filters",
                text("The search can't be saved."),
                verbatim(error.strerror or type(error).__name__),
                text("Free the disk, or see who owns the state folder."),
            ) from None
        return kept


def not_saved() -> UsageError:
    return UsageError(
        "filters",
        text("The search can't be saved."),
        text(
            "A name has 1 to {n} characters; {most} searches are kept.", n=NAME_MAX_CHARS, most=MOST
        ),
        text("Give it a shorter name, or delete one."),
    )

"""The part of a file that is here already, and what is known of it.

``.partial`` holds the bytes, ``.facts`` the server's marks of the version that they belong to and
how many of them are surely on the disk. After a crash, of the program or of the machine, only
those are built upon.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import BinaryIO

import msgspec

from web.downloads import files
from web.downloads.digest import Digest

FACTS = ".facts"
SYNC_EVERY_S = 0.5
HASH_PIECE_BYTES = 1024 * 1024


class Whole(msgspec.Struct, frozen=True):
    """A file that is complete and checked, under the name that it has or is about to get."""

    name: str
    size_bytes: int
    sha256: str


class Facts(msgspec.Struct, frozen=True):
    """Of one version of one resource."""

    url: str
    etag: str = ""
    """A strong one, or empty."""
    last_modified: str = ""
    total_bytes: int | None = None
    synced_bytes: int = 0
    whole: Whole | None = None

    @property
    def validator(self) -> str:
        """What ``If-Range`` can carry; empty when this version can't be told from another."""
        return self.etag or self.last_modified


class Partial:
    """One download's folder while a transfer has it locked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / files.PARTIAL
        self._facts = folder / FACTS
        self._written = threading.Lock()

    def facts(self) -> Facts | None:
        try:
            return msgspec.json.decode(self._facts.read_bytes(), type=Facts)
        except (OSError, msgspec.MsgspecError):
            return None

    def resumable(self, url: str) -> Facts | None:
        """The facts, if the bytes that are here can be added to."""
        facts = self.facts()
        if facts is None or facts.url != url or not facts.validator or facts.whole:
            return None
        try:
            size = self.path.stat().st_size
        except OSError:
            return None
        return facts if 0 < facts.synced_bytes <= size else None

    def note(self, facts: Facts) -> None:
        with self._written:
            files.write_whole(self._facts, msgspec.json.encode(facts))

    def forget(self) -> None:
        """What is known of the bytes."""
        self._facts.unlink(missing_ok=True)

    def drop(self) -> None:
        """The bytes and what is known of them."""
        self.forget()
        self.path.unlink(missing_ok=True)

    def settle(self, facts: Facts, whole: Whole) -> None:
        """Give the complete file its name. The order is what a crash at any instant survives:
        bytes on the disk, then the promise, then the name."""
        self.note(msgspec.structs.replace(facts, whole=whole))
        self.path.replace(self.folder / whole.name)
        files.sync_folder(self.folder)

    def settled(self) -> Whole | None:
        """The file that an earlier run completed, its name given now if that was cut off."""
        facts = self.facts()
        if facts is None or facts.whole is None:
            return None
        whole, target = facts.whole, self.folder / facts.whole.name
        for path in (target, self.path):
            if path.is_symlink() or not path.is_file() or path.stat().st_size != whole.size_bytes:
                continue
            if path == self.path:
                path.replace(target)
                files.sync_folder(self.folder)
            return whole
        return None


class Writer:
    """Appends to the partial file, hashing; what is written reaches the disk in the background."""

    def __init__(self, partial: Partial, facts: Facts, start: int) -> None:
        self._partial = partial
        self._facts = facts
        self._digest = Digest()
        self.size_bytes = start
        if not start:  # what was known of other bytes must not be believed of these
            partial.forget()
        # Opened for this download alone, never through a link that somebody put there.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._file: BinaryIO = os.fdopen(os.open(partial.path, flags, 0o600), "r+b", buffering=0)
        self._hash_until(start)
        self._file.truncate(start)
        self._file.seek(start)
        self._ended = threading.Event()
        self._syncing = threading.Thread(target=self._sync, daemon=True, name="sync")
        self._syncing.start()

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        left = memoryview(data)
        while left:  # an unbuffered write may take less than it was given
            left = left[self._file.write(left) :]
        self.size_bytes += len(data)

    def close(self, *, complete: bool = False) -> None:
        """Everything so far is on the disk; of what is not complete it is noted how much."""
        if self._file.closed:
            return
        self._ended.set()
        self._syncing.join()
        self._digest.close()
        try:
            os.fsync(self._file.fileno())
            if not complete:
                self._note()
        finally:
            self._file.close()

    def sha256(self) -> str:
        return self._digest.hexdigest()

    def _hash_until(self, end: int) -> None:
        done = 0
        while done < end:
            piece = self._file.read(min(HASH_PIECE_BYTES, end - done))
            if not piece:
                raise OSError("the partial file is shorter than it was")
            self._digest.update(piece)
            done += len(piece)

    def _sync(self) -> None:
        noted = self.size_bytes
        while not self._ended.wait(SYNC_EVERY_S):
            size = self.size_bytes
            if size == noted:
                continue
            try:
                os.fsync(self._file.fileno())
                self._partial.note(msgspec.structs.replace(self._facts, synced_bytes=size))
            except OSError:
                return  # the transfer itself meets the same, and tells it
            noted = size

    def _note(self) -> None:
        self._partial.note(msgspec.structs.replace(self._facts, synced_bytes=self.size_bytes))

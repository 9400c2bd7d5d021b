"""The same address twice is one transfer; one server, and this machine, serve only so many at once.

Locks are files that the system lets go of when their process dies, whatever kills it: nothing has
to expire, and nobody waits for the dead.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from web.downloads import files
from web.downloads.patience import SLICE_S

SHARED = ".shared"
LOCK = ".lock"


class Earlier(msgspec.Struct, frozen=True):
    """A whole file of this address that another download has in the store."""

    download_id: str
    name: str
    size_bytes: int
    sha256: str
    etag: str = ""
    last_modified: str = ""


def key(url: str, auth: str) -> str:
    """What two downloads must have in common to share a transfer."""
    return hashlib.sha256(f"{auth}\n{url}".encode()).hexdigest()


@contextmanager
def held(path: Path, look: Callable[[], None]) -> Iterator[None]:
    """The lock at ``path``, waited for as long as ``look`` does not raise."""
    lock = _lock(path)
    while not _taken(lock):
        look()
    try:
        yield
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether somebody has the lock at this moment."""
    if not path.is_file():
        return False
    lock = _lock(path)
    if not _taken(lock, 0.0):
        return True
    lock.release()
    return False


@contextmanager
def slot(name: str, count: int, look: Callable[[], None]) -> Iterator[None]:
    """One of ``count`` places, waited for as long as ``look`` does not raise."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    locks = [_lock(_shared() / f"slot-{digest}-{number}") for number in range(count)]
    while True:
        # The last one tried waits a slice, the others don't.
        mine = next(
            (lock for lock in locks if _taken(lock, SLICE_S if lock is locks[-1] else 0.0)), None
        )
        if mine is not None:
            break
        look()
    try:
        yield
    finally:
        mine.release()


def url_lock(shared_key: str) -> Path:
    return _shared() / f"url-{shared_key[:32]}"


def earlier(shared_key: str) -> Earlier | None:
    """The file that an earlier download of the same address left, if it is as it was left."""
    try:
        found = msgspec.json.decode(_entry(shared_key).read_bytes(), type=Earlier)
        path = files.finished(found.download_id, found.name)
    except (OSError, ValueError, msgspec.MsgspecError):
        return None
    if path is None or path.stat().st_size != found.size_bytes:
        return None
    return found if found.etag or found.last_modified else None


def remember(shared_key: str, found: Earlier) -> None:
    files.write_whole(_entry(shared_key), msgspec.json.encode(found))


def forget(shared_key: str) -> None:
    _entry(shared_key).unlink(missing_ok=True)


def take(found: Earlier, target: Path) -> bool:
    """Put the earlier file's bytes at ``target``: one file with two names if the disk can do so
    (files of the store are never changed in place), else a copy. False when it is gone."""
    source = files.finished(found.download_id, found.name)
    if source is None:
        return False
    target.unlink(missing_ok=True)
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        try:
            shutil.copyfile(source, target, follow_symlinks=False)
        except OSError:
            target.unlink(missing_ok=True)
            return False
    return True


def sweep(kept_s: float) -> None:
    """Take away what is left of addresses whose file is gone, and locks that nobody has used for
    ``kept_s`` seconds. (Who takes such a lock in this very instant only shares it with nobody.)"""
    for entry in _shared().glob("file-*"):
        if earlier(entry.name.removeprefix("file-")) is None:
            entry.unlink(missing_ok=True)
    for path in (*_shared().glob("url-*"), *_shared().glob("slot-*"), *_shared().glob("*.new")):
        with contextlib.suppress(OSError):
            lock = _lock(path)
            if time.time() - path.stat().st_mtime > kept_s and _taken(lock, 0.0):
                path.unlink(missing_ok=True)
                lock.release()


def _entry(shared_key: str) -> Path:
    return _shared() / f"file-{shared_key}"


def _shared() -> Path:
    place = files.store() / SHARED
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def _lock(path: Path) -> FileLock:
    return FileLock(path, thread_local=False)


def _taken(lock: FileLock, wait_s: float = SLICE_S) -> bool:
    with contextlib.suppress(Timeout):
        lock.acquire(timeout=wait_s, poll_interval=0.05)
        return True
    return False

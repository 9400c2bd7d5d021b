"""Opening ``history.sqlite``: made when missing, brought up to date, set aside when broken."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from desktop.engine.errors import TrayError
from desktop.engine.history.schema import STEPS
from desktop.words import text, verbatim

WRITER_CACHE_KIB = 8_192
READER_CACHE_KIB = 4_096
_BUSY_S = 5.0
_COMPANIONS = ("", "-wal", "-shm")
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY = 0xFF
"""The low byte of an extended code is the primary one."""


def open_writer(path: Path, steps: Sequence[str] = STEPS) -> sqlite3.Connection:
    """The connection that changes the file, which is made (0600) or migrated first.

    Raises :class:`TrayError` for a file of a newer version, :class:`sqlite3.Error` and OSError
    when the disk refuses or the file is broken (see :func:`is_broken`).
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(
        path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        if _version(connection) > len(steps):
            raise newer()
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA journal_size_limit = 16777216")
        _migrate(connection, steps)
        connection.execute("SELECT key FROM task ORDER BY key DESC LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads. Raises :class:`sqlite3.Error` when there is no file,
    :class:`TrayError` when it is of another version."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro",
        uri=True,
        timeout=_BUSY_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA cache_size = -{READER_CACHE_KIB}")
        connection.execute("PRAGMA temp_store = MEMORY")
        version = _version(connection)
        if version > len(STEPS):
            raise newer()
        if version < len(STEPS):
            # The writer makes it, or migrates it, in the next moment.
            raise sqlite3.OperationalError("not made yet")
    except BaseException:
        connection.close()
        raise
    return connection


def open_empty() -> sqlite3.Connection:
    """A history of nothing, in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _migrate(connection, STEPS)
    return connection


def is_broken(error: BaseException) -> bool:
    """Whether an error says that the file is damaged, and not only that the disk refuses."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & _PRIMARY in _BROKEN


def set_aside(path: Path) -> Path:
    """Move a broken file, with what belongs to it, to ``….broken-<date>``; never delete it."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside, n = path.with_name(f"{path.name}.broken-{stamp}"), 1
    while aside.exists():
        aside, n = path.with_name(f"{path.name}.broken-{stamp}-{n}"), n + 1
    for companion in _COMPANIONS:
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{companion}").replace(f"{aside}{companion}")
    return aside


def broken_files(path: Path) -> tuple[Path, ...]:
    """Those that were set aside."""
    found = path.parent.glob(f"{path.name}.broken-*")
    return tuple(sorted(one for one in found if not one.name.endswith(_COMPANIONS[1:])))


def _migrate(connection: sqlite3.Connection, steps: Sequence[str]) -> None:
    version = _version(connection)
    for number, step in enumerate(steps[version:], version + 1):
        # One script, one transaction: a crash leaves the file at the version before.
        connection.executescript(f"BEGIN IMMEDIATE; {step}; PRAGMA user_version = {number}; COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


# --- words ---------------------------------------------------------------------------------------


def newer() -> TrayError:
    return TrayError(
        "history-newer",
        text("The history was written by a newer Celery Tray."),
        text("This version can't read it, and leaves it as it is. Tasks are not recorded."),
        text("Use the newer program, or move history.sqlite out of the state folder."),
    )


def unreadable(error: BaseException) -> TrayError:
    return TrayError(
        "history-unreadable",
        text("The history can't be read."),
        verbatim(str(error) or type(error).__name__),
        text("The details are in engine.log in the state folder."),
    )

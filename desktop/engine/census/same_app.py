"""Does a worker that already runs belong to a stack's app?

Two workers of one app on one broker share its queues without a word. Nothing is started or asked
here: only the row, and which files its folder and the project hold, are looked at.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner, Role
from desktop.engine.urls import LOOPBACK

BUNDLED_APP = "web.celery_app"
_BUNDLED_FILE = Path(__file__).resolve().parents[3] / "web" / "celery_app.py"
_ATTRIBUTES = frozenset({"app", "celery", "celery_app"})
"""What ``celery -A package`` finds by itself in or below a package (celery/app/utils.py)."""


def same_app(row: WorkerRow, *, app: str, project: str, broker: str) -> bool:
    """Whether ``row`` is a worker on this machine of the app ``app`` in the folder ``project``
    ("": the bundled app), on the broker ``broker``.

    What can't be known counts as the same: it is better to ask once too often. A folder that can
    be read and is another's does not.
    """
    if row.role is not Role.WORKER or row.owner is Owner.REMOTE:
        return False
    if row.broker and broker and address(row.broker) != address(broker):
        return False
    if not row.app:
        # Nothing names its app (a worker inside a script): only the project's own folder tells.
        return bool(project and row.cwd) and _is_within(row.cwd, project)
    if not _same_module(row.app, app):
        return False
    if not row.cwd:
        return True
    return _in_project(row, app, project) if project else _imports_bundled(row.cwd)


def _same_module(one: str, other: str) -> bool:
    """``shop.celery:app``, ``shop.celery`` and ``shop`` are one app."""
    if one.replace(":", ".") == other.replace(":", "."):
        return True
    return _module(one) == _module(other)


def _module(app: str) -> str:
    parts = app.partition(":")[0].split(".")
    while len(parts) > 1 and parts[-1] in _ATTRIBUTES:
        parts.pop()
    return ".".join(parts)


def _imports_bundled(cwd: str) -> bool:
    """Celery looks in the working folder first: a ``web/celery_app.py`` there is the user's."""
    own = Path(cwd) / "web" / "celery_app.py"
    try:
        if not own.is_file():
            return True
    except OSError:
        return True  # a folder that can't be read
    return _is_one_place(own, _BUNDLED_FILE)


def _in_project(row: WorkerRow, app: str, project: str) -> bool:
    if _is_one_place(row.cwd, project):
        return True
    there, ours = _source(app, row.cwd), _source(app, project)
    if there and ours:
        return _is_one_place(there, ours)
    if there:
        return _is_within(str(there), project)
    # Imported from somewhere else, as a service with another working folder does: an interpreter
    # of the project's own imports the project's app.
    return bool(row.python) and _is_within(row.python, project)


def _source(app: str, folder: str) -> Path | None:
    """The package or module of ``app`` that a process in ``folder`` would import."""
    top = app.partition(":")[0].split(".")[0]
    for candidate in (Path(folder) / top, Path(folder) / f"{top}.py"):
        try:
            if candidate.exists():
                return candidate
        except OSError:
            continue
    return None


def _is_one_place(one: str | Path, other: str | Path) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:
        return Path(one) == Path(other)


def _is_within(path: str, folder: str) -> bool:
    # Of an interpreter the folder is resolved, not the file: in a virtual environment that is a
    # link to one elsewhere.
    try:
        there = Path(path).parent.resolve() / Path(path).name
        return there.is_relative_to(Path(folder).resolve())
    except (OSError, RuntimeError):
        return Path(path).is_relative_to(folder)


@lru_cache(maxsize=256)
def address(url: str) -> tuple[str, str, int | None, str]:
    """What tells one broker from another: kind, host, port, database. Never its credentials."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return ("", url, None, "")
    kind = "redis" if parts.scheme in {"redis", "rediss", "valkey", "valkeys"} else parts.scheme
    if host in LOOPBACK:
        host = "localhost"
    if kind == "redis":
        return (kind, host, port or 6379, parts.path.strip("/") or "0")
    if parts.scheme in {"redis+socket", "unix"}:
        return ("socket", "", None, unquote(parts.path))
    if kind in {"amqp", "amqps", "pyamqp"}:
        return ("amqp", host, port or (5671 if kind == "amqps" else 5672), parts.path)
    return (kind, host, port, parts.path)

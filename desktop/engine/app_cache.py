"""Keeps what an app said of itself until something that the answer rests on has changed:
the interpreter, its packages, the environment, the configuration, the app's own files."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

import msgspec

from desktop.engine.config import StackConfig
from desktop.paths import StackHome

OF_THE_SESSION = frozenset(
    {
        "_",
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY",
        "OLDPWD",
        "PWD",
        "SHLVL",
        "SSH_AUTH_SOCK",
        "SSH_CONNECTION",
        "SSH_TTY",
        "TERM",
        "TERM_SESSION_ID",
        "TMUX",
        "TMUX_PANE",
        "WAYLAND_DISPLAY",
        "WINDOWID",
        "XAUTHORITY",
        "XDG_SESSION_ID",
    }
)
"""Variables that differ from one terminal to the next and say nothing to an app."""
SETTINGS_FILES = (".env", "setup.cfg", "pyproject.toml")
"""Files that an app may read its settings from without importing them."""

Mark = tuple[str, int, int]
"""A file as it was: path, modification time in nanoseconds, size in bytes; -1 when missing."""


class _Kept(msgspec.Struct, frozen=True):
    key: str
    marks: tuple[Mark, ...]
    answer: msgspec.Raw


def read(config: StackConfig, home: StackHome, script: str) -> bytes | None:
    """The answer kept for ``config``, if it still holds."""
    try:
        kept = msgspec.json.decode(_file(home).read_bytes(), type=_Kept)
    except (OSError, msgspec.DecodeError):
        return None
    if kept.key != _key(config, script):
        return None
    if any(_mark(Path(path)) != (path, when, size) for path, when, size in kept.marks):
        return None
    return bytes(kept.answer)


def write(
    config: StackConfig, home: StackHome, script: str, answer: bytes, sources: tuple[str, ...]
) -> None:
    """Keep ``answer``, readable by this user only: it holds the broker's credentials. Not being
    able to is no failure; the app is asked again then."""
    watched = (*map(Path, sources), *_surroundings(config))
    marks = tuple(_mark(path) for path in watched)
    kept = _Kept(_key(config, script), marks, msgspec.Raw(answer))
    with contextlib.suppress(OSError):
        home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=home.root, prefix="app-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(kept))
            Path(name).replace(_file(home))
        except OSError:
            Path(name).unlink(missing_ok=True)


def _file(home: StackHome) -> Path:
    return home.root / "app.json"


def _surroundings(config: StackConfig) -> tuple[Path, ...]:
    python = Path(config.python)
    packages = sorted(python.parent.parent.glob("lib/python*/site-packages"))
    project = Path(config.project)
    return (python, *packages, *(project / name for name in SETTINGS_FILES))


def _key(config: StackConfig, script: str) -> str:
    around = {k: v for k, v in os.environ.items() if k not in OF_THE_SESSION}
    what = (config.app, config.project, config.python, config.app_env, around, script)
    return hashlib.sha256(msgspec.json.encode(what, order="sorted")).hexdigest()


def _mark(path: Path) -> Mark:
    try:
        found = path.stat()
    except OSError:
        return (str(path), -1, -1)
    return (str(path), found.st_mtime_ns, found.st_size)

"""Which folder is the project: the nearest one up that holds our configuration.

This is on the path of every command, before anything heavy is imported, so it imports nothing
but the standard library's paths, and reads a ``pyproject.toml`` only where it meets one.
"""

from __future__ import annotations

import re
from pathlib import Path

CONFIG_FILE = "celery-tray.toml"
PYPROJECT_FILE = "pyproject.toml"
PYPROJECT_TABLE = ("tool", "celery-tray")

_HEADER = re.compile(rb"""^\s*\[\s*tool\s*\.\s*["']?celery-tray["']?\s*[\].]""", re.MULTILINE)


def find_project(start: Path) -> Path | None:
    """The nearest folder, from ``start`` upwards, with a ``celery-tray.toml`` or with a
    ``[tool.celery-tray]`` in its ``pyproject.toml``. ``None``: the bundled app."""
    folder = start.expanduser().resolve()
    return next((place for place in (folder, *folder.parents) if config_file(place)), None)


def config_file(folder: Path) -> tuple[Path, tuple[str, ...]] | None:
    """The file that configures ``folder``, and the table in it; ``celery-tray.toml`` wins."""
    own = folder / CONFIG_FILE
    if _there(own):
        return own, ()
    shared = folder / PYPROJECT_FILE
    if _there(shared) and _names_us(shared):
        return shared, PYPROJECT_TABLE
    return None


def _there(file: Path) -> bool:
    # A dangling link or a folder of that name counts: it is told in words when it is loaded.
    try:
        file.lstat()
    except OSError:
        return False
    return True


def _names_us(pyproject: Path) -> bool:
    try:
        content = pyproject.read_bytes()
    except OSError:
        return False
    if b"celery-tray" not in content:
        return False

    import tomllib

    try:
        tool = tomllib.loads(content.decode()).get("tool")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # Broken, but meant for us: loading it says what is wrong and where.
        return _HEADER.search(content) is not None
    return isinstance(tool, dict) and PYPROJECT_TABLE[-1] in tool

"""Start at login: a LaunchAgent on macOS, an XDG autostart entry on Linux.

A program installed by pip can't use macOS's newer service API, which needs a bundle; a property
list in ``~/Library/LaunchAgents`` works for both. It has no KeepAlive: Quit must stick.
"""

from __future__ import annotations

import os
import plistlib
import sys
from pathlib import Path
from typing import NamedTuple, Protocol

from desktop.engine.errors import TrayError
from desktop.launch import own_command
from desktop.words import text, verbatim

LABEL = "io.github.celery-tray"
DESKTOP_FILE = "celery-tray.desktop"
_RESERVED = " \t\n\"'\\><~|&;$*?#()`"
"""Characters that the desktop entry specification wants quoted in an Exec argument."""


class LoginStatus(NamedTuple):
    """What is set up now."""

    enabled: bool
    path: Path | None = None
    command: tuple[str, ...] = ()
    start_stack: bool = False
    stale: bool = False
    """It names a program that is not this one: moved, or another installation."""


class LoginItem(Protocol):
    """One platform's way. ``enable`` also mends an entry that names a moved program."""

    def enable(self, start_stack: bool) -> None: ...
    def disable(self) -> None: ...
    def status(self) -> LoginStatus: ...


def current() -> LoginItem:
    """The way of this platform."""
    return of_platform(sys.platform)


def of_platform(platform: str) -> LoginItem:
    """The way of a platform, by its ``sys.platform``."""
    if platform == "darwin":
        return LaunchAgent(Path.home() / "Library" / "LaunchAgents")
    if platform.startswith("linux"):
        config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
        return AutostartEntry(Path(config) / "autostart")
    return NoLoginItem()


def command(start_stack: bool) -> tuple[str, ...]:
    """What is run at login: this very program, hidden in the tray."""
    words = own_command("desktop", "--hidden")
    if getattr(sys, "frozen", False):
        words = (sys.executable, "--hidden")
    return (*words, "--start") if start_stack else words


class LaunchAgent:
    """macOS: a property list that launchd reads at the next login."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{LABEL}.plist"

    def enable(self, start_stack: bool) -> None:
        content = {
            "Label": LABEL,
            "ProgramArguments": list(command(start_stack)),
            "RunAtLoad": True,
            "LimitLoadToSessionType": "Aqua",
            "ProcessType": "Interactive",
        }
        _write(self._path, plistlib.dumps(content))

    def disable(self) -> None:
        _remove(self._path)

    def status(self) -> LoginStatus:
        try:
            content = plistlib.loads(self._path.read_bytes())
            words = tuple(str(word) for word in content["ProgramArguments"])
        except FileNotFoundError:
            return LoginStatus(False)
        except (OSError, plistlib.InvalidFileException, ValueError, KeyError, TypeError):
            return LoginStatus(True, self._path, stale=True)
        return _judge(self._path, words)


class AutostartEntry:
    """Linux: a desktop entry in the autostart folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / DESKTOP_FILE

    def enable(self, start_stack: bool) -> None:
        lines = (
            "[Desktop Entry]",
            "Type=Application",
            "Name=Celery Tray",
            f"Exec={' '.join(map(_quoted, command(start_stack)))}",
            "Terminal=false",
            "StartupNotify=false",
            "X-GNOME-Autostart-enabled=true",
        )
        _write(self._path, ("\n".join(lines) + "\n").encode())

    def disable(self) -> None:
        _remove(self._path)

    def status(self) -> LoginStatus:
        try:
            content = self._path.read_text()
        except FileNotFoundError:
            return LoginStatus(False)
        except (OSError, UnicodeDecodeError):
            return LoginStatus(True, self._path, stale=True)
        entries = dict(line.split("=", 1) for line in content.splitlines() if "=" in line)
        if entries.get("Hidden", "").strip().lower() == "true":
            return LoginStatus(False, self._path)
        return _judge(self._path, _unquoted(entries.get("Exec", "")))


class NoLoginItem:
    """A platform where starting at login is not known."""

    def enable(self, start_stack: bool) -> None:
        raise TrayError(
            "no-login-item",
            text("Starting at login is not supported on this system."),
            text("It is there for macOS and Linux."),
            text("Add celery-tray --hidden to your system's own list of login programs."),
        )

    def disable(self) -> None:
        return

    def status(self) -> LoginStatus:
        return LoginStatus(False)


def _judge(path: Path, words: tuple[str, ...]) -> LoginStatus:
    start_stack = "--start" in words
    return LoginStatus(True, path, words, start_stack, stale=words != command(start_stack))


def _quoted(word: str) -> str:
    """One Exec argument, by the desktop entry specification."""
    word = word.replace("%", "%%")
    if not any(c in _RESERVED for c in word):
        return word
    for c in '\\"`$':
        word = word.replace(c, f"\\{c}")
    # Within a value of type string a backslash is itself written twice.
    return '"' + word.replace("\\", "\\\\") + '"'


def _unquoted(line: str) -> tuple[str, ...]:
    import shlex

    try:
        words = shlex.split(line.replace("\\\\", "\\"))
    except ValueError:
        return ()
    return tuple(word.replace("%%", "%") for word in words)


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.chmod(0o644)
        partial.replace(path)
    except OSError as error:
        raise _refused(path, error) from None


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(path, error) from None


def _refused(path: Path, error: OSError) -> TrayError:
    return TrayError(
        "login-item",
        text("The login entry can't be changed: {path}", path=str(path)),
        verbatim(error.strerror or type(error).__name__),
        text("Check the folder's permissions and try again."),
    )

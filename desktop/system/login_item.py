"""Start at login: a LaunchAgent on macOS, an XDG autostart entry on Linux.

A program installed by pip can't use macOS's newer service API, which needs a bundle; a property
list in ``~/Library/LaunchAgents`` works for both. It has no KeepAlive: Quit must stick.
"""

from __future__ import annotations

import itertools
import os
import plistlib
import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple, Protocol

from desktop.engine.errors import TrayError
from desktop.launch import own_command
from desktop.paths import platform_home
from desktop.words import text, verbatim

LABEL = "io.github.celery-tray"
DESKTOP_FILE = "celery-tray.desktop"
_RESERVED = " \t\n\"'\\><~|&;$*?#()`"
"""Characters that the desktop entry specification wants quoted in an Exec argument."""
_STRING_ESCAPES = (("\\", r"\\"), ("\n", r"\n"), ("\t", r"\t"), ("\r", r"\r"))
"""In a value of type string; the backslash first."""


class Launch(NamedTuple):
    """How the program starts at login: hidden in the tray, and …"""

    start_stack: bool = False
    """… with all services."""
    project: str = ""
    """Folder of the project; "" for the bundled app."""
    home: Path | None = None
    """State folder; None for the platform's own."""


class LoginStatus(NamedTuple):
    """What is set up now."""

    enabled: bool
    path: Path | None = None
    command: tuple[str, ...] = ()
    launch: Launch = Launch()
    stale: bool = False
    """It names a program that is not this one: moved, or another installation."""
    moved: bool = False
    """The program it names is not there any more, or is this one with other options."""

    @property
    def start_stack(self) -> bool:
        return self.launch.start_stack


class LoginItem(Protocol):
    """One platform's way. ``enable`` also mends an entry that names a moved program."""

    def enable(self, launch: Launch) -> None: ...
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


def mend(item: LoginItem) -> bool:
    """Write the entry anew when its program has moved; True when that was done.

    An entry of another installation that is still there is the person's choice, and stays.
    Raises :class:`TrayError` when it can't be written.
    """
    status = item.status()
    if not (status.enabled and status.stale and status.moved):
        return False
    item.enable(status.launch)
    return True


def command(launch: Launch) -> tuple[str, ...]:
    """What is run at login: this very program, hidden in the tray."""
    words = ["--hidden"]
    if launch.start_stack:
        words.append("--start")
    if launch.project:
        words += ["--project", launch.project]
    if launch.home and launch.home != platform_home():
        words += ["--home", str(launch.home)]
    return own_command("desktop", *words)


class LaunchAgent:
    """macOS: a property list that launchd reads at the next login."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{LABEL}.plist"

    def enable(self, launch: Launch) -> None:
        content = {
            "Label": LABEL,
            "ProgramArguments": list(command(launch)),
            "RunAtLoad": True,
            "LimitLoadToSessionType": "Aqua",
            "ProcessType": "Interactive",
            # Without it launchd would end what is left of the group when the tray quits.
            "AbandonProcessGroup": True,
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
        except OSError:
            return LoginStatus(True, self._path, stale=True)
        except Exception:  # noqa: BLE001 - the parser of XML lists adds kinds of its own
            return LoginStatus(True, self._path, stale=True, moved=True)
        return _judge(self._path, words)


class AutostartEntry:
    """Linux: a desktop entry in the autostart folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / DESKTOP_FILE

    def enable(self, launch: Launch) -> None:
        lines = (
            "[Desktop Entry]",
            "Type=Application",
            "Name=Celery Tray",
            f"Exec={' '.join(map(_quoted, command(launch)))}",
            "Terminal=false",
            "StartupNotify=false",
            "X-GNOME-Autostart-enabled=true",
        )
        _write(self._path, ("\n".join(lines) + "\n").encode(errors="surrogateescape"))

    def disable(self) -> None:
        _remove(self._path)

    def status(self) -> LoginStatus:
        try:
            content = self._path.read_text(errors="surrogateescape")
        except FileNotFoundError:
            return LoginStatus(False)
        except OSError:
            return LoginStatus(True, self._path, stale=True)
        entries = _main_group(content)
        # Desktops switch an entry off in place: by the specification, and GNOME's own way.
        if entries.get("Hidden") == "true" or entries.get("X-GNOME-Autostart-enabled") == "false":
            return LoginStatus(False, self._path)
        return _judge(self._path, _unquoted(entries.get("Exec", "")))


class NoLoginItem:
    """A platform where starting at login is not known."""

    def enable(self, launch: Launch) -> None:
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
    launch = Launch("--start" in words, _after(words, "--project"), _home(words))
    own = command(launch)
    there = bool(words) and shutil.which(words[0]) is not None
    moved = not there or words[0] == own[0]
    return LoginStatus(True, path, words, launch, stale=words != own, moved=moved)


def _after(words: tuple[str, ...], option: str) -> str:
    pairs = itertools.pairwise(words)
    return next((value for word, value in pairs if word == option), "")


def _home(words: tuple[str, ...]) -> Path | None:
    home = _after(words, "--home")
    return Path(home) if home else None


def _main_group(content: str) -> dict[str, str]:
    """The entries of ``[Desktop Entry]``."""
    entries, inside = {}, False
    for line in content.split("\n"):
        if line.startswith("["):
            inside = line.strip() == "[Desktop Entry]"
        elif inside and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            entries[key.strip()] = value.strip()
    return entries


# An Exec line is escaped twice: as a string of the file (backslash, newline), and around that
# each argument is quoted as the command line that it is.


def _quoted(word: str) -> str:
    """One Exec argument, by the desktop entry specification."""
    word = word.replace("%", "%%")
    if not word or any(c in _RESERVED for c in word):
        word = '"' + re.sub(r'(["`$\\])', r"\\\1", word) + '"'
    for plain, escaped in _STRING_ESCAPES:
        word = word.replace(plain, escaped)
    return word


def _unquoted(line: str) -> tuple[str, ...]:
    def plain(match: re.Match[str]) -> str:
        return next((p for p, escaped in _STRING_ESCAPES if escaped == match[0]), match[0])

    line = re.sub(r"\\.", plain, line)
    words = (
        re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
        for quoted, bare in re.findall(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)', line, re.DOTALL)
    )
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

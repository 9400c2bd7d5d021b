"""Hand a file, a folder or an address to the desktop's own programs.

Each function returns when the desktop has taken the request over; it never waits for the program
that was opened. What can't be done raises :class:`TrayError` with words for the person.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from desktop.engine.errors import TrayError
from desktop.words import text, verbatim

REFUSAL_WAIT_S = 0.4
"""An opener that can't do it says so well within this time; one that still runs has done it."""


def open_path(path: Path | str) -> None:
    """Open a file with its usual program, or a folder in the file manager."""
    _open(str(_existing(path)))


def open_url(url: str) -> None:
    """Open a web page in the person's browser. Only http and https are opened."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise TrayError(
            "not-a-web-address",
            text("This address can't be opened"),
            text("Only web addresses are opened, those that begin with http:// or https://."),
            text("Check the address in the configuration."),
        )
    _open(url)


def reveal(path: Path | str) -> None:
    """Show a file in the file manager, selected where the file manager can do that."""
    there = _existing(path)
    if sys.platform == "darwin":
        _run(("/usr/bin/open", "-R", str(there)), str(there))
        return
    sender = shutil.which("dbus-send")
    if sender and os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        shown = subprocess.run(
            _show_items(sender, there), capture_output=True, check=False, env=child_environment()
        )
        if shown.returncode == 0:
            return
    _open(str(there if there.is_dir() else there.parent))


def child_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a program that is not ours.

    A frozen program runs with a library path of its own, which would break any other program;
    PyInstaller keeps the original beside it.
    """
    environment = dict(os.environ if environ is None else environ)
    if getattr(sys, "frozen", False):
        for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
            original = environment.pop(f"{name}_ORIG", None)
            if original:
                environment[name] = original
            else:
                environment.pop(name, None)
    return environment


def _existing(path: Path | str) -> Path:
    there = Path(path).absolute()
    if there.exists():
        return there
    raise TrayError(
        "not-there",
        text("There is nothing to open"),
        text("{path} does not exist (any more).", path=str(there)),
        text("Start the service once: its log is written from then on.")
        if there.suffix == ".log"
        else text("Check whether it was moved or deleted."),
    )


def _show_items(sender: str, path: Path) -> tuple[str, ...]:
    # The file manager interface of freedesktop.org; the short limit keeps a missing one cheap.
    return (
        sender,
        "--session",
        "--print-reply",
        "--reply-timeout=800",
        "--dest=org.freedesktop.FileManager1",
        "/org/freedesktop/FileManager1",
        "org.freedesktop.FileManager1.ShowItems",
        # A comma would begin the next element.
        f"array:string:{path.as_uri().replace(',', '%2C')}",
        "string:",
    )


def _open(target: str) -> None:
    if sys.platform == "darwin":
        _run(("/usr/bin/open", target), target)
        return
    opener = shutil.which("xdg-open")
    if opener is None:
        raise TrayError(
            "no-opener",
            text("This desktop has no program for opening files"),
            text(
                "xdg-open is not installed, so {target} can't be opened from here.", target=target
            ),
            text("Open it yourself, or install xdg-utils."),
        )
    _run((opener, target), target)


def _run(argv: tuple[str, ...], target: str) -> None:
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=child_environment(),
        )
    except OSError as error:
        raise _refused(target, error.strerror or str(error)) from error
    try:
        code = process.wait(REFUSAL_WAIT_S)
    except subprocess.TimeoutExpired:
        # Some openers become the browser itself; somebody still has to collect its exit.
        threading.Thread(target=process.wait, name="opener", daemon=True).start()
        return
    if code != 0:
        raise _refused(target, f"{Path(argv[0]).name}: {code}")


def _refused(target: str, why: str) -> TrayError:
    return TrayError(
        "opener-refused",
        text("The desktop could not open it"),
        text("{target} ({why})", target=target, why=verbatim(why)),
        text("Open it yourself, or choose a default program for it in the desktop's settings."),
    )

"""The PATH that a person's terminal has, for a program that was not started from one.

macOS starts programs at login and from the Dock with ``/usr/bin:/bin:/usr/sbin:/sbin``: redis,
npm, and whatever a project's services call would not be found. Only PATH is taken over; other
variables of a shell (keys, proxies) are none of our business.
"""

from __future__ import annotations

import functools
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterable, MutableMapping
from contextlib import suppress

TIMEOUT_S = 5.0
"""A shell whose start-up files take longer than this is not waited for."""
POOR_PATH = frozenset({"/usr/bin", "/bin", "/usr/sbin", "/sbin"})
"""What launchd gives; any folder beside them shows that somebody has set PATH."""
HOMEBREW = ("/opt/homebrew/bin", "/opt/homebrew/sbin", "/usr/local/bin", "/usr/local/sbin")
"""Homebrew's folders on Apple and on Intel processors."""


def complete_path(environ: MutableMapping[str, str] = os.environ) -> bool:
    """Give the environment the PATH of the person's login shell, where it has only launchd's.

    Blocks for up to :data:`TIMEOUT_S` the first time; True when PATH was changed.
    """
    if not (_needed() and is_poor(environ.get("PATH", ""))):
        return False
    shell = environ.get("SHELL") or "/bin/zsh"
    environ["PATH"] = merged(login_shell_path(shell), environ.get("PATH", ""), HOMEBREW)
    return True


def _needed() -> bool:
    return sys.platform == "darwin"


def is_poor(path: str) -> bool:
    """Whether a PATH names nothing but the system's own folders."""
    return set(path.split(os.pathsep)) - {""} <= POOR_PATH


def merged(first: str, then: str, homebrew: Iterable[str]) -> str:
    """Both, and Homebrew's folders where they exist: each folder once, none that is relative."""
    there = [folder for folder in homebrew if os.path.isdir(folder)]  # noqa: PTH112 - as text
    folders = (*first.split(os.pathsep), *then.split(os.pathsep), *there)
    return os.pathsep.join(dict.fromkeys(f for f in folders if f.startswith("/")))


@functools.cache
def login_shell_path(shell: str, timeout_s: float = TIMEOUT_S) -> str:
    """PATH as this shell sets it up for a terminal; "" when it does not say in time."""
    # What start-up files print stands around the marks, not between them.
    mark = secrets.token_hex(8)
    script = f"printf %s {mark}; /usr/bin/env -0; printf %s {mark}"
    try:
        asked = subprocess.Popen(
            (shell, "-i", "-l", "-c", script),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # In a session of its own it can take no terminal away, and ends as a whole.
            start_new_session=True,
            env={**os.environ, "DISABLE_AUTO_UPDATE": "true", "TERM": "dumb"},
        )
    except OSError:
        return ""
    try:
        output, _ = asked.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(asked.pid, signal.SIGKILL)
        asked.communicate()
        return ""
    found = re.search(rf"{mark}(.*){mark}".encode(), output, re.DOTALL)
    entries = found[1].split(b"\0") if found else []
    path = next((entry for entry in entries if entry.startswith(b"PATH=")), b"PATH=")
    return os.fsdecode(path.removeprefix(b"PATH="))

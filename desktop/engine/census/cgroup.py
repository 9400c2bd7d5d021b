"""The Linux control group of a process: which service or container it belongs to.

On other systems there are none, and every answer is "nothing known".
"""

from __future__ import annotations

import re
from pathlib import Path

_MOST_BYTES = 16_384

_CONTAINER = re.compile(
    r"(?:^|/)(?:[\w.-]*(?:docker|containerd|crio|libpod|podman)[\w.]*[-/:]|kubepods[^:]*?/)"
    r"[^:]*?(?P<id>[0-9a-f]{12,64})(?:\.scope)?(?:/|$)"
)
_NAMED = re.compile(
    r"/(?:lxc\.payload\.|lxc/|machine\.slice/machine-)(?P<id>[\w.@\\-]+?)(?:\.scope)?(?:/|$)"
)
_ID_LENGTH = 12
"""What container tools show of an id."""


def cgroup_of(pid: int) -> str:
    """The path of the process in systemd's hierarchy, or in the only one; "" when not known."""
    try:
        with Path(f"/proc/{pid}/cgroup").open(encoding="utf-8", errors="replace") as lines:
            return main_path(lines.read(_MOST_BYTES))
    except OSError:
        return ""


def pid_namespace_of(pid: int) -> str:
    """A name of the process's pid namespace, to compare; "" when it may not be read."""
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""


def main_path(lines: str) -> str:
    """The path that tells most, of the lines of ``/proc/PID/cgroup``."""
    paths = [line.split(":", 2) for line in lines.splitlines() if line.count(":") >= 2]
    for wanted in ("name=systemd", ""):
        for _, controllers, path in paths:
            if controllers == wanted and path != "/":
                return path
    # A container engine without systemd uses the controllers' own hierarchies.
    return next((path for _, _, path in paths if container_of(path)), "")


def container_of(path: str) -> str:
    """The container's short id or name in a path; "" when it is none's."""
    found = _CONTAINER.search(path) or _NAMED.search(path)
    if not found:
        return ""
    name = found["id"]
    return name[:_ID_LENGTH] if re.fullmatch(r"[0-9a-f]{12,64}", name) else name


def unit_of(path: str) -> tuple[str, bool]:
    """The systemd service that a path lies in, and whether it is a user's own; ("", False) when
    it is none: a session, a scope, or an application of the desktop (``app-….service``)."""
    parts = [part for part in path.split("/") if part]
    services = [part for part in parts if part.endswith((".service", ".scope"))]
    if not services:
        return "", False
    unit = services[-1]
    if unit.endswith(".scope") or unit.startswith(("user@", "app-")):
        return "", False
    return unit, any(part.startswith("user@") for part in services[:-1])

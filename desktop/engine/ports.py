"""Who holds a TCP port on this machine."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
import psutil

from desktop.engine.model import Problem, ServiceSpec
from desktop.engine.urls import masked
from desktop.words import Text, text

DEFAULT_HOST = "127.0.0.1"
COMMAND_MAX_CHARS = 120
_CONNECT_TIMEOUT_S = 0.2
"""On this machine a connection takes microseconds; a full backlog would take for ever."""


class PortHolder(msgspec.Struct, frozen=True):
    """The process that listens; pid None when the system does not tell (another user's)."""

    pid: int | None
    command: str = ""
    """Cut to :data:`COMMAND_MAX_CHARS`, credentials masked."""
    user: str = ""


def is_free(port: int, host: str = DEFAULT_HOST) -> bool:
    """Whether a server could listen there now, as far as others are concerned. A port that this
    user may not use (below 1024) counts as free: nobody holds it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    # macOS lets the bind pass beside a server that listens on all addresses.
    return not _answers(family, host, port)


def free_for(spec: ServiceSpec) -> bool:
    """Whether the service could listen where it is to be reached; true when that is no port."""
    try:
        host = urlsplit(spec.url).hostname or DEFAULT_HOST
    except ValueError:
        host = DEFAULT_HOST
    return spec.port is None or is_free(spec.port, host)


def holder(port: int) -> PortHolder | None:
    """Who listens on the port; None when nobody does. Looks at all processes: only when busy."""
    try:
        pids = set(_listeners(psutil.net_connections("tcp"), port))
    except psutil.Error:
        # macOS tells only the superuser of all connections, but everybody of his own processes'.
        pids = set(_own_listeners(port)) or {None}
    known = sorted(pid for pid in pids if pid is not None)
    if known:  # the first is the parent of the others
        return _describe(known[0])
    return PortHolder(None) if pids else None


def who(found: PortHolder | None) -> Text:
    """The holder in words."""
    if found is None or found.pid is None:
        return text("another program; the system does not tell which")
    if not found.command:
        return text("a program with the pid {pid}", pid=str(found.pid))
    return text("{command} (pid {pid})", command=found.command, pid=str(found.pid))


def problem(port: int, service: str, found: PortHolder | None) -> Problem:
    """The words for a port that is taken."""
    return Problem(
        code="port-taken",
        title=text("Port {port} is taken.", port=str(port)),
        message=text(
            "{service} needs it, but it is held by {who}.", service=service, who=who(found)
        ),
        next_step=text("Stop that program, or set another port for {service}.", service=service),
    )


def _answers(family: int, host: str, port: int) -> bool:
    if port == 0:
        return False
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(_CONNECT_TIMEOUT_S)
        try:
            probe.connect((host, port))
            # A connection to one's own port from that same port is no server's answer.
            return bool(probe.getsockname() != probe.getpeername())
        except TimeoutError:
            return True
        except OSError:
            return False


def _listeners(connections: list[Any], port: int) -> Iterator[int | None]:
    for one in connections:
        if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port:
            yield one.pid


def _own_listeners(port: int) -> Iterator[int]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            for one in process.net_connections("tcp"):
                if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port:
                    yield process.pid


def _describe(pid: int) -> PortHolder:
    try:
        process = psutil.Process(pid)
        command = masked(" ".join(process.cmdline()) or process.name())
        return PortHolder(pid, command[:COMMAND_MAX_CHARS], process.username())
    except psutil.Error:
        return PortHolder(pid)

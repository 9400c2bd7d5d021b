"""Who holds a TCP port on this machine."""

from __future__ import annotations

import socket

import msgspec
import psutil

from desktop.engine.model import Problem
from desktop.engine.urls import masked
from desktop.words import text

COMMAND_MAX_CHARS = 120


class PortHolder(msgspec.Struct, frozen=True):
    """The process that listens; pid None when the system does not tell (another user's)."""

    pid: int | None
    command: str = ""
    user: str = ""


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could bind there now, with the options that servers use."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def holder(port: int) -> PortHolder | None:
    """Who listens on the port; None when nobody does. Looks at all processes: only when busy."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.Error:
        return PortHolder(None)
    for connection in connections:
        address = connection.laddr
        if connection.status == psutil.CONN_LISTEN and address and address.port == port:
            return _describe(connection.pid)
    return None


def problem(port: int, service: str, found: PortHolder | None) -> Problem:
    """The words for a port that is taken."""
    if found is None or found.pid is None:
        who = text("another program; the system does not tell which")
    else:
        who = text("{command} (pid {pid})", command=found.command, pid=found.pid)
    return Problem(
        code="port-taken",
        title=text("Port {port} is taken.", port=str(port)),
        message=text("{service} needs it, but it is held by {who}.", service=service, who=who),
        next_step=text("Stop that program, or set another port for {service}.", service=service),
    )


def _describe(pid: int | None) -> PortHolder:
    if pid is None:
        return PortHolder(None)
    try:
        process = psutil.Process(pid)
        command = masked(" ".join(process.cmdline()) or process.name())
        return PortHolder(pid, command[:COMMAND_MAX_CHARS], process.username())
    except psutil.Error:
        return PortHolder(pid)

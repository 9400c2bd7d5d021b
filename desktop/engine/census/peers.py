"""Which process is behind a connection to the broker, as far as it is of this machine."""

from __future__ import annotations

from collections.abc import Iterable

import psutil


def sockets(pids: Iterable[int], port: int) -> dict[int, frozenset[str] | None]:
    """The near ends, as ``ip:port``, of each process's connections to that port anywhere.

    None where the system does not tell (another user's). A process that is gone is left out.
    Blocks: about a millisecond a process.
    """
    found: dict[int, frozenset[str] | None] = {}
    for pid in pids:
        try:
            connections = psutil.Process(pid).net_connections("tcp")
        except psutil.NoSuchProcess:
            continue
        except (psutil.Error, OSError):
            found[pid] = None
            continue
        found[pid] = frozenset(
            f"{_plain(one.laddr.ip)}:{one.laddr.port}"
            for one in connections
            if one.raddr and one.raddr.port == port
        )
    return found


def _plain(ip: str) -> str:
    return ip.removeprefix("::ffff:")

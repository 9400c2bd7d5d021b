"""The generated credentials of Flower: made once, kept readable by this user only.

There is no default password to leave in place. They reach Flower through its environment
(``FLOWER_BASIC_AUTH``), never through a command line that others can read.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

import msgspec

from desktop.engine.errors import HomeError
from desktop.paths import Home
from desktop.words import text, verbatim

USER = "admin"
"""The user name of the guide; the password is what protects."""
FLOWER_VARIABLE = "FLOWER_BASIC_AUTH"
"""Flower reads each of its options from ``FLOWER_<OPTION>``."""
_PASSWORD_BYTES = 18


class Credentials(msgspec.Struct, frozen=True):
    user: str
    password: str
    created: bool = False
    """True when this call made them: the moment to show them."""

    @property
    def basic_auth(self) -> str:
        """As :data:`FLOWER_VARIABLE` wants it. token_urlsafe has neither ":" nor ","."""
        return f"{self.user}:{self.password}"


def flower_credentials(home: Home) -> Credentials:
    """The credentials of this home, made when there are none yet.

    Raises :class:`HomeError` when the state folder can't be used.
    """
    return _read(_path(home)) or _write(home, replace=False)


def renew(home: Home) -> Credentials:
    """New credentials in place of the old. A Flower that runs keeps the old until restarted.

    Raises :class:`HomeError` when the state folder can't be used.
    """
    return _write(home, replace=True)


def _path(home: Home) -> Path:
    return home.root / "flower.json"


def _read(path: Path) -> Credentials | None:
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Credentials)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return Credentials(kept.user, kept.password) if kept.user and kept.password else None


def _write(home: Home, *, replace: bool) -> Credentials:
    fresh = Credentials(USER, secrets.token_urlsafe(_PASSWORD_BYTES), created=True)
    path = _path(home)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    kept = {"user": fresh.user, "password": fresh.password}
    try:
        home.make()
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(kept))
            file.flush()
            os.fsync(file.fileno())
        if not replace:
            # Two programs may make them at once: whose link comes first has won for both.
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
                return fresh
            first = _read(path)
            if first:
                return first
        draft.replace(path)
    except OSError as error:
        raise HomeError(
            "credentials",
            text("The credentials of Flower can't be kept: {path}", path=str(path)),
            verbatim(error.strerror or type(error).__name__),
            text("Make the state folder one that you may write to, or choose another with --home."),
        ) from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
    return fresh

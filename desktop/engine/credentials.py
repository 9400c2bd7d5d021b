"""Flower's generated credentials: made once, kept 0600, never a default password."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

from desktop.paths import Home

USER = "celery-tray"


class Credentials(msgspec.Struct, frozen=True):
    user: str
    password: str
    created: bool = False
    """They were made just now, so they are shown once."""


def flower_credentials(home: Home) -> Credentials:
    """The credentials of this home, made at first use. Raises OSError when they can't be kept."""
    try:
        kept = msgspec.json.decode(_path(home).read_bytes(), type=Credentials)
    except (FileNotFoundError, msgspec.MsgspecError):
        return renew(home)
    return Credentials(kept.user, kept.password)


def renew(home: Home) -> Credentials:
    """New credentials in place of the old; Flower takes them at its next start."""
    home.make()
    fresh = Credentials(USER, secrets.token_urlsafe(18), created=True)
    path = _path(home)
    partial = path.with_name(path.name + ".new")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(Credentials(fresh.user, fresh.password)))
    partial.replace(path)
    return fresh


def _path(home: Home) -> Path:
    return home.root / "flower.json"

"""A worker's settings as it tells them (``inspect conf``), secrets masked. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from desktop.engine.control import as_json
from desktop.engine.urls import MASK, masked

SETTINGS_MAX = 500
VALUE_MAX = 2_000
_SECRET = re.compile(
    r"api|token|key|secret|pass|credential|auth|dsn|signature|cookie|private", re.IGNORECASE
)
"""Wider than Celery's own ``HIDDEN_SETTINGS``, which has masked its part already."""
_NO_SETTINGS = frozenset({"deprecated_settings", "include"})
"""Celery's own notes among them."""
_HARMLESS = frozenset({"global_keyprefix", "keyprefix", "task_default_routing_key", "routing_key"})


def configuration(said: Any) -> tuple[tuple[str, str], ...]:
    """(setting, value) by name; what is not told in shape is left out."""
    if not isinstance(said, dict):
        return ()
    return tuple(
        (str(name)[:200], _told(_without_secrets(str(name), value)))
        for name, value in sorted(said.items(), key=lambda item: str(item[0]))[:SETTINGS_MAX]
        if name not in _NO_SETTINGS
    )


def _without_secrets(name: str, value: Any) -> Any:
    if name not in _HARMLESS and _SECRET.search(name) and value not in (None, "", False, True):
        return MASK
    if isinstance(value, Mapping):
        # A queue is told with two dozen of these.
        return {k: _without_secrets(str(k), v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_secrets("", one) for one in value]
    return masked(value) if isinstance(value, str) else value


def _told(value: Any) -> str:
    words = value if isinstance(value, str) else as_json(value) or str(value)
    return words if len(words) <= VALUE_MAX else words[:VALUE_MAX] + "…"

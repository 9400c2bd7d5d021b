"""What may stand in the configuration: every key, what it accepts, and the words for it.

A key is one line in :data:`SCHEMA`. :func:`mistakes` compares a parsed file with it and tells
everything that can't be meant, each with the place in the file.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from desktop.engine import web_address
from desktop.engine.urls import MASK, masked
from desktop.words import Text, text, verbatim

Check = Callable[[object], Text | None]
"""None when the value will do; else what was expected in its place."""

REDIS_SCHEMES = (
    "redis",
    "rediss",
    "redis+socket",
    "sentinel",
    "redis+sentinel",
    "rediss+sentinel",
    "redis+cluster",
    "rediss+cluster",
)
POOLS = ("prefork", "solo", "threads", "eventlet", "gevent", "processes", "custom")
LOGLEVELS = ("debug", "info", "warning", "error", "critical", "fatal")
SECONDS_MAX = 3600.0
SHOWN_MAX = 60
_BEFORE_AT = re.compile(r"[^\s\"']+@")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_APP = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*(:[^\W\d]\w*(\.[^\W\d]\w*)*)?")


class Mistake(NamedTuple):
    """One thing that can't be meant: the keys that lead to it, and the words."""

    path: tuple[str, ...]
    what: Text


class TableOf(NamedTuple):
    """Tables under names that the person chooses: ``[worker.NAME]``."""

    keys: Mapping[str, Check]


Schema = Mapping[str, "Check | Mapping[str, Check] | TableOf"]


# --- checks ------------------------------------------------------------------------------------


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _words(value: object) -> Text | None:
    good = isinstance(value, str) and value.strip() and "\0" not in value
    return None if good else text("text that is not empty, in quotation marks")


def _app(value: object) -> Text | None:
    good = isinstance(value, str) and _APP.fullmatch(value)
    return None if good else text('an app as for celery -A, such as "shop.celery:app"')


def _switch(value: object) -> Text | None:
    return None if isinstance(value, bool) else text("true or false")


def _port(value: object) -> Text | None:
    good = isinstance(value, int) and _is_whole(value) and 1 <= value <= 65535
    return None if good else text("a port, which is a whole number from 1 to 65535")


def _count(value: object) -> Text | None:
    good = isinstance(value, int) and _is_whole(value) and value >= 1
    return None if good else text("a whole number from 1")


def _days(value: object) -> Text | None:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    # One second is the least that retention could mean by it; ten thousand years are enough.
    good = good and 1 / 86_400 <= float(value) <= 3_650_000  # type: ignore[arg-type]
    return None if good else text("a number of days, such as 30")


def _within(least: int, most: int) -> Check:
    def check(value: object) -> Text | None:
        good = isinstance(value, int) and _is_whole(value) and least <= value <= most
        return (
            None if good else text("a whole number from {least} to {most}", least=least, most=most)
        )

    return check


def _concurrency(value: object) -> Text | None:
    good = value == "auto" or _count(value) is None
    return None if good else text('a whole number from 1, or "auto"')


def _one_of(*choices: str) -> Check:
    def check(value: object) -> Text | None:
        if value in choices:
            return None
        return text("one of {choices}", choices=", ".join(f'"{choice}"' for choice in choices))

    return check


def _names(value: object) -> Text | None:
    good = isinstance(value, list) and all(_words(item) is None for item in value)
    return None if good else text('a list of names, such as ["celery", "email"]')


def _command(value: object) -> Text | None:
    good = isinstance(value, list) and value and all(_words(item) is None for item in value)
    if good:
        return None
    example = ["npm", "run", "dev"]
    if isinstance(value, str):
        with contextlib.suppress(ValueError):  # unbalanced quotation marks: no better example
            example = shlex.split(value) or example
    return text("a list of words, such as {example}", example=json.dumps(example))


def _environment(value: object) -> Text | None:
    good = isinstance(value, dict) and all(
        isinstance(item, str) and "\0" not in item and key and "=" not in key
        for key, item in value.items()
    )
    return None if good else text('texts under names, such as DEBUG = "1"')


def _redis_url(value: object) -> Text | None:
    expected = text("an address such as redis://127.0.0.1:6379/0")
    if not isinstance(value, str) or "://" not in value:
        return expected
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return expected
    if parts.scheme not in REDIS_SCHEMES:
        return text(
            "an address that begins with one of {schemes}",
            schemes=", ".join(f"{scheme}://" for scheme in REDIS_SCHEMES),
        )
    if port == 0:
        return expected
    database = parts.path.strip("/")
    if parts.scheme in {"redis", "rediss"} and database and not database.isdecimal():
        return text("a number of a database at the end, such as redis://127.0.0.1:6379/0")
    return None


def _http_url(value: object) -> Text | None:
    expected = text("an address such as http://127.0.0.1:8000/")
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        good = parts and parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    return None if good else expected


def _url_prefix(value: object) -> Text | None:
    good = isinstance(value, str) and web_address.url_prefix(value) is not None
    return None if good else text('the beginning of an address, such as "/celery"')


def _origins(value: object) -> Text | None:
    good = isinstance(value, list | tuple) and all(
        isinstance(one, str) and web_address.web_origin(one) for one in value
    )
    return None if good else text('a list of addresses such as ["https://ops.example.com"]')


def host_and_port(value: str) -> tuple[str, int] | None:
    """``"127.0.0.1:5432"`` (or ``"[::1]:5432"``) taken apart; None when it is nothing like it."""
    try:
        parts = urlsplit(f"//{value}")
        if parts.hostname and parts.port and not parts.path and not parts.username:
            return parts.hostname, parts.port
    except ValueError:
        pass
    return None


def _ready(value: object) -> Text | None:
    if isinstance(value, str):
        good = _http_url(value) is None if "://" in value else host_and_port(value) is not None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        good = 0 <= value <= SECONDS_MAX
    else:
        good = False
    return (
        None
        if good
        else text('an address such as "http://127.0.0.1:5173/", "127.0.0.1:5432", or seconds')
    )


# --- the keys ----------------------------------------------------------------------------------

WORKER: Mapping[str, Check] = {
    "enabled": _switch,
    "queues": _names,
    "concurrency": _concurrency,
    "pool": _one_of(*POOLS),
    "loglevel": _one_of(*LOGLEVELS),
    "max_tasks_per_child": _count,
    "autoreload": _switch,
}
SERVICE: Mapping[str, Check] = {
    "enabled": _switch,
    "command": _command,
    "ready": _ready,
    "cwd": _words,
    "env": _environment,
    "needs": _names,
}
SCHEMA: Schema = {
    "app": _app,
    "python": _words,
    "name": _words,
    "env": _environment,
    "redis": {"url": _redis_url, "start": _one_of("if-needed", "never")},
    "worker": TableOf(WORKER),
    "beat": {"enabled": _switch},
    "monitor": {
        "enabled": _switch,
        "port": _port,
        "url_prefix": _url_prefix,
        "origins": _origins,
        "read_only": _switch,
    },
    "web": {"enabled": _switch, "port": _port, "command": _command, "url": _http_url},
    "flower": {"enabled": _switch, "port": _port},
    "service": TableOf(SERVICE),
    "downloads": {"allow_private": _switch, "files": _words},
    "events": {"turn_on": _switch},
    "history": {
        "enabled": _switch,
        "keep_days": _days,
        "keep_failures_days": _days,
        "max_tasks": _within(1_000, 100_000_000),
        "max_mb": _within(10, 1_000_000),
        "text_max_bytes": _within(100, 1_000_000),
    },
}


# --- comparing ---------------------------------------------------------------------------------


def mistakes(content: Mapping[str, object]) -> Iterator[Mistake]:
    """Everything in ``content`` (a parsed configuration) that :data:`SCHEMA` does not allow."""
    yield from _table((), content, SCHEMA)


def suggestion(wanted: str, known: Iterator[str] | tuple[str, ...]) -> Text:
    """``did you mean "…"?`` for the nearest name, or all the names when none is near."""
    names = tuple(known)
    near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.6)
    if near:
        return text('did you mean "{name}"?', name=near[0])
    return text("known here: {names}", names=", ".join(names))


def _table(
    path: tuple[str, ...], content: Mapping[str, object], schema: Schema
) -> Iterator[Mistake]:
    for key, value in content.items():
        here = (*path, key)
        rule = schema.get(key)
        if rule is None:
            hint = suggestion(key, tuple(schema))
            yield Mistake(here, text('"{key}" is not a known key; {hint}', key=key, hint=hint))
        elif isinstance(rule, Mapping):
            yield from _inside(here, value, rule)
        elif isinstance(rule, TableOf):
            yield from _named(here, value, rule)
        elif expected := rule(value):
            yield Mistake(here, _wrong(key, expected, value))


def _inside(here: tuple[str, ...], value: object, rule: Mapping[str, Check]) -> Iterator[Mistake]:
    if isinstance(value, dict):
        yield from _table(here, value, rule)
    else:
        header = text("a table, which begins with [{name}]", name=".".join(here))
        yield Mistake(here, _wrong(here[-1], header, value))


def _named(here: tuple[str, ...], value: object, rule: TableOf) -> Iterator[Mistake]:
    if not isinstance(value, dict):
        header = text("tables, each of which begins with [{name}.NAME]", name=".".join(here))
        yield Mistake(here, _wrong(here[-1], header, value))
        return
    for name, table in value.items():
        if not isinstance(table, dict) and name in rule.keys:
            header = text(
                "a name in the header, such as [{name}.{example}]",
                name=".".join(here),
                example=f"{here[-1]}1",
            )
            yield Mistake((*here, name), _wrong(name, header, table))
        elif not is_name(name):
            expected = text("a name of letters, digits, - and _, at most 60 of them")
            yield Mistake((*here, name), _wrong(".".join(here), expected, name))
        else:
            yield from _inside((*here, name), table, rule.keys)


def is_name(name: str) -> bool:
    """Whether a worker or a service may be called so: it becomes part of file names and of a
    node's name."""
    return _NAME.fullmatch(name) is not None


def _wrong(key: str, expected: Text, value: object) -> Text:
    return text(
        "{key}: expected {expected}, found {found}",
        key=key,
        expected=expected,
        found=verbatim(shown(value)),
    )


def shown(value: object) -> str:
    """A value as it may be shown: short, on one line, without credentials."""
    words = masked(json.dumps(value, ensure_ascii=False, default=str))
    if "@" in words and MASK not in words:
        words = _BEFORE_AT.sub(f"{MASK}@", words)  # an address with a mistake in its first part
    return words if len(words) <= SHOWN_MAX else words[: SHOWN_MAX - 1] + "…"

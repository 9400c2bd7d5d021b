"""Which beats schedule the app, and where each keeps what it has run. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from desktop.engine.census.judgement.two_beats import has_beat
from desktop.engine.model import ServiceSpec, WorkerRow
from desktop.engine.states import Owner, Role

FILE = "celerybeat-schedule"
"""Celery's ``beat_schedule_filename`` where nobody sets it."""
PERSISTENT = frozenset(
    {"", "celery.beat:PersistentScheduler", "celery.beat.PersistentScheduler", "default"}
)
ELSEWHERE = {
    "django_celery_beat": "django-celery-beat",
    "django": "django-celery-beat",
    "redbeat": "RedBeat",
    "celery_sqlalchemy_scheduler": "celery-sqlalchemy-scheduler",
    "sqlalchemy_celery_beat": "sqlalchemy-celery-beat",
    "celerybeatmongo": "celerybeat-mongo",
}
"""Schedulers that keep their entries in a place of their own, by their module's first part."""


class Beat(msgspec.Struct, frozen=True):
    """A beat that runs, or the stack's own."""

    file: str
    """Absolute path of its schedule file, without the suffix that dbm adds."""
    scheduler: str = ""
    """As given to it; "": the app's own choice."""
    runs: bool = False


def beats(rows: Iterable[WorkerRow], own: ServiceSpec | None, folder: str) -> tuple[Beat, ...]:
    """Those that run first, the stack's own last: its file may be there from an earlier run.

    ``rows`` are the app's processes, ``folder`` where its programs run.
    """
    known = [_of(shlex.join(own.argv), own.cwd or folder, runs=False)] if own else []
    running = [
        # Of ours the command line is known, whatever a title says in its place.
        msgspec.structs.replace(known[0], runs=True)
        if known and row.owner is Owner.OURS and row.role is Role.BEAT
        else _of(row.command, row.cwd or folder, runs=True)
        for row in rows
        if has_beat(row)
    ]
    return tuple({one.file: one for one in (*known, *running)}.values())[::-1]


def _of(command: str, folder: str, *, runs: bool) -> Beat:
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    if command.startswith("["):
        words = [word.strip("()") for word in words]
    file = option(words, "-s", "--schedule") or FILE
    return Beat(str(Path(folder) / file), option(words, "-S", "--scheduler"), runs)


def option(words: Sequence[str], short: str, long: str) -> str:
    """The value of an option on a command line; "" when it has none."""
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == long and equals:
            return value
        if word in {short, long} and place + 1 < len(words):
            return words[place + 1]
        if word.startswith(short) and len(word) > len(short) and not word.startswith("--"):
            return word[len(short) :]
    return ""


def kept_elsewhere(scheduler: str) -> str:
    """The program that keeps this scheduler's entries; "" for beat's own file."""
    if scheduler in PERSISTENT:
        return ""
    return ELSEWHERE.get(scheduler.replace(":", ".").partition(".")[0], scheduler)

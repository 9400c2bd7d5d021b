"""Beat's entries as the app defines them, with what beat wrote down of their runs.

Asked in the app's own interpreter, like :mod:`desktop.engine.app_info`. Beat's file is never
opened itself: dbm may lock it, and beat writes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import time
from pathlib import Path

import msgspec

from desktop import paths
from desktop.engine import app_problems, app_question, interpreter
from desktop.engine.config import StackConfig
from desktop.engine.errors import ServiceError
from desktop.engine.schedule.beat import Beat, kept_elsewhere
from desktop.words import text, verbatim

PROBE = "schedule_probe.py"
TIMEOUT_S = 30.0
KEPT_S = 60.0
"""How long an answer holds while beat's file is the same: importing the app takes its time."""
FILE_MAX_BYTES = 64 << 20


class ToldEntry(msgspec.Struct, frozen=True):
    """One entry, as the probe tells it."""

    name: str
    task: str = ""
    schedule: str = ""
    every_s: float | None = None
    args: str = ""
    kwargs: str = ""
    queue: str = ""
    last_run_at: float | None = None
    total_runs: int | None = None
    due_at: float | None = None
    """Behind its last run; None: beat has never known it."""
    coming: tuple[float, ...] = ()
    """The next instants of a schedule that is bound to the clock."""
    problem: str = ""


class Told(msgspec.Struct, frozen=True):
    """All of them."""

    scheduler: str = ""
    entries: tuple[ToldEntry, ...] = ()
    told_at: float | None = None
    """When beat wrote the file; None: there is none."""


class _Answer(msgspec.Struct, frozen=True):
    scheduler: str = ""
    stored: bool = False
    problem: str = ""
    entries: tuple[ToldEntry, ...] = ()
    failure: str = ""


class AppSchedule:
    """Asks at most once a minute, and when beat has written."""

    def __init__(self) -> None:
        self._asking = asyncio.Lock()
        self._key: object = None
        self._asked_at = 0.0
        self._told = Told()

    async def told(self, config: StackConfig, beat: Beat | None) -> Told:
        """The entries now. Raises :class:`ServiceError`: the app can't be asked, or keeps them
        elsewhere."""
        async with self._asking:
            stored = _stored(beat)
            key = (config, beat, [(path, when) for path, when, _ in stored])
            if key != self._key or time.monotonic() - self._asked_at > KEPT_S:
                self._told = await asyncio.to_thread(ask, config, beat)
                self._key, self._asked_at = key, time.monotonic()
            return self._told


def ask(config: StackConfig, beat: Beat | None) -> Told:
    """Ask the app; blocking, for as long as its import takes. Raises :class:`ServiceError`."""
    if beat and (program := kept_elsewhere(beat.scheduler)):
        raise elsewhere(program)
    if not config.bundled:
        interpreter.check(config.python, config.project)
    stored = _stored(beat)
    script = (paths.resources() / PROBE).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="celery-tray-") as folder:
        copy = ""
        if beat and stored:
            for path, _, _ in stored:
                with contextlib.suppress(OSError):  # beat may put another in its place just now
                    shutil.copyfile(path, Path(folder) / path.name)
            copy = str(Path(folder) / Path(beat.file).name)
        arguments = (config.app, beat.scheduler if beat else "", copy)
        said = app_question.put(config, script, arguments, TIMEOUT_S)
    try:
        answer = msgspec.json.decode(said.output, type=_Answer)
    except msgspec.MsgspecError as error:
        raise app_problems.ended(config, said.returncode, said.tail) from error
    if answer.failure:
        raise not_told(config, answer.failure, said.tail)
    if program := kept_elsewhere(answer.scheduler):
        raise elsewhere(program)
    written_at = max((when for _, when, _ in stored), default=None) if answer.stored else None
    return Told(answer.scheduler, answer.entries, written_at)


def _stored(beat: Beat | None) -> list[tuple[Path, float, int]]:
    """Beat's file or files (dbm adds suffixes of its own): path, time of change, size."""
    if beat is None:
        return []
    base = Path(beat.file)
    found = []
    for path in (base, *(base.with_name(base.name + s) for s in (".db", ".dat", ".dir", ".bak"))):
        with contextlib.suppress(OSError):
            told = path.stat()
            if path.is_file() and told.st_size <= FILE_MAX_BYTES:
                found.append((path, told.st_mtime, told.st_size))
    return found


# --- words ---------------------------------------------------------------------------------------


def elsewhere(program: str) -> ServiceError:
    return ServiceError(
        "schedule-elsewhere",
        text("The schedule is kept elsewhere."),
        text(
            "Beat runs with {program}, which has its entries in a store of its own.",
            program=verbatim(program),
        ),
        text("See and change them there."),
    )


def not_told(config: StackConfig, failure: str, tail: tuple[str, ...]) -> ServiceError:
    return ServiceError(
        "schedule-not-told",
        text("The app does not tell its schedule."),
        text("{app} says: {reason}", app=config.app, reason=verbatim(failure[:1000])),
        text("Mend what its import stops at."),
        tail,
    )

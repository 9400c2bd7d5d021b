"""Words for a service that can't be started, does not answer, or does not exist."""

from __future__ import annotations

import difflib
from pathlib import Path

from desktop.engine.config_schema import is_name
from desktop.engine.errors import HomeError, UsageError
from desktop.engine.model import Problem, ServiceSpec
from desktop.engine.states import ServiceKind
from desktop.paths import StackHome
from desktop.words import Text, text, verbatim


def cannot_spawn(spec: ServiceSpec, argv: tuple[str, ...], error: OSError, log: Path) -> Problem:
    """Its program, folder or log file (``log``) can't be opened."""
    where = error.filename if isinstance(error.filename, str) else (argv[0] if argv else "")
    if where == spec.cwd:
        next_step = text("Check that the folder exists and that you may enter it.")
    elif argv and where == argv[0]:
        next_step = text("Install it, or name another program in the configuration.")
    elif Path(where) == log or Path(where) == log.parent:
        next_step = text("Its log goes there: make it writable, or choose another --home.")
    else:
        next_step = text("Free the disk or mend the folder's permissions, then start it again.")
    return Problem(
        code="spawn",
        title=text("{service} can't be started.", service=spec.known_as),
        message=verbatim(f"{error.strerror or type(error).__name__}: {where}"),
        next_step=next_step,
    )


def not_recorded(spec: ServiceSpec, error: OSError, folder: Path) -> Problem:
    """What is started has to be written down first, or the next engine would not know it."""
    return Problem(
        code="not-recorded",
        title=text("{service} can't be started.", service=spec.known_as),
        message=text(
            "Its record can't be written in {folder}: {reason}",
            folder=str(folder),
            reason=error.strerror or type(error).__name__,
        ),
        next_step=text("Free the disk or mend the folder's permissions, then start it again."),
    )


def silent(spec: ServiceSpec, tail: tuple[str, ...]) -> Problem:
    """It runs but never answered its readiness probe."""
    return Problem(
        code="not-ready",
        title=text("{service} runs but does not answer.", service=spec.known_as),
        message=text(
            "It was not ready after {seconds} s, so it was asked to stop.",
            seconds=int(spec.ready_timeout_s),
        ),
        next_step=text("Its log tells more: celery-tray logs {service}", service=spec.known_as),
        log=tail,
    )


def stopped_meanwhile(name: str) -> Problem:
    """Two people, two wishes."""
    return Problem(
        "stopped-meanwhile",
        text("{service} was asked to stop while it was starting.", service=name),
        Text(""),
        text("Start it again: celery-tray start {service}", service=name),
    )


def waits(name: str, need: str) -> Problem:
    """What it needs has failed."""
    return Problem(
        "waits-for-failed",
        text("{service} waits for {need}, which does not run.", service=name, need=need),
        Text(""),
        text("It starts by itself as soon as {need} runs.", need=need),
    )


def no_such_service(name: str, known: tuple[str, ...]) -> UsageError:
    """A name that the stack does not have."""
    near = difflib.get_close_matches(name, known, n=1)
    return UsageError(
        "no-such-service",
        text("There is no service called {name}.", name=name),
        text("This stack has: {names}.", names=", ".join(known)),
        text("Did you mean {name}?", name=near[0]) if near else Text(""),
    )


def unusable_folder(home: StackHome, error: OSError) -> HomeError:
    """The state folder can't be made or written to."""
    return HomeError(
        "home",
        text("The state folder can't be used: {path}", path=str(error.filename or home.root)),
        verbatim(error.strerror or type(error).__name__),
        text("Make it a folder that you may write to, or choose another with --home."),
    )


def check_worker_name(name: str, known: ServiceSpec | None) -> None:
    """Whether a worker of a person's own making may be called so; ``known`` is what has the name
    already. Raises :class:`UsageError`."""
    if not is_name(name):
        raise UsageError(
            "worker-name",
            text("No worker can be called {name}.", name=verbatim(repr(name))),
            text("Expected a name of letters, digits, - and _, at most 60 of them."),
            text("Choose another name."),
        )
    if known and (known.of or known.kind is not ServiceKind.WORKER):
        raise UsageError(
            "worker-name",
            text("No worker can be called {name}.", name=verbatim(repr(name))),
            text("{name} is a service of this stack already.", name=name),
            text("Choose another name."),
        )

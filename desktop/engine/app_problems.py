"""Why an app could not be asked, in words: what happened, where, and what to do next."""

from __future__ import annotations

import difflib
import os
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from desktop.engine.errors import ServiceError
from desktop.engine.urls import masked
from desktop.words import Text, text, verbatim

if TYPE_CHECKING:
    from desktop.engine.config import StackConfig

DISTRIBUTIONS = {
    "celery": "celery[redis]",
    "redis": "celery[redis]",
    "yaml": "PyYAML",
    "PIL": "Pillow",
    "cv2": "opencv-python",
    "bs4": "beautifulsoup4",
    "dotenv": "python-dotenv",
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
    "sklearn": "scikit-learn",
    "django_celery_beat": "django-celery-beat",
    "django_celery_results": "django-celery-results",
    "rest_framework": "djangorestframework",
}
"""What to install for a module of another name than its package; others have the same."""
NEAR_MODULES = 500


class Failure(msgspec.Struct, frozen=True):
    """Why the app could not be imported, as the probe tells it."""

    kind: str
    missing: str = ""
    """The module that was not found."""
    exception: str = ""
    file: str = ""
    line: int = 0
    traceback: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    """Names in the app's module that are Celery apps."""


def not_imported(config: StackConfig, failure: Failure) -> ServiceError:
    """The app's module, or one that it needs, did not import; or it holds no app."""
    log = tuple(masked(line) for line in failure.traceback)
    if failure.kind == "not-an-app":
        return _failed(config, _no_app(config), _correct_app(config, failure.candidates), log)
    if failure.kind == "shadowed":
        message = text("{file} hides the package celery.", file=failure.file)
        return _failed(config, message, text("Give it another name, then start again."), log)
    if failure.kind == "module-missing" and failure.missing:
        return _module_missing(config, failure, log)
    where = _place(config, failure)
    said = verbatim(masked(failure.exception.splitlines()[-1] if failure.exception else ""))
    message = text("{where}: {error}", where=where, error=said) if where else said
    return _failed(config, message, text("Correct it, then start again."), log)


def too_slow(config: StackConfig, timeout_s: float, log: tuple[str, ...]) -> ServiceError:
    return ServiceError(
        "app-slow",
        _title(config),
        text("It was still being imported after {n} seconds.", n=round(timeout_s)),
        text("See what it waits for when it is imported: a database, the network, a lock."),
        tuple(map(masked, log)),
    )


def ended(config: StackConfig, code: int, log: tuple[str, ...]) -> ServiceError:
    """The interpreter ended without an answer: a crash in C code, a call of ``os._exit``."""
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        message = text("The interpreter was ended by {signal} while importing it.", signal=name)
    else:
        message = text("The interpreter ended while importing it (exit code {code}).", code=code)
    command = f"{_command(config)} -c {shlex.quote(f'import {_module(config)}')}"
    next_step = text("Look closer with: {command}", command=command)
    return _failed(config, message, next_step, tuple(map(masked, log)))


def not_run(config: StackConfig, error: OSError) -> ServiceError:
    """The interpreter, or the folder to run it in, can't be used."""
    message = text(
        "{python}: {reason}.", python=config.python, reason=error.strerror or type(error).__name__
    )
    return _failed(config, message, text("Check python in the configuration."), ())


def _module_missing(config: StackConfig, failure: Failure, log: tuple[str, ...]) -> ServiceError:
    missing = failure.missing
    top = missing.partition(".")[0]
    if missing == "celery" or missing.startswith("celery."):
        return ServiceError(
            "celery-missing",
            text("Celery is not installed for this project"),
            text("{python} has no module celery.", python=config.python),
            _install(config, top),
            log,
        )
    if _module(config) == missing or _module(config).startswith(f"{missing}."):
        message = text(
            "There is no module {name} in {project}.", name=missing, project=config.project
        )
        return _failed(config, message, _correct_app(config, ()), log)
    where = _place(config, failure)
    if (Path(config.project) / top).exists() or (Path(config.project) / f"{top}.py").exists():
        message = text(
            "{where} needs the module {name}, which is not there.", where=where, name=missing
        )
        return _failed(config, message, text("Correct it, then start again."), log)
    message = (
        text(
            "{where} needs the module {name}, which {python} does not have.",
            where=where,
            name=missing,
            python=config.python,
        )
        if where
        else text("{python} does not have the module {name}.", python=config.python, name=missing)
    )
    return _failed(config, message, _install(config, top), log)


def _failed(
    config: StackConfig, message: Text, next_step: Text, log: tuple[str, ...]
) -> ServiceError:
    return ServiceError("app-import", _title(config), message, next_step, log)


def _title(config: StackConfig) -> Text:
    return text("The app {app} can't be imported", app=config.app)


def _no_app(config: StackConfig) -> Text:
    return text(
        "{module} was imported, but {app} is no Celery app.", module=_module(config), app=config.app
    )


def _install(config: StackConfig, module: str) -> Text:
    package = shlex.quote(DISTRIBUTIONS.get(module, module))
    return text("Install it: {command}", command=f"{_command(config)} -m pip install {package}")


def _correct_app(config: StackConfig, candidates: tuple[str, ...]) -> Text:
    file = Path(config.file).name
    near = [f"{_module(config)}:{name}" for name in candidates] or difflib.get_close_matches(
        _module(config), list(_modules(Path(config.project))), n=1
    )
    if near:
        return text('Correct app in {file}; did you mean "{name}"?', file=file, name=near[0])
    return text("Correct app in {file}; it is what celery -A is given.", file=file)


def _modules(project: Path) -> Iterator[str]:
    """Modules of the project, one level of packages deep."""
    found = 0
    for pattern in ("*.py", "*/*.py"):
        for file in project.glob(pattern):
            found += 1
            if found > NEAR_MODULES:
                return
            parts = file.relative_to(project).with_suffix("").parts
            yield ".".join(part for part in parts if part != "__init__")


def _module(config: StackConfig) -> str:
    return config.app.partition(":")[0]


def _command(config: StackConfig) -> str:
    return shlex.quote(config.python)


def _place(config: StackConfig, failure: Failure) -> str:
    if not failure.file:
        return ""
    file = os.path.relpath(failure.file, config.project)
    return f"{failure.file if file.startswith('..') else file}:{failure.line}"

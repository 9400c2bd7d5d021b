"""Is this command line a Celery program, and which? Pure.

What counts is the program that runs, never words somewhere in the arguments: editors, ``grep
celery worker``, ``tail -f celery-worker.log`` and shells that hold a Celery command in a string
are other programs, and ``celery inspect`` or ``celery shell`` run no tasks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from desktop.engine.census.interpreter import file_name, python_program
from desktop.engine.census.node_name import node_name
from desktop.engine.census.options import COMMANDS, GLOBAL, Options
from desktop.engine.states import Role


class Part(StrEnum):
    """Which process of a Celery program a title names."""

    MAIN = "main"
    POOL = "pool"
    BEAT = "beat"
    """The beat inside a worker (``-B``)."""


class CeleryCommand(msgspec.Struct, frozen=True):
    """What a command line (or a title) says of a Celery program; "" or None: not said."""

    role: Role
    part: Part = Part.MAIN
    app: str = ""
    node: str = ""
    queues: tuple[str, ...] = ()
    pool: str = ""
    concurrency: int | None = None
    broker: str = ""
    """As given: may hold credentials."""
    workdir: str = ""
    beat: bool = False
    pidfile: str = ""
    detaches: bool = False
    """It only starts the worker in the background and ends."""
    by_multi: bool = False
    """``celery multi`` made this command line."""
    titled: bool = False


_MODULES = frozenset({"celery", "celery.__main__", "celery.bin.celery"})
_PROGRAM = re.compile(r"\.?celery(?:-wrapped|\.exe)?")
_RUNNERS = frozenset({"coverage", "cProfile", "debugpy", "memray", "pdb", "pydevd", "viztracer"})
"""Modules that run another program in their own process (an IDE's debugger, a profiler)."""
_MULTI_STAYS = frozenset({"start", "restart", "stopwait", "stop_verify"})
_POOL_ALIASES = {"processes": "prefork"}
_TITLE = re.compile(
    r"\[celeryd: (?P<node>[^\]]+):(?P<process>[^:\]]+)\](?: (?P<rest>.*))?", re.DOTALL
)
_TITLE_OTHER = re.compile(r"\[celery (?P<role>beat|events)(?::\w+)?\](?P<rest>.*)", re.DOTALL)


def parse(
    argv: tuple[str, ...], environ: Mapping[str, str] | None = None, hostname: str = "localhost"
) -> CeleryCommand | None:
    """What Celery program ``argv`` is; None when it is none, or one that runs no tasks.

    ``environ`` may name the app and the broker, as Celery allows; ``hostname`` is this machine's,
    for node names that are not spelt out.
    """
    if not argv:
        return None
    if argv[0].startswith("[celery"):
        # psutil splits a title at its spaces; what pads it to its old length is no part of it.
        found = _titled(" ".join(argv).rstrip("\0 "), hostname)
    else:
        words = _celery_words(argv)
        found = None if words is None else _command(words, hostname)
    return found and _with_environ(found, environ or {})


def _celery_words(argv: tuple[str, ...]) -> tuple[str, ...] | None:
    """The words after the program when that is ``celery``; None when it is another."""
    if _is_celery_program(argv[0]):
        return argv[1:]
    program = python_program(argv)
    if program is None:
        return None
    if program.module in _MODULES or _is_celery_program(program.script):
        return program.words
    name = program.module or file_name(program.script)
    return _run_by(program.words) if name.partition(".")[0] in _RUNNERS else None


def _run_by(words: tuple[str, ...]) -> tuple[str, ...] | None:
    """The words after ``celery`` when a runner in the same process was told to run that."""
    for at, word in enumerate(words):
        if word == "-m":
            module = "".join(words[at + 1 : at + 2])
            return words[at + 2 :] if module in _MODULES else None
        if "/" in word and _is_celery_program(word):
            return words[at + 1 :]
        if word.endswith(".py"):
            return None
    return None


def _is_celery_program(path: str) -> bool:
    return bool(_PROGRAM.fullmatch(file_name(path)))


def _command(words: tuple[str, ...], hostname: str) -> CeleryCommand | None:
    before = Options(GLOBAL, words, first=True)
    if not before.others or before.others[0] not in COMMANDS:
        return None
    name = before.others[0]
    after = Options(COMMANDS[name], before.rest, first=False)
    if {"help", "version"} & (before.flags | after.flags):
        return None
    if name == "multi" and not _MULTI_STAYS & set(after.others[:1]):
        return None
    values = {**before.values, **after.values}
    role = Role(name)
    detaches = role is Role.WORKER and "detach" in after.flags
    return CeleryCommand(
        role=role,
        app=values.get("app", ""),
        node=_node(role, values.get("hostname", ""), hostname),
        queues=_listed(values.get("queues", "")),
        pool=_POOL_ALIASES.get(pool := values.get("pool", ""), pool),
        concurrency=_whole_number(values.get("concurrency", "")),
        broker=values.get("broker", ""),
        workdir=values.get("workdir", ""),
        beat=role is Role.WORKER and "beat" in after.flags,
        pidfile=values.get("pidfile", ""),
        detaches=detaches,
        by_multi=role is Role.WORKER and "executable" in values and not detaches,
    )


def _titled(title: str, hostname: str) -> CeleryCommand | None:
    """What a title made by setproctitle says."""
    if other := _TITLE_OTHER.fullmatch(title):
        role = Role(other["role"])
        words = tuple(other["rest"].split())
        if role is Role.BEAT and not words:
            return CeleryCommand(role=role, part=Part.BEAT, titled=True)
        found = _command(words, hostname) or CeleryCommand(role=role)
        return msgspec.structs.replace(found, role=role, titled=True)
    worker = _TITLE.fullmatch(title)
    if worker is None:
        return None
    # "-active- (-A proj worker -c 2)": the arguments as they were, joined with spaces.
    _, _, arguments = (worker["rest"] or "").partition("(")
    words = tuple(arguments.removesuffix(")").split())
    found = _command(words, hostname) or CeleryCommand(role=Role.WORKER)
    return msgspec.structs.replace(
        found,
        role=Role.WORKER,
        part=Part.POOL if "PoolWorker-" in worker["process"] else Part.MAIN,
        node=worker["node"],
        detaches=False,
        titled=True,
    )


def _with_environ(found: CeleryCommand, environ: Mapping[str, str]) -> CeleryCommand:
    def first(*names: str) -> str:
        return next((environ[name] for name in names if environ.get(name)), "")

    # In the order in which click and then the app's configuration look.
    return msgspec.structs.replace(
        found,
        app=found.app or first("APP", "CELERY_APP"),
        broker=found.broker or first("BROKER_URL", "CELERY_BROKER", "CELERY_BROKER_URL"),
        workdir=found.workdir or first("CELERY_WORKDIR"),
    )


def _node(role: Role, given: str, hostname: str) -> str:
    if role is Role.WORKER:
        return node_name(given, hostname)
    return node_name(given, hostname, default="celerybeat") if given else ""


def _listed(words: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in words.split(",") if part.strip())


def _whole_number(words: str) -> int | None:
    return int(words) if words.isascii() and words.isdigit() and len(words) < 7 else None

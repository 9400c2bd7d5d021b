"""Options of Celery's commands, read the way click reads them.

``-c2``, ``-c 2``, ``-BEc 2``, ``--concurrency=2`` and ``--concurrency 2`` are all the same.
"""

from __future__ import annotations

from collections.abc import Mapping

# Letters and long names that take a value, by what we call them. Long names of Celery 4 are kept:
# workers of that age still run.
_GLOBAL = {
    "A": "app",
    "b": "broker",
    "app": "app",
    "broker": "broker",
    "result-backend": "result-backend",
    "loader": "loader",
    "config": "config",
    "workdir": "workdir",
}
_DAEMON = {
    "l": "loglevel",
    "loglevel": "loglevel",
    "f": "logfile",
    "logfile": "logfile",
    "pidfile": "pidfile",
    "uid": "uid",
    "gid": "gid",
    "umask": "umask",
    "executable": "executable",
    "n": "hostname",
    "hostname": "hostname",
}
_WORKER = {
    "c": "concurrency",
    "concurrency": "concurrency",
    "P": "pool",
    "pool": "pool",
    "Q": "queues",
    "queues": "queues",
    "X": "exclude-queues",
    "exclude-queues": "exclude-queues",
    "I": "include",
    "include": "include",
    "S": "statedb",
    "statedb": "statedb",
    "s": "schedule",
    "schedule": "schedule",
    "schedule-filename": "schedule",
    "scheduler": "scheduler",
    "O": "optimization",
    "optimization": "optimization",
    "prefetch-multiplier": "prefetch-multiplier",
    "time-limit": "time-limit",
    "soft-time-limit": "soft-time-limit",
    "max-tasks-per-child": "max-tasks-per-child",
    "max-memory-per-child": "max-memory-per-child",
    "pool-start-method": "pool-start-method",
    "heartbeat-interval": "heartbeat-interval",
    "autoscale": "autoscale",
}
_BEAT = {
    "s": "schedule",
    "schedule": "schedule",
    "S": "scheduler",
    "scheduler": "scheduler",
    "max-interval": "max-interval",
}
_EVENTS = {
    "c": "camera",
    "camera": "camera",
    "F": "frequency",
    "freq": "frequency",
    "frequency": "frequency",
    "r": "maxrate",
    "maxrate": "maxrate",
}
_FLAGS = {
    "B": "beat",
    "beat": "beat",
    "D": "detach",
    "detach": "detach",
    "help": "help",
    "version": "version",
}

GLOBAL: Mapping[str, str] = _GLOBAL
COMMANDS: Mapping[str, Mapping[str, str]] = {
    "worker": {**_GLOBAL, **_DAEMON, **_WORKER},
    "beat": {**_GLOBAL, **_DAEMON, **_BEAT},
    "events": {**_GLOBAL, **_DAEMON, **_EVENTS},
    "flower": _GLOBAL,
    "multi": _GLOBAL,
}


class Options:
    """A command line's options and its other words, in order."""

    def __init__(self, valued: Mapping[str, str], words: tuple[str, ...], first: bool) -> None:
        """Read ``words``; with ``first`` only up to the first that is no option (a subcommand)."""
        self._valued = valued
        self._words = words
        self._at = 0
        self.values: dict[str, str] = {}
        self.flags: set[str] = set()
        self.others: list[str] = []
        while self._at < len(words) and not (first and self.others):
            self._word(words[self._at])
        self.rest = words[self._at :]

    def _word(self, word: str) -> None:
        self._at += 1
        if word.startswith("--") and len(word) > 2:
            self._long(word[2:])
        elif word.startswith("-") and word not in {"-", "--"}:
            self._short(word[1:])
        elif word != "--":
            self.others.append(word)

    def _long(self, word: str) -> None:
        name, equals, value = word.partition("=")
        if name in self._valued:
            self.values[self._valued[name]] = value if equals else self._next()
        elif name in _FLAGS:
            self.flags.add(_FLAGS[name])

    def _short(self, letters: str) -> None:
        for at, letter in enumerate(letters):
            if letter in self._valued:
                self.values[self._valued[letter]] = letters[at + 1 :] or self._next()
                return
            if letter in _FLAGS:
                self.flags.add(_FLAGS[letter])

    def _next(self) -> str:
        self._at += 1
        return self._words[self._at - 1] if self._at <= len(self._words) else ""

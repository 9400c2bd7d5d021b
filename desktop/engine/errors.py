"""Everything that can go wrong, with words for a person.

::

    TrayError                  1   something failed; says what happened and what to do next
    ├── UsageError             2   arguments that can't be meant
    ├── ConfigError            2   celery-tray.toml: file, line, what was expected
    ├── NotRunning             3   there is nothing to ask
    ├── WouldHarm              5   refused without the person's word
    ├── HomeError              1   the state folder can't be used
    ├── EngineError            1   the engine can't be started or reached
    └── ServiceError           1   a service can't be started, reached or stopped

The number is the exit code of a command that ends with it. Foreign exceptions are turned into
these at the edge where they arise; nothing else reaches a face.
"""

from __future__ import annotations

from desktop.engine.model import Problem
from desktop.words import Text


class TrayError(Exception):
    """What happened (``title``), why (``message``), and what to do next (``next_step``)."""

    exit_code = 1

    def __init__(
        self,
        code: str,
        title: Text,
        message: Text,
        next_step: Text,
        log: tuple[str, ...] = (),
    ) -> None:
        super().__init__(code)
        self.problem = Problem(code, title, message, next_step, log)

    @classmethod
    def of(cls, problem: Problem) -> TrayError:
        """The same error from its value, as it came over the wire."""
        return cls(problem.code, problem.title, problem.message, problem.next_step, problem.log)

    def __str__(self) -> str:
        p = self.problem
        return " ".join(str(part) for part in (p.title, p.message, p.next_step) if str(part))


class UsageError(TrayError):
    exit_code = 2


class ConfigError(TrayError):
    exit_code = 2


class NotRunning(TrayError):
    exit_code = 3


class WouldHarm(TrayError):
    exit_code = 5


class HomeError(TrayError):
    pass


class EngineError(TrayError):
    pass


class ServiceError(TrayError):
    pass

"""What a Python interpreter was told to run, from its command line. Pure."""

from __future__ import annotations

import re

import msgspec

_NAME = re.compile(r"(?i)(?:[\w.+]+[-_])?(?:python|pypy)[\d.]*[\w.-]*")
_VALUED = frozenset("XW")
_VALUED_LONG = frozenset({"--check-hash-based-pycs"})


class PythonProgram(msgspec.Struct, frozen=True):
    """A module (``-m``) or else a script, and the words after it."""

    module: str = ""
    script: str = ""
    words: tuple[str, ...] = ()


def file_name(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def is_interpreter(path: str) -> bool:
    """Whether a program file is a Python, by its name."""
    return bool(_NAME.fullmatch(file_name(path)))


def python_program(argv: tuple[str, ...]) -> PythonProgram | None:
    """What ``argv`` runs; None when it is no Python, or runs code from ``-c`` or its input."""
    if not argv or not is_interpreter(argv[0]):
        return None
    at = 1
    while at < len(argv):
        option = argv[at]
        if option == "-":
            return None
        if not option.startswith("-"):
            return PythonProgram(script=option, words=argv[at + 1 :])
        if option.startswith("--"):
            at += 2 if option in _VALUED_LONG else 1
            continue
        letter, value = _ending(option[1:])
        if letter == "c":
            return None
        if letter == "m":
            module = value or "".join(argv[at + 1 : at + 2])
            return PythonProgram(module=module, words=argv[at + (1 if value else 2) :])
        at += 2 if letter and not value else 1
    return None


def _ending(letters: str) -> tuple[str, str]:
    """The letter of a cluster that takes a value, with what is attached to it; "" when none."""
    for at, letter in enumerate(letters):
        if letter in _VALUED or letter in "cm":
            return letter, letters[at + 1 :]
    return "", ""

"""Shells that run a text: which, and whether a loop in it starts a program again. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from desktop.engine.census.interpreter import file_name

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "busybox"})
_VALUED = frozenset({"-o", "+o", "-O", "+O", "--rcfile", "--init-file"})

_COMMENT = re.compile(r"(?<!\S)#[^\n]*")
_WORD = re.compile(
    r"""\d*[<>]&[\d-]*|&>>?"""  # "2>&1" puts nothing in the background
    r"""|(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s;&|(){}"'\\])+"""
    r"""|&&|\|\||;;|[;&|(){}\n]"""
)
_OPENERS = frozenset({"while", "until", "for", "select"})
_ENDLESS = frozenset({"while", "until"})
_BEFORE_COMMAND = frozenset(
    {";", "&", "&&", "||", "|", "(", "{", "\n", "do", "then", "else", "if", "elif", "!", "begin"}
    | {"while", "until"}
)


def is_shell(argv: tuple[str, ...]) -> bool:
    """Whether a shell runs; a login shell's name begins with a dash."""
    return bool(argv) and file_name(argv[0].removeprefix("-")) in SHELLS


def shell_text(argv: tuple[str, ...]) -> tuple[str, str]:
    """What a shell was told to run: a text (``-c``), or else the path of a script.

    ("", ""): an interactive one, one that reads its input, or no shell.
    """
    if not is_shell(argv):
        return "", ""
    words = list(argv[1:])
    if file_name(argv[0]) == "busybox":
        words = words[1:]
    command = False
    while words:
        word = words.pop(0)
        if word in {"-", "--"} or not word.startswith(("-", "+")):
            if word in {"-", "--"}:
                word = words.pop(0) if words else ""
            return (word, "") if command else ("", word)
        if word in _VALUED:
            words[:1] = []
        elif not word.startswith("--"):
            if "i" in word or "s" in word[1:]:
                return "", ""
            command = command or "c" in word
            if word[-1] in "oO":
                words[:1] = []  # "-eo pipefail"
    return "", ""


def starts_again(text: str, programs: Collection[str]) -> bool:
    """Whether a loop in a shell's ``text`` would run one of ``programs`` once more when it ends.

    ``programs`` are file names. A command that is not spelt out (``$CMD``, ``"$@"``) may be any.
    Of ``for`` loops only those count that wait for what they start: ``for i in 1 2; do celery
    worker & done`` starts two and starts nothing again. When in doubt, yes.
    """
    words = _WORD.findall(_COMMENT.sub("", text.replace("\\\n", " ")))
    loops: list[list[str]] = []
    openers: list[str] = []
    previous = "\n"
    for word in words:
        at_command = previous in _BEFORE_COMMAND
        if at_command and word in _OPENERS:
            openers.append(word)
            loops.append([])
        elif at_command and word in {"done", "end"} and loops:
            if _runs(loops.pop(), openers.pop(), programs):
                return True
        else:
            for loop in loops:
                loop.append(word)
        previous = word
    # A text that was cut off: the loop's end is further down.
    return any(map(_runs, loops, openers, [programs] * len(loops)))


def _runs(body: list[str], opener: str, programs: Collection[str]) -> bool:
    if opener not in _ENDLESS and "&" in body:
        return False
    previous = "\n"
    for word in body:
        plain = word.replace('"', "").replace("'", "")
        if file_name(plain) in programs:
            return True
        if previous in _BEFORE_COMMAND and plain.startswith("$"):
            return True
        previous = word
    return False

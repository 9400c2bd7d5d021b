"""Command lines as they may be shown: credentials masked."""

from __future__ import annotations

import functools
import re
import shlex

from desktop.engine.urls import MASK, masked

_SECRET = re.compile(r"(--?[\w-]*(?:auth|password|passwd|secret|token|cookie)[\w-]*)(=|\s+)(\S+)")
_SECRET_NAME = re.compile(r"--?[\w-]*(?:auth|password|passwd|secret|token|cookie)[\w-]*")


@functools.lru_cache(maxsize=1024)
def shown(argv: tuple[str, ...]) -> str:
    """``argv`` as one line that a shell would take, without what is nobody's to see: the
    credentials in addresses, and the values of options that name a secret."""
    if argv and argv[0].startswith("["):
        return _SECRET.sub(rf"\1\2{MASK}", masked(" ".join(argv).rstrip("\0 ")))
    words: list[str] = []
    hide = False
    for word in argv:
        name, equals, _ = word.partition("=")
        if hide and not word.startswith("-"):
            words.append(MASK)
        elif equals and _SECRET_NAME.fullmatch(name):
            words.append(f"{name}={MASK}")
        else:
            words.append(shlex.quote(masked(word)))
        hide = bool(_SECRET_NAME.fullmatch(word))
    return " ".join(words)

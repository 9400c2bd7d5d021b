"""How our own modules are started as processes: from source, from a wheel, in a frozen program."""

from __future__ import annotations

import sys

RUN_MODULE = "--run-module"
"""A frozen program has no ``python -m``; ``desktop.__main__`` dispatches this instead."""


def own_command(module: str, *args: str) -> tuple[str, ...]:
    """The command line that runs one of our modules.

    ``-P`` keeps the current directory off ``sys.path``: a user's folder called ``web`` or
    ``desktop`` must never shadow ours.
    """
    if getattr(sys, "frozen", False):
        return (sys.executable, RUN_MODULE, module, *args)
    return (sys.executable, "-P", "-m", module, *args)

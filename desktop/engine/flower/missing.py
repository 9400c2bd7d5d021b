"""The words for a Flower that is not installed: where it can be, and what that changes."""

from __future__ import annotations

import sys

from desktop.engine.config import StackConfig
from desktop.engine.flower import environments
from desktop.engine.flower_commands import FLOWER_MISSING
from desktop.engine.model import Problem
from desktop.paths import Home
from desktop.words import text


def problem(config: StackConfig | None, home: Home, *, alone: bool = False) -> Problem:
    """Flower is a choice of its own: nothing is installed before a person says so. ``alone``: it
    is wanted in the foreground, not as the stack's service."""
    verb = "celery-tray flower" if alone else "celery-tray start flower"
    ours = environments.ours(home).folder
    theirs = project_python(config) if config else ""
    if theirs:
        message = text(
            "It can be installed for Celery Tray alone ({ours}; your project is not touched), or"
            " into your project's own environment ({theirs}), where it knows the project's tasks.",
            ours=ours,
            theirs=environments.project(theirs).folder,
        )
        step = text(
            "{command}, or into the project: {other}. The built-in monitor needs none of it.",
            command=f"{verb} --install",
            other=f"{verb} --install-into-project",
        )
    else:
        message = text("It can be installed for Celery Tray: {ours}", ours=ours)
        step = text(
            "{command}. The built-in monitor needs no installation.",
            command=f"{verb} --install",
        )
    return Problem(FLOWER_MISSING, text("Flower is not installed."), message, step)


def project_python(config: StackConfig) -> str:
    """The interpreter of an environment that is the project's and not ours; "" without one."""
    if config.bundled or not config.python or config.python == sys.executable:
        return ""
    return config.python

"""Where Flower may be installed: by options, or asked for. Small: every ``start`` loads it."""

from __future__ import annotations

import click
import msgspec

from desktop.cli.arguments import OneOf
from desktop.cli.context import Context
from desktop.cli.failure import show_problem
from desktop.engine.errors import UsageError
from desktop.engine.flower_commands import Install, may_be_in_project
from desktop.engine.model import Problem
from desktop.words import Text, text, tr

INSTALL_HELP = tr("Install Flower if it is missing, for Celery Tray alone; asks nothing.")
INTO_PROJECT_HELP = tr("Install Flower if it is missing, into the project's own environment.")


def word_of(*, install: bool, into_project: bool) -> Install:
    """What the options say. Raises :class:`UsageError` when they contradict each other."""
    if install and into_project:
        raise UsageError(
            "contradiction",
            text("These options contradict each other."),
            text("One of each: {options}", options="--install, --install-into-project"),
            text("See {command}", command="celery-tray flower --help"),
        )
    return Install.OURS if install else Install.PROJECT if into_project else Install.NO


def ask(context: Context, problem: Problem) -> Install:
    """A person's word, on a terminal; on a pipe there is none."""
    if not context.asks:
        return Install.NO
    show_problem(context, msgspec.structs.replace(problem, next_step=Text("")))
    choices = {"i": Install.OURS, "p": Install.PROJECT, "c": Install.NO}
    words = tr("[i] install it for Celery Tray, [p] into the project's environment, [c] cancel")
    if not may_be_in_project(problem):
        del choices["p"]
        words = tr("[i] install it, [c] cancel")
    answer: str = click.prompt(
        words, type=OneOf(tuple(choices)), default="c", show_choices=False, err=True
    )
    return choices[answer]

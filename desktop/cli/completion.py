"""``completion``: what a shell needs to complete our commands."""

from __future__ import annotations

import sys

import click
from click.shell_completion import get_completion_class

from desktop.cli.arguments import OneOf
from desktop.cli.context import Context
from desktop.cli.group import COMPLETE_VARIABLE, PROGRAM, make_group, verb

SHELLS = ("bash", "zsh", "fish")


@verb("completion", example='eval "$(celery-tray completion bash)"')
@click.argument("shell", type=OneOf(SHELLS))
def completion(context: Context, shell: str) -> int:
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - click knows each of SHELLS
    sys.stdout.write(found(make_group(), {}, PROGRAM, COMPLETE_VARIABLE).source() + "\n")
    return 0

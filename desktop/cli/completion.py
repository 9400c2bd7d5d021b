"""``completion``: what a shell needs to complete our commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from desktop.cli.context import Context


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_obj
def completion(context: Context, shell: str) -> int:
    """Print the completion script for a shell.

    Example: eval "$(celery-tray completion bash)"
    """
    from desktop.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - click knows the three shells offered above
    context.say(found(cli, {}, "celery-tray", "_CELERY_TRAY_COMPLETE").source())
    return 0

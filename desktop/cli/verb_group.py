"""A verb with verbs of its own below it: ``tasks``, ``tasks show``.

Without one of them it does what its own function does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click

from desktop.cli.context import Context
from desktop.cli.group import Verb, Verbs


def verb_group(
    name: str, verbs: Mapping[str, Verb], *, example: str, more: str = ""
) -> Callable[[Callable[..., int]], Verbs]:
    """Make a function the verb ``name`` with ``verbs`` below it. It is called when none of them is
    named, with the :class:`Context` and its own options, and returns the exit code."""

    def decorate(function: Callable[..., int]) -> Verbs:
        def alone(context: Context, /, **options: object) -> int | None:
            ctx = click.get_current_context()
            return None if ctx.invoked_subcommand else function(context, **options)

        options = getattr(function, "__click_params__", [])
        made = Verbs(
            name,
            callback=click.pass_obj(alone),
            invoke_without_command=True,
            params=list(reversed(options)),
            help=more,
        )
        made.verbs = verbs
        made.example = example
        return made

    return decorate

"""Kinds of values on the command line, each saying in the person's language what it expects."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from desktop.cli.context import Context
from desktop.engine import web_address
from desktop.engine.errors import TrayError
from desktop.words import tr


class WholeNumber(click.ParamType[int, Any]):
    """A whole number within bounds."""

    name = "n"

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(value)
        except ValueError:
            number = self._least - 1
        if not self._least <= number <= self._most:
            self.fail(
                tr(
                    "expected a whole number from {least} to {most}, not “{value}”",
                    least=self._least,
                    most=self._most,
                    value=str(value),
                ),
                param,
                ctx,
            )
        return number


class Seconds(click.ParamType[float, Any]):
    """A time span in seconds."""

    name = "seconds"

    def __init__(self, least: float = 0.0) -> None:
        self._least = least

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not (math.isfinite(seconds) and seconds >= self._least):
            self.fail(
                tr(
                    "expected a number of seconds, {least} or more, not “{value}”",
                    least=f"{self._least:g}",
                    value=str(value),
                ),
                param,
                ctx,
            )
        return seconds


class OneOf(click.Choice[str]):
    """One of a few words, in any case; a wrong one is told the nearest right one."""

    def __init__(self, choices: Sequence[str]) -> None:
        super().__init__(choices, case_sensitive=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        word = str(value).lower()
        if word not in self.choices:
            near = difflib.get_close_matches(word, self.choices, n=1)
            hint = " " + tr("Did you mean {name}?", name=near[0]) if near else ""
            self.fail(
                tr(
                    "expected one of {choices}, not “{value}”.",
                    choices=", ".join(self.choices),
                    value=str(value),
                )
                + hint,
                param,
                ctx,
            )
        return word


PORT = WholeNumber(1, 65535)


class Prefix(click.ParamType[str, Any]):
    """Where the addresses of a server begin, as :func:`desktop.engine.web_address.url_prefix`."""

    name = "prefix"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        prefix = web_address.url_prefix(str(value))
        if prefix is None:
            self.fail(tr("A prefix is like /celery."), param, ctx)
        return prefix


class Origin(click.ParamType[str, Any]):
    """As a browser names where a page is from: :func:`desktop.engine.web_address.web_origin`."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        origin = web_address.web_origin(str(value))
        if origin is None:
            self.fail(tr("An origin is like https://ops.example.com, without a path."), param, ctx)
        return origin


PREFIX = Prefix()
ORIGIN = Origin()


def complete_services(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of the stack's services, for a shell; nothing where they can't be told at once."""
    from desktop.cli.look import look

    try:
        _, stack = look(ctx.obj if isinstance(ctx.obj, Context) else Context())
    except TrayError:
        return []
    return [CompletionItem(one.name) for one in stack.services if one.name.startswith(incomplete)]

"""Whether arguments fit a task's signature, before anything is sent. Pure.

A signature is text, as the app's own interpreter told it: ``(url, *, retries=3)``. It is read as
Python's grammar and never run.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

import msgspec

from desktop.words import Text, text, textn


class Parameters(msgspec.Struct, frozen=True):
    """The parameters of a task."""

    positional: tuple[str, ...] = ()
    """Names of those that may be given by place, in order."""
    only_positional: int = 0
    """So many of them can't be given by name."""
    optional: frozenset[str] = frozenset()
    only_named: tuple[str, ...] = ()
    more_positional: bool = False
    """``*args``"""
    more_named: bool = False
    """``**kwargs``"""

    @property
    def names(self) -> tuple[str, ...]:
        """Those that can be given by name."""
        return (*self.positional[self.only_positional :], *self.only_named)


def parameters(signature: str) -> Parameters | None:
    """None: there is no signature, or it is none."""
    if not signature.startswith("("):
        return None
    try:
        found = ast.parse(f"def f{signature}: ...").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    if len(found) != 1 or not isinstance(found[0], ast.FunctionDef):
        return None
    said = found[0].args
    positional = tuple(one.arg for one in (*said.posonlyargs, *said.args))
    optional = set(positional[len(positional) - len(said.defaults) :] if said.defaults else ())
    optional |= {
        one.arg
        for one, default in zip(said.kwonlyargs, said.kw_defaults, strict=True)
        if default is not None
    }
    return Parameters(
        positional,
        len(said.posonlyargs),
        frozenset(optional),
        tuple(one.arg for one in said.kwonlyargs),
        said.vararg is not None,
        said.kwarg is not None,
    )


def misfit(signature: str, given: int, names: Collection[str]) -> Text | None:
    """What does not fit of so many positional arguments and these named ones; None: it fits, or
    the signature is not known."""
    wanted = parameters(signature)
    if wanted is None:
        return None
    most = len(wanted.positional)
    if given > most and not wanted.more_positional:
        return textn(
            "It takes {n} positional argument at most, and {given} are given.",
            "It takes {n} positional arguments at most, and {given} are given.",
            most,
            given=given,
        )
    twice = [name for name in wanted.positional[:given] if name in names and name in wanted.names]
    if twice:
        return text("{name} is given twice.", name=twice[0])
    unknown = [name for name in names if name not in wanted.names]
    if unknown and not wanted.more_named:
        return text("It has no argument called {name}.", name=unknown[0])
    missing = [
        name
        for name in (*wanted.positional[given:], *wanted.only_named)
        if name not in names and name not in wanted.optional
    ]
    if missing:
        return textn(
            "The argument {names} is missing.",
            "The arguments {names} are missing.",
            len(missing),
            names=", ".join(missing),
        )
    return None

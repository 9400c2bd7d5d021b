"""The verbs about Flower, and what each answers.

Like :mod:`desktop.engine.commands`, of which they are a part.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from desktop.engine.model import Problem

FLOWER_MISSING = "flower-missing"
"""Code of the problem that Flower is not installed."""


class Install(StrEnum):
    """A person's word on installing Flower where it is missing."""

    NO = "no"
    """Start nothing; answer what would be installed where (``flower-missing``)."""
    OURS = "ours"
    """Into Celery Tray's own environment; the project's is not touched."""
    PROJECT = "project"
    """Into the project's own environment."""


def may_be_in_project(problem: Problem) -> bool:
    """Of a :data:`FLOWER_MISSING`: whether the project has an environment of its own, which its
    message names."""
    return bool(problem.message.args.get("theirs"))


class FlowerLink(msgspec.Struct, frozen=True, tag=True):
    """An address that opens the stack's Flower in a browser, signed in. Answers :class:`Link`."""

    project: str = ""


class Link(msgspec.Struct, frozen=True, tag=True):
    url: str
    """Good once, for a minute: to be opened at once, not to be kept or shown."""


FlowerAnswer = Link
FlowerCommand = FlowerLink
FLOWER_QUESTIONS = (FlowerLink,)

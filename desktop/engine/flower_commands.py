"""The verbs about Flower, and what each answers.

Like :mod:`desktop.engine.commands`, of which they are a part.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

FLOWER_MISSING = "flower-missing"
"""Code of the problem that Flower is not installed. The message's ``theirs`` is the project's own
environment, where there is one that it may be put into."""


class Install(StrEnum):
    """A person's word on installing Flower where it is missing."""

    NO = "no"
    """Start nothing; answer what would be installed where (``flower-missing``)."""
    OURS = "ours"
    """Into Celery Tray's own environment; the project's is not touched."""
    PROJECT = "project"
    """Into the project's own environment."""


class FlowerLink(msgspec.Struct, frozen=True, tag=True):
    """An address that opens the stack's Flower in a browser, signed in. Answers :class:`Link`."""

    project: str = ""


class Link(msgspec.Struct, frozen=True, tag=True):
    url: str
    """Good once, for a minute: to be opened at once, not to be kept or shown."""


FlowerAnswer = Link
FlowerCommand = FlowerLink
FLOWER_QUESTIONS = (FlowerLink,)

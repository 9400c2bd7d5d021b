"""Whose a Celery process is, by what started it; each verdict with its evidence in words.

Parent 1 alone makes no orphan: ``celery multi``, ``--detach`` and ``setsid`` give that from birth.
What is not certain is somebody's.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from desktop.engine.census.identify import Kinship, Main
from desktop.engine.census.keeper import keeper_of
from desktop.engine.census.launcher import launcher_of
from desktop.engine.census.orphan import orphaned
from desktop.engine.census.surroundings import Surroundings
from desktop.engine.model import Keeper
from desktop.engine.states import Owner
from desktop.words import Text, text


class Ownership(msgspec.Struct, frozen=True):
    """Whose a process is."""

    owner: Owner
    started_by: str
    """See :class:`~desktop.engine.census.launcher.Launcher`."""
    why: tuple[Text, ...]
    keeper: Keeper | None = None
    """None also when it is ours: then this engine looks after it."""


def classify(
    main: Main,
    kinship: Kinship,
    records: Collection[tuple[int, float]],
    username: str,
    around: Surroundings,
) -> Ownership:
    """``records`` are the (pid, create time) of what we started, ``username`` is who we are."""
    facts = main.facts
    ancestors = kinship.ancestors(facts)
    if any(one.is_same(*record) for one in (facts, *ancestors) for record in records):
        return Ownership(Owner.OURS, "celery-tray", (text("Celery Tray started it."),))
    keeper = keeper_of(facts, kinship, around)
    launcher = launcher_of(main, ancestors, keeper)
    why = launcher.why
    owner = Owner.EXTERNAL
    if launcher.started_by == "unknown":
        reason = orphaned(main, kinship, around)
        if reason:
            owner, why = Owner.ORPHAN, (reason, *_folder(facts.cwd))
        elif not why:
            why = (text("What started it is unknown."),)
    if facts.username and facts.username != username:
        why = (*why, text("It belongs to the user {user}.", user=facts.username))
    if facts.denied:
        why = (*why, text("Some of its details may not be read."))
    return Ownership(owner, launcher.started_by, why, keeper)


def _folder(cwd: str) -> tuple[Text, ...]:
    return (text("It was started in {folder}.", folder=cwd),) if cwd else ()

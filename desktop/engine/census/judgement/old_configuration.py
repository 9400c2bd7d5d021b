"""Ours, started as the configuration said then; it says something else now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from desktop.engine.census.judgement.sight import Judged, Sight
from desktop.engine.census.shown import shown
from desktop.engine.model import ServiceSpec, Verdict
from desktop.engine.states import Confidence, ServiceState, WorkerFinding
from desktop.words import Text, text

SURROUNDINGS = frozenset(
    {
        "LD_LIBRARY_PATH",
        "PATH",
        "PYTHONHOME",
        "PYTHONNOUSERSITE",
        "PYTHONPATH",
        "PYTHONSAFEPATH",
        "PYTHONUNBUFFERED",
        "REMAP_SIGTERM",
        "VIRTUAL_ENV",
        "__PYVENV_LAUNCHER__",
    }
)
"""Variables that come from where the engine was started, not from the configuration."""


def old_configuration(sight: Sight) -> Iterator[Judged]:
    for one in sight.services:
        row = sight.row_of(one)
        if row is None or one.configured is None or one.state is not ServiceState.RUNNING:
            continue
        if evidence := difference(one.spec, one.configured):
            verdict = Verdict(WorkerFinding.OLD_CONFIGURATION, Confidence.CERTAIN, evidence)
            yield row.pid, row.create_time, verdict


def difference(old: ServiceSpec, new: ServiceSpec) -> Text | None:
    """What would be different after a restart; None when nothing. Values of variables may be
    secret and are never told."""
    if old.argv != new.argv:
        before, after = _only(old.argv, new.argv), _only(new.argv, old.argv)
        if not before:
            return text("The configuration now adds {words}.", words=after)
        if not after:
            return text(
                "It was started with {words}; the configuration has that no more.", words=before
            )
        return text(
            "It was started with {before}; the configuration now says {after}.",
            before=before,
            after=after,
        )
    if old.cwd != new.cwd:
        return text(
            "It was started in {before}; the configuration now says {after}.",
            before=old.cwd,
            after=new.cwd,
        )
    names = sorted(
        name
        for name in old.env.keys() | new.env.keys()
        if name not in SURROUNDINGS and old.env.get(name) != new.env.get(name)
    )
    if names:
        return text("Its environment has changed: {names}.", names=", ".join(names))
    return None


def _only(these: Sequence[str], those: Sequence[str]) -> str:
    """The options that only ``these`` have, with their values; credentials masked."""
    options = list((Counter(_options(these)) - Counter(_options(those))).elements())
    return " ".join(shown(option) for option in options)


def _options(argv: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """An option and its value as one: ``-c 2`` differs from ``-c 4`` as a whole."""
    at = 0
    while at < len(argv):
        word = argv[at]
        value = argv[at + 1 : at + 2]
        if word.startswith("-") and "=" not in word and value and not value[0].startswith("-"):
            yield (word, value[0])
            at += 2
        else:
            yield (word,)
            at += 1

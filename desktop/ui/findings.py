"""What is wrong with a Celery process, and whose it is: glyph, colour and word of each."""

from __future__ import annotations

from typing import NamedTuple

from desktop.engine.model import WorkerRow
from desktop.engine.states import CleanupStep, Confidence, Owner, WorkerFinding
from desktop.ui.theme import Tone
from desktop.words import Text, text, tr


class Mark(NamedTuple):
    """One thing said of a process by shape, colour and word."""

    glyph: str
    tone: Tone
    word: str
    loud: bool = True
    """It needs a look: its colour is behind its word, too."""


_OWNERS: dict[Owner, tuple[str, Tone, Text]] = {
    Owner.ORPHAN: ("state-attention", Tone.WARN, text("Orphaned")),
    Owner.EXTERNAL: ("state-external", Tone.OFF, text("External")),
    Owner.OURS: ("state-ok", Tone.OK, text("Ours")),
    Owner.REMOTE: ("state-external", Tone.OFF, text("Remote")),
}
_FINDINGS: dict[WorkerFinding, tuple[str, Tone, Text]] = {
    WorkerFinding.DUPLICATE: ("state-duplicate", Tone.WARN, text("Duplicate")),
    WorkerFinding.SURPLUS: ("state-duplicate", Tone.WARN, text("One too many")),
    WorkerFinding.CROSSTALK: ("state-attention", Tone.WARN, text("Crosstalk")),
    WorkerFinding.TWO_BEATS: ("state-duplicate", Tone.WARN, text("Second beat")),
    WorkerFinding.NOT_CONSUMING: ("state-attention", Tone.WARN, text("Takes no tasks")),
    WorkerFinding.UNRESPONSIVE: ("state-attention", Tone.WARN, text("Not answering")),
    WorkerFinding.STALE_CODE: ("state-stale", Tone.OFF, text("Old code")),
    WorkerFinding.OLD_CONFIGURATION: ("state-stale", Tone.OFF, text("Old configuration")),
}
STEPS: dict[CleanupStep, tuple[str, Tone, Text]] = {
    CleanupStep.ASKED: ("state-stopping", Tone.RUN, text("Asked to stop")),
    CleanupStep.FINISHING: ("state-busy", Tone.RUN, text("Finishing")),
    CleanupStep.FORCING: ("state-stopping", Tone.BAD, text("Forcing")),
    CleanupStep.STOPPED: ("state-ok", Tone.OK, text("Stopped")),
    CleanupStep.LEFT: ("state-attention", Tone.WARN, text("Left running")),
}
"""How far the cleaning of one process has come."""


def owner_mark(owner: Owner) -> Mark:
    glyph, tone, word = _OWNERS[owner]
    return Mark(glyph, tone, str(word), owner is Owner.ORPHAN)


def finding_mark(finding: WorkerFinding, *, certain: bool = True) -> Mark:
    """A finding; one that is only likely says so."""
    glyph, tone, word = _FINDINGS[finding]
    said = str(word) if certain else tr("{finding}?", finding=word)
    return Mark(glyph, tone, said, tone is Tone.WARN)


def step_mark(step: CleanupStep) -> Mark:
    glyph, tone, word = STEPS[step]
    return Mark(glyph, tone, str(word), step not in {CleanupStep.STOPPED})


def marks(row: WorkerRow) -> tuple[Mark, ...]:
    """Whose it is and what is wrong with it, the gravest first."""
    certain = {v.finding for v in row.verdicts if v.confidence is Confidence.CERTAIN}
    found = sorted(row.findings, key=list(_FINDINGS).index)
    said = [finding_mark(one, certain=one in certain) for one in found]
    if row.owner is Owner.ORPHAN:
        return (owner_mark(row.owner), *said)
    # That it is ours is worth a word only when nothing else is said of it.
    return (*said, owner_mark(row.owner)) if row.owner is not Owner.OURS or not said else (*said,)


def evidence(row: WorkerRow) -> tuple[tuple[Mark | None, str], ...]:
    """All that was seen, each with what it speaks for; what could not be measured is told too."""
    seen: list[tuple[Mark | None, str]] = [
        (owner_mark(row.owner) if n == 0 else None, str(why)) for n, why in enumerate(row.why)
    ]
    for verdict in row.verdicts:
        if verdict.confidence is Confidence.UNKNOWN:
            word = tr("{finding}: not known", finding=_FINDINGS[verdict.finding][2])
            mark = Mark("state-waiting", Tone.OFF, word, False)
        else:
            sure = verdict.confidence is Confidence.CERTAIN
            mark = finding_mark(verdict.finding, certain=sure)
        seen.append((mark, str(verdict.evidence)))
    return tuple(seen)

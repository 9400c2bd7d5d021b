"""Workers whose source has changed since they loaded it."""

from __future__ import annotations

from collections.abc import Iterator

from desktop.engine.census.judgement.sight import Judged, Sight, identity_of
from desktop.engine.census.sources.code import OldCode
from desktop.engine.model import Verdict
from desktop.engine.states import Confidence, WorkerFinding
from desktop.quantities import clock
from desktop.words import Text, text, textn


def stale_code(sight: Sight) -> Iterator[Judged]:
    for row in sight.workers:
        identity = identity_of(row)
        if identity not in sight.code:
            yield (
                row.pid,
                row.create_time,
                Verdict(
                    WorkerFinding.STALE_CODE,
                    Confidence.UNKNOWN,
                    text("Which files its code comes from is not known."),
                ),
            )
        elif old := sight.code[identity]:
            since = max(old.first_at, old.loaded_at)
            count = sight.tasks_since(row.node, row.pid, since)
            yield row.pid, row.create_time, _stale(old, count)


def _stale(old: OldCode, count: int | None) -> Verdict:
    parts: list[Text] = [_what(old)]
    if old.others:
        parts.append(textn("{n} more file changed", "{n} more files changed", old.others))
    if count:
        parts.append(
            textn("{n} task ran on old code since", "{n} tasks ran on old code since", count)
        )
    if not old.certain:
        parts.append(text("what the file held before was not seen"))
    evidence = parts[0]
    for part in parts[1:]:
        evidence = text("{evidence}; {more}", evidence=evidence, more=part)
    confidence = Confidence.CERTAIN if old.certain else Confidence.LIKELY
    return Verdict(WorkerFinding.STALE_CODE, confidence, evidence)


def _what(old: OldCode) -> Text:
    started, changed = clock(old.loaded_at), clock(old.at)
    if old.gone:
        return text(
            "started {started}, {file} is gone since {changed}",
            started=started,
            file=old.path,
            changed=changed,
        )
    return text(
        "started {started}, {file} changed {changed}",
        started=started,
        file=old.path,
        changed=changed,
    )

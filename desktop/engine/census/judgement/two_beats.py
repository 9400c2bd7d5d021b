"""More than one beat for one app: every entry of its schedule is sent more than once."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import msgspec

from desktop.engine.census.brokers import Address
from desktop.engine.census.command_line import parse
from desktop.engine.census.judgement.sight import Judged, Sight, identity_of, name_of
from desktop.engine.census.same_app import same_app
from desktop.engine.model import Verdict, WorkerRow
from desktop.engine.states import Confidence, Owner, Role, WorkerFinding
from desktop.words import text


def two_beats(sight: Sight) -> Iterator[Judged]:
    beats = [row for row in sight.rows if row.owner is not Owner.REMOTE and has_beat(row)]
    for row in beats:
        others = [o for o in beats if o is not row and _one_schedule(sight, row, o)]
        ours = [other for other in others if sight.is_ours(other)]
        if not others or (sight.is_ours(row) and not ours):
            continue  # the other one is too many
        other = (ours or others)[0]
        known = identity_of(row) in sight.broker and identity_of(other) in sight.broker
        verdict = Verdict(
            WorkerFinding.TWO_BEATS,
            Confidence.CERTAIN if known else Confidence.LIKELY,
            text(
                "{other} (process {pid}) schedules the same app: each entry is sent twice.",
                other=name_of(other),
                pid=other.pid,
            ),
        )
        yield row.pid, row.create_time, verdict


def has_beat(row: WorkerRow) -> bool:
    """A beat, or a worker with one inside (``-B``)."""
    if row.role is Role.BEAT:
        return True
    if row.role is not Role.WORKER or ("B" not in row.command and "--beat" not in row.command):
        return False
    command = parse(_words(row.command))
    return command is not None and command.beat


def _words(command: str) -> tuple[str, ...]:
    if command.startswith("["):
        return (command,)
    try:
        return tuple(shlex.split(command))
    except ValueError:
        return tuple(command.split())


def _one_schedule(sight: Sight, one: WorkerRow, other: WorkerRow) -> bool:
    """The same app on the same broker. Where an app's folder or broker can't be known it counts
    as the same only if its name is."""
    places: list[Address | None] = [sight.broker.get(identity_of(row)) for row in (one, other)]
    if all(places) and places[0] != places[1]:
        return False
    if one.this_app and other.this_app:
        return True
    if not (one.app and other.app and one.cwd and other.cwd):
        return False
    as_worker = msgspec.structs.replace(one, role=Role.WORKER)
    return same_app(as_worker, app=other.app, project=other.cwd, broker="")

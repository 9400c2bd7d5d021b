"""Which records of an earlier engine tell of something to go on with. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from desktop.engine.records import Record


def sort_out(
    records: Iterable[Record], boot_id: str
) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """Those to adopt, and those to forget: of another boot of the machine, or written while a
    worker changed hands, when one process is for a moment in two records. The worker's own record
    is the truth then: it is written in between the other two (see takeover.py)."""
    records = tuple(records)
    fresh = {one.spec.name: one for one in records if one.boot_id == boot_id}
    adopted: list[Record] = []
    forgotten: list[Record] = []
    for one in records:
        own = fresh.get(one.spec.of) if one.spec.of else None
        twice = own is not None and one.pid is not None and own.pid == one.pid
        (forgotten if twice or one.boot_id != boot_id else adopted).append(one)
    return tuple(adopted), tuple(forgotten)

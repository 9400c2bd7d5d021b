"""A download's record on disk, beside its file: what is left of it when Redis forgets.

Written when the download is asked for and when it ends, so that a Redis without persistence, or
one that was killed, costs no download. Whoever deletes a download takes its ticket away first.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from web.downloads import files
from web.downloads.records import ENDED, Record

TICKET = ".ticket"
_PASSING = ("change", "wish", "seen_at", "sent_at", "retry_at")


def write(record: Record) -> None:
    """OSError when the store can't be written."""
    kept = {name: value for name, value in record.items() if name not in _PASSING}
    place = files.make(record["id"])
    files.write_whole(place / TICKET, msgspec.json.encode(kept))


def read(download_id: str) -> Record | None:
    """The record as it would be stored again: what had not ended waits once more."""
    try:
        record = msgspec.json.decode(
            (files.folder(download_id) / TICKET).read_bytes(), type=dict[str, str]
        )
    except (OSError, ValueError, msgspec.MsgspecError):
        return None
    if record.get("id") != download_id or not {"url", "created_at", "state"} <= record.keys():
        return None
    if record["state"] not in ENDED | {"PAUSED"}:
        record["state"] = "PENDING"
    return record


def take_away(download_id: str) -> None:
    (files.folder(download_id) / TICKET).unlink(missing_ok=True)


def all_ids() -> Iterator[str]:
    store = files.store()
    for place in store.iterdir() if store.is_dir() else ():
        if files.is_id(place.name) and not place.is_symlink() and (place / TICKET).is_file():
            yield place.name

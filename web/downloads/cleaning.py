"""What the store holds that nobody needs any more, and what Redis has lost."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from filelock import FileLock, Timeout

from web.downloads import files, sharing, tickets
from web.downloads.records import CLEANED, ENDED, Record, Records

FILES_KEPT_S = 7 * 24 * 3600.0
YOUNG_S = 60.0
"""A folder this young may belong to a download that is just being written down."""
SHARED_KEPT_S = 24 * 3600.0


def clean_store(records: Records, files_kept_s: float) -> dict[str, int]:
    """Remove and restore; how many of each: files, partials, records, restored; and what is left:
    ``kept_files``, ``kept_bytes``. Leaves alone whatever a transfer has locked."""
    counts = dict.fromkeys(("files", "partials", "records", "restored"), 0)
    store = files.store()
    for place in store.iterdir() if store.is_dir() else ():
        if place.is_symlink() or not place.is_dir() or not files.is_id(place.name):
            continue
        _clean_folder(records, place, files_kept_s, counts)
    for download_id in records.all_ids():
        if records.get(download_id) is None:
            records.delete(download_id)
            counts["records"] += 1
    records.forget_old_changes()
    sharing.sweep(SHARED_KEPT_S)
    kept = _kept(store)
    counts |= {"kept_files": len(kept), "kept_bytes": sum(kept)}
    records.redis.set(CLEANED, json.dumps({"at": time.time(), **counts}))
    return counts


def restore(records: Records) -> int:
    """Put back the records that are on the disk and not in Redis. How many there were."""
    restored = 0
    for download_id in tickets.all_ids():
        if records.get(download_id) is None:
            ticket = tickets.read(download_id)
            if ticket is not None and records.put(ticket):
                restored += 1
    return restored


def _clean_folder(
    records: Records, place: Path, files_kept_s: float, counts: dict[str, int]
) -> None:
    touched_at = place.stat().st_mtime  # before our own lock touches it
    lock = FileLock(place / sharing.LOCK, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return
    try:
        record = records.get(place.name)
        ticket = tickets.read(place.name)
        age_s = time.time() - _instant(record or ticket, touched_at)
        if record is None:
            if ticket is not None and age_s <= files_kept_s:
                counts["restored"] += records.put(ticket)
            elif age_s > YOUNG_S or ticket is not None:
                _remove(place, counts)
        elif record["state"] in ENDED and age_s > files_kept_s:
            _remove(place, counts)
        elif record["state"] in ENDED:
            partial = place / files.PARTIAL
            if partial.exists() and record["state"] != "SUCCESS":
                # What failed for good may still be retried, and goes on where it stopped, for a
                # while; what was cancelled has no folder.
                if age_s > min(files_kept_s, SHARED_KEPT_S):
                    partial.unlink(missing_ok=True)
                    counts["partials"] += 1
            elif partial.exists():
                partial.unlink(missing_ok=True)
                counts["partials"] += 1
        for fresh in place.glob("*.new"):
            fresh.unlink(missing_ok=True)
    finally:
        lock.release()
    if not any(place.glob("[!.]*")) and not (place / tickets.TICKET).exists():
        shutil.rmtree(place, ignore_errors=True)


def _instant(record: Record | None, otherwise: float) -> float:
    try:
        return float(
            (record or {}).get("ended_at") or (record or {}).get("created_at") or otherwise
        )
    except ValueError:
        return otherwise


def _remove(place: Path, counts: dict[str, int]) -> None:
    whole = [one for one in place.iterdir() if not one.name.startswith(".")]
    counts["files" if whole else "partials"] += 1
    shutil.rmtree(place, ignore_errors=True)


def _kept(store: Path) -> list[int]:
    return [
        path.lstat().st_size
        for path in store.glob("[0-9a-f]*/[!.]*")
        if path.is_file() and not path.is_symlink()
    ]

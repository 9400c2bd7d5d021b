"""The tasks of the downloads app: fetch one file, and clean up."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING, Any

from celery.exceptions import SoftTimeLimitExceeded

from web.broker import BROKER_URL
from web.celery_app import celery_app
from web.downloads.failures import DownloadError

if TYPE_CHECKING:
    from web.downloads.records import Records

RETRIES = 3
RETRY_PAUSE_S = 60
"""The guide: at most three retries, 60 s apart."""
FILES_KEPT_S = 7 * 24 * 3600.0


@celery_app.task(  # type: ignore[untyped-decorator]
    bind=True,
    name="web.downloads.tasks.download",
    max_retries=RETRIES,
    ignore_result=False,
    throws=(DownloadError,),
)
def download(self: Any, download_id: str) -> dict[str, str]:
    """Fetch one download into the store. Safe to run twice: a whole file is never fetched again.

    A download that fails is a task that fails: whoever counts tasks must not call it done.
    """
    from web.downloads import files
    from web.downloads.fetch import CancelledError, fetch
    from web.downloads.records import failure_fields

    records = _records()
    record = records.get(download_id)
    if record is None or record["state"] in {"SUCCESS", "REVOKED"}:
        return {"state": record["state"] if record else "REVOKED"}
    if records.cancelled(download_id):
        return _end(records, download_id, "REVOKED")
    attempt = self.request.retries + 1
    records.update(
        download_id, state="STARTED", attempt=str(attempt), done_bytes="0", total_bytes="", error=""
    )

    def report(done_bytes: int, total_bytes: int | None) -> bool:
        records.update(download_id, done_bytes=str(done_bytes), total_bytes=str(total_bytes or ""))
        return not records.cancelled(download_id)

    try:
        fetched = fetch(
            download_id,
            record["url"],
            filename=record.get("filename", ""),
            sha256=record.get("wanted_sha256", ""),
            report=report,
        )
    except CancelledError:
        files.remove(download_id)
        return _end(records, download_id, "REVOKED")
    except SoftTimeLimitExceeded:
        limit_s = int((self.request.timelimit or (None, None))[1] or 600)
        words = failure_fields("too-long", {"minutes": str(limit_s // 60)})
        _end(records, download_id, "FAILURE", **words)
        raise
    except DownloadError as error:
        words = failure_fields(error.code, error.details)
        if error.transient and self.request.retries < RETRIES:
            records.update(download_id, state="RETRY", **words)
            pause_s = error.retry_after_s or _retry_pause_s()
            raise self.retry(countdown=pause_s, exc=error) from None
        _end(records, download_id, "FAILURE", **words)
        raise
    return _end(
        records,
        download_id,
        "SUCCESS",
        name=fetched.name,
        size_bytes=str(fetched.size_bytes),
        sha256=fetched.sha256,
        error="",
    )


@celery_app.task(name="web.downloads.tasks.clean")  # type: ignore[untyped-decorator]
def clean(files_kept_s: float = FILES_KEPT_S) -> dict[str, int]:
    """Remove files past their time, partial files that nobody writes, and lost index entries."""
    from web.downloads import files
    from web.downloads.records import ENDED

    records = _records()
    counts = {"files": 0, "partials": 0, "records": 0}
    for download_id in records.all_ids():
        if records.get(download_id) is None:
            records.delete(download_id)
            counts["records"] += 1
    store = files.store()
    for folder in store.iterdir() if store.is_dir() else ():
        if not folder.is_dir() or folder.is_symlink():
            continue
        record = records.get(folder.name)
        age_s = time.time() - folder.stat().st_mtime
        partial = folder / ".partial"
        if record is None or (record["state"] in ENDED and age_s > files_kept_s):
            shutil.rmtree(folder, ignore_errors=True)
            counts["files"] += 1
        elif record["state"] in ENDED and partial.exists():
            partial.unlink(missing_ok=True)
            counts["partials"] += 1
    return counts


def _end(records: Records, download_id: str, state: str, **fields: str) -> dict[str, str]:
    records.update(download_id, state=state, ended_at=repr(time.time()), **fields)
    return {"state": state, **fields}


def _retry_pause_s() -> float:
    return float(os.environ.get("CELERY_TRAY_RETRY_PAUSE_S") or RETRY_PAUSE_S)


def _records() -> Records:
    from web.downloads.records import Records

    return Records(BROKER_URL)

"""A download as the API shows it."""

from __future__ import annotations

import json
from urllib.parse import quote

from web.downloads import files
from web.downloads.delivery import preview_kind
from web.downloads.failures import explain
from web.downloads.limits import RETRIES
from web.downloads.records import Record
from web.language import Language


def document(record: Record, lang: Language) -> dict[str, object]:
    """The fixed fields of the contract and what was added. A file is shown only if it is there,
    and the credentials of an address never are."""
    state = record["state"]
    file: dict[str, object] | None = None
    error: dict[str, str] | None = None
    if state == "SUCCESS":
        file = _file(record)
        if file is None:
            error = explain("file-gone", {}, lang)
    elif record.get("error"):
        error = explain(record["error"], _details(record), lang)
    total = record.get("total_bytes", "")
    retry_at = record.get("retry_at", "") if state == "RETRY" else ""
    return {
        "id": record["id"],
        "url": record["url"],
        "state": state,
        # Of two answers that overtook each other the one with the higher number is true.
        "change": int(record.get("change") or 0),
        "created_at": float(record["created_at"]),
        "ended_at": float(record["ended_at"]) if record.get("ended_at") else None,
        "retry_at": float(retry_at) if retry_at else None,
        "progress": {
            "done_bytes": int(record.get("done_bytes") or 0),
            "total_bytes": int(total) if total else None,
        },
        "attempt": int(record.get("attempt") or 0),
        "attempts_max": RETRIES + 1,
        "has_password": bool(record.get("auth")),
        "file": file,
        "error": error,
    }


def _file(record: Record) -> dict[str, object] | None:
    name = record.get("name", "")
    path = files.finished(record["id"], name)
    size = int(record.get("size_bytes") or 0)
    # Another size is another file: somebody changed it.
    if path is None or path.stat().st_size != size:
        return None
    place = f"{record['id']}/{quote(name, safe='')}"
    kind = preview_kind(name)
    return {
        "name": name,
        "size_bytes": size,
        "sha256": record.get("sha256", ""),
        "href": f"/files/{place}",
        "preview": {"kind": kind, "href": f"/preview/{place}"} if kind else None,
    }


def _details(record: Record) -> dict[str, str]:
    try:
        found = json.loads(record.get("error_details") or "{}")
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}

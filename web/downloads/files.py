"""The file store: a folder a download, a partial file while it comes, the file when whole."""

from __future__ import annotations

import os
import re
import shutil
from email.message import Message
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pathvalidate

from web.downloads.failures import DownloadError

NAME_MAX_BYTES = 200
ENDING_MAX_CHARS = 20
FREE_BYTES_DEFAULT = 1024**3
"""The guide's threshold: more than 1 GB of disk stays free."""
_ID = re.compile(r"[0-9a-f]{32}")


def store() -> Path:
    """The folder of the file store: ``CELERY_TRAY_FILES``, else the platform's place for data."""
    chosen = os.environ.get("CELERY_TRAY_FILES")
    if chosen:
        return Path(chosen)
    import platformdirs

    return platformdirs.user_data_path("celery-tray", appauthor=False) / "files"


def folder(download_id: str) -> Path:
    """Folder of one download. ValueError for anything that is not an id of ours."""
    if not _ID.fullmatch(download_id):
        raise ValueError(download_id)
    return store() / download_id


def partial(download_id: str) -> Path:
    return folder(download_id) / ".partial"


def finished(download_id: str, name: str) -> Path | None:
    """The whole file, if it is there under exactly this name and is a plain file of ours."""
    if name != safe_name(name):
        return None
    path = folder(download_id) / name
    return path if path.is_file() and not path.is_symlink() else None


def remove(download_id: str) -> None:
    shutil.rmtree(folder(download_id), ignore_errors=True)


def safe_name(name: str, fallback: str = "download") -> str:
    """A file name that every system takes, and that leads nowhere else."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(
        c
        for c in last
        if c.isprintable() and c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
    stem, dot, ending = visible.rpartition(".")
    if not stem or len(ending) > ENDING_MAX_CHARS:
        stem, dot, ending = visible, "", ""
    while len(f"{stem}{dot}{ending}".encode()) > NAME_MAX_BYTES:
        stem = stem[:-1]
    clean = pathvalidate.sanitize_filename(
        f"{stem}{dot}{ending}", replacement_text="_", platform="universal"
    )
    clean = str(clean).strip(" .")
    return clean or fallback


def name_for(url: str, disposition: str, wanted: str = "") -> str:
    """What to call the file: the person's word, else the server's, else the end of the URL."""
    if wanted:
        return safe_name(wanted)
    if disposition:
        header = Message()
        header["content-disposition"] = disposition
        said = header.get_filename()
        if said:
            return safe_name(said)
    return safe_name(unquote(urlsplit(url).path, errors="replace").rstrip("/"))


def check_space(needed_bytes: int) -> None:
    """Raises :class:`DownloadError` when the disk would get too full."""
    keep = int(os.environ.get("CELERY_TRAY_MIN_FREE_BYTES") or FREE_BYTES_DEFAULT)
    if shutil.disk_usage(store()).free - needed_bytes < keep:
        raise DownloadError("disk", free=keep)

"""The file store: a folder a download, a partial file while it comes, the file when whole."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from web.downloads.failures import DownloadError
from web.downloads.names import safe_name

PARTIAL = ".partial"
_ID = re.compile(r"[0-9a-f]{32}")


def store() -> Path:
    """The folder of the file store: ``CELERY_TRAY_FILES``, else the platform's place for data."""
    chosen = os.environ.get("CELERY_TRAY_FILES")
    if chosen:
        return Path(chosen)
    import platformdirs

    return platformdirs.user_data_path("celery-tray", appauthor=False) / "files"


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def folder(download_id: str) -> Path:
    """Folder of one download. ValueError for anything that is not an id of ours."""
    if not is_id(download_id):
        raise ValueError(download_id)
    return store() / download_id


def finished(download_id: str, name: str) -> Path | None:
    """The whole file, if it is there under exactly this name and is a plain file of ours."""
    if not name or name != safe_name(name):
        return None
    place = folder(download_id)
    path = place / name
    # A link, also one in place of the folder, would lead out of the store.
    return path if path.is_file() and not path.is_symlink() and not place.is_symlink() else None


def remove(download_id: str) -> None:
    """The folder of a download with all that is in it; a link is taken away, not followed."""
    place = folder(download_id)
    if place.is_symlink():
        place.unlink(missing_ok=True)
    else:
        shutil.rmtree(place, ignore_errors=True)


def make(download_id: str) -> Path:
    """The folder of a download, there and its own (0700)."""
    place = folder(download_id)
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.is_dir():
        place.mkdir(mode=0o700, exist_ok=True)
        sync_folder(place.parent)
    return place


def check_space(needed_bytes: int, keep_bytes: int) -> None:
    """Raises :class:`DownloadError` when the disk would get too full."""
    if shutil.disk_usage(store()).free - needed_bytes < keep_bytes:
        raise DownloadError("disk", free=f"{keep_bytes / 1e9:.1f} GB")


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file so that after a crash it is the old one or the new one."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def sync_folder(place: Path) -> None:
    """Make the names in a folder outlive a loss of power."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

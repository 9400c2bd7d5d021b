"""What we started, on disk: pid, create time and boot id of each child, with its spec.

A record exists from the moment a service is wanted until it has stopped, so the next engine knows
what to adopt, what to start again, and what was already asked to stop.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

import msgspec

from desktop.engine.model import ServiceSpec
from desktop.paths import Home, StackHome, stack_id

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Record(msgspec.Struct, frozen=True):
    """One service that somebody wants running."""

    spec: ServiceSpec
    boot_id: str
    pid: int | None = None
    """None while it waits for its next start."""
    create_time: float | None = None
    started_at: float | None = None
    stopping: bool = False
    """Nobody wants it any more; it may be finishing tasks."""
    asked: bool = True
    """It was told so. Else its turn had not come: others that need it had to end first."""
    ready: bool = True
    """It has answered in its life."""
    restarts: int = 0


class Records:
    """The records of one stack. All methods raise OSError when the disk refuses."""

    def __init__(self, home: StackHome) -> None:
        self._folder = home.records

    def load(self, *, set_aside: bool = True) -> tuple[tuple[Record, ...], tuple[Path, ...]]:
        """The records that can be read, and the files that can't, earlier ones included.

        A file that can't be read is ``set_aside`` under another name, never deleted: it may be
        the only trace of a running process.
        """
        records, broken = [], sorted(self._folder.glob("*.broken-*"))
        for path in sorted(self._folder.glob("*.json")):
            try:
                records.append(msgspec.json.decode(path.read_bytes(), type=Record))
            except (msgspec.MsgspecError, UnicodeDecodeError, OSError):
                aside = path.with_name(f"{path.name}.broken-{int(time.time())}")
                with contextlib.suppress(OSError):
                    broken.append(path.replace(aside) if set_aside else path)
        return tuple(records), tuple(broken)

    def save(self, record: Record) -> None:
        """Write one record; a crash leaves either the old or the new one, whole."""
        data = msgspec.json.encode(record)
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".record-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(name).replace(self._path(record.spec.name))
        except OSError:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise

    def remove(self, service: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._path(service).unlink()

    def _path(self, service: str) -> Path:
        return self._folder / f"{service}.json"


def anything_recorded(home: Home, project: str) -> bool:
    """Whether an engine would have something to adopt: a stop then has something to do."""
    folder = home.stack(stack_id(Path(project) if project else None)).records
    return any(folder.glob("*.json"))


def boot_id() -> str:
    """What tells this boot of the machine from any other; pids mean nothing across boots."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        pass
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(
            ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        ).stdout.strip()
    return "unknown"

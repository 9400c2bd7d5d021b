"""What cleanups did can be read, whatever happened to the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop.engine.cleanup import audit as audits
from desktop.engine.cleanup.audit import Audit, entry
from desktop.words import text


def test_the_newest_come_first(tmp_path: Path) -> None:
    path = tmp_path / "cleanup.log"
    audit = Audit(path)
    assert audit.read(10) == ()
    entries = [entry("asked", text("{n} was asked.", n=n), pid=n) for n in range(5)]
    audit.write(entries[:3])
    audit.write(entries[3:])
    assert audit.read(10) == tuple(reversed(entries))
    assert [one.pid for one in audit.read(2)] == [4, 3]
    assert path.stat().st_mode & 0o777 == 0o600


def test_lines_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "cleanup.log"
    audit = Audit(path)
    audit.write([entry("asked", text("One."))])
    with path.open("ab") as file:
        file.write(b'{"at": "soon"}\n\xff\xfe\n{"at": 1.0, "wh\n[]\n')
    audit.write([entry("stopped", text("Two."))])
    with path.open("ab") as file:
        file.write(b'{"at": 3.0, "what": "left", "wor')
    assert [one.what for one in audit.read(10)] == ["stopped", "asked"]


def test_a_large_log_is_moved_aside_and_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audits, "CAP_BYTES", 100)
    audit = Audit(tmp_path / "cleanup.log")
    for n in range(3):
        audit.write([entry("asked", text("Something that is long enough."), pid=n)])
    assert (tmp_path / "cleanup.log.1").exists()
    assert [one.pid for one in audit.read(2)] == [2, 1]


def test_a_disk_that_refuses_is_not_in_the_way(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "nowhere" / "cleanup.log")
    audit.write([entry("asked", text("One."))])
    assert audit.read(10) == ()

"""A crash at any instant leaves the old state or the new one."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.downloads.conftest import Fetch, new_id
from tests.web.downloads.origin import DATA, SLOW, Origin
from web.downloads import files, partial, sharing
from web.downloads.partial import Facts, Partial, Whole

INSTANTS = ["0.02", "0.05", "0.1", "0.2", "synced", "0.1", "0.3", "synced", "0.05"]


def test_a_process_that_is_killed_again_and_again_ends_with_the_very_file(
    origin: Origin, store: Path
) -> None:
    one, key = new_id(), new_id()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.web.downloads.crasher",
            origin.url("slow", key),
            one,
            *INSTANTS,
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    *named, last = done.stdout.splitlines()
    assert all(line == f"slow {len(SLOW)}" for line in named)
    assert last == f"whole slow {len(SLOW)} {hashlib.sha256(SLOW).hexdigest()}"
    assert (store / one / "slow").read_bytes() == SLOW
    starts = [asked.first_byte or 0 for asked in origin.requests("slow", key)]
    assert starts == sorted(starts), "what was on the disk once is not fetched again"
    assert starts[-1] > 0


@pytest.mark.parametrize("step", ["note", "rename", "after"])
def test_each_step_of_the_end_can_be_the_last(
    step: str, origin: Origin, run: Fetch, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between two steps of giving the file its name."""

    class CrashError(BaseException):
        pass

    def crash(*args: object, **more: object) -> None:
        raise CrashError

    one = new_id()
    with monkeypatch.context() as patched:
        if step == "note":
            patched.setattr(partial.Partial, "note", crash)
        elif step == "rename":
            patched.setattr(Path, "replace", _only(".facts", Path.replace, crash))
        else:
            patched.setattr(sharing, "remember", crash)
        with pytest.raises(CrashError):
            run(origin.url("plain", one), download_id=one)
    assert [p.name for p in (store / one).glob("[!.]*")] == (["plain"] if step == "after" else [])
    assert run(origin.url("plain", one), download_id=one).size_bytes == len(DATA)
    assert (store / one / "plain").read_bytes() == DATA
    asked = len(origin.requests("plain", one))
    assert asked == (2 if step == "note" else 1), "a complete file is not fetched again"


def _only(part: str, real: object, other: object) -> object:
    def replace(self: Path, target: Path) -> object:
        return (real if part in self.name else other)(self, target)  # type: ignore[operator]

    return replace


def test_a_disk_that_fills_up_in_the_middle_is_told_and_goes_on_later(
    origin: Origin, run: Fetch, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from web.downloads.failures import DownloadError

    real = partial.Writer.write

    def full(self: partial.Writer, data: bytes) -> None:
        if self.size_bytes > 600_000:
            raise OSError(28, os.strerror(28))
        real(self, data)

    one = new_id()
    with monkeypatch.context() as patched:
        patched.setattr(partial.Writer, "write", full)
        with pytest.raises(DownloadError) as failed:
            run(origin.url("slow", one), download_id=one)
    assert failed.value.code == "disk"
    run(origin.url("slow", one), download_id=one)
    assert (store / one / "slow").read_bytes() == SLOW
    assert (origin.requests("slow", one)[1].first_byte or 0) > 500_000


def test_a_promise_without_its_file_is_not_believed(store: Path) -> None:
    folder = files.make(new_id())
    part = Partial(folder)
    part.note(Facts("http://x/", whole=Whole("a", 5, "0" * 64)))
    assert part.settled() is None
    (folder / "a").write_bytes(b"1234")
    assert part.settled() is None
    (folder / "a").unlink()
    (folder / "a").symlink_to("/etc/passwd")
    assert part.settled() is None
    (folder / "a").unlink()
    (folder / ".partial").write_bytes(b"12345")
    assert part.settled() == Whole("a", 5, "0" * 64)
    assert (folder / "a").read_bytes() == b"12345"


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b'{"url": 5}', b"\xff\xfe", b"null"])
def test_broken_facts_are_no_facts(broken: bytes, origin: Origin, run: Fetch, store: Path) -> None:
    one = new_id()
    folder = files.make(one)
    (folder / ".facts").write_bytes(broken)
    (folder / ".partial").write_bytes(b"old bytes of nobody knows what")
    run(origin.url("plain", one), download_id=one)
    assert (folder / "plain").read_bytes() == DATA


def test_a_link_in_place_of_the_partial_file_is_not_followed(
    origin: Origin, run: Fetch, store: Path, tmp_path: Path
) -> None:
    from web.downloads.failures import DownloadError

    one = new_id()
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (files.make(one) / ".partial").symlink_to(precious)
    with pytest.raises(DownloadError) as refused:
        run(origin.url("plain", one), download_id=one)
    assert refused.value.code == "store"
    assert precious.read_text() == "mine"

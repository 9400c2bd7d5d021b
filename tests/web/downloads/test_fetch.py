"""A download ends as the very file, or as an honest failure, whatever the server does."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path

import pytest

from tests.web.downloads.conftest import QUICK, Fetch, new_id
from tests.web.downloads.origin import CASES, CUT_AT, DATA, Case, Origin
from web.downloads import partial
from web.downloads.failures import WORDS, DownloadError
from web.downloads.fetch import StoppedError


@pytest.mark.parametrize(
    "case", [one for one in CASES.values() if one.runs], ids=lambda case: case.name
)
def test_it_ends_as_it_should(case: Case, origin: Origin, run: Fetch, store: Path) -> None:
    one = new_id()
    url = origin.url(case.name, one)
    for _ in range(case.runs - 1):
        with pytest.raises(DownloadError) as broken:
            run(url, download_id=one)
        assert broken.value.transient
    if case.file is None:
        with pytest.raises(DownloadError) as failed:
            run(url, download_id=one)
        assert failed.value.code == case.code
        assert failed.value.code in WORDS
        assert not _named_files(store, one)
        return
    whole = run(url, download_id=one)
    assert whole.sha256 == hashlib.sha256(case.file).hexdigest()
    assert whole.size_bytes == len(case.file)
    assert _named_files(store, one) == [whole.name]
    assert (store / one / whole.name).read_bytes() == case.file
    if not case.name.startswith("name_") or case.filename != case.name:
        assert whole.name == case.filename


def test_a_resume_asks_only_for_the_rest(origin: Origin, run: Fetch) -> None:
    one = new_id()
    url = origin.url("range_right", one)
    with pytest.raises(DownloadError):
        run(url, download_id=one)
    run(url, download_id=one)
    _, second = origin.requests("range_right", one)
    assert second.first_byte == CUT_AT
    assert second.headers["if-range"] == '"v1"'


def test_what_is_not_surely_on_the_disk_is_fetched_again(
    origin: Origin, run: Fetch, store: Path
) -> None:
    """The machine lost its power: the file has its length, and zeros at its end."""
    one = new_id()
    url = origin.url("range_right", one)
    with pytest.raises(DownloadError):
        run(url, download_id=one)
    kept = partial.Partial(store / one)
    facts = kept.facts()
    assert facts is not None
    kept.note(partial.Facts(facts.url, facts.etag, "", facts.total_bytes, 50_000))
    kept.path.write_bytes(DATA[:50_000] + bytes(CUT_AT - 50_000))
    run(url, download_id=one)
    assert origin.requests("range_right", one)[1].first_byte == 50_000
    assert (store / one / "range_right").read_bytes() == DATA


def test_retry_after_is_told_in_seconds(origin: Origin, run: Fetch) -> None:
    for name, least, most in (("busy_for_seconds", 7, 7), ("busy_until_a_date", 60, 90)):
        with pytest.raises(DownloadError) as busy:
            run(origin.url(name), download_id=new_id())
        assert busy.value.transient
        assert least <= (busy.value.retry_after_s or 0) <= most


def test_credentials_go_to_their_host_alone(origin: Origin, run: Fetch) -> None:
    one = new_id()
    whole = run(origin.url("password_needed"), download_id=one, auth="user:pa ss")
    assert whole.size_bytes == len(DATA)
    run(origin.url("redirect_to_another_host", one), download_id=new_id(), auth="user:pa ss")
    first, second = (
        origin.requests("redirect_to_another_host")[-1:],
        origin.requests("redirect_to_another_host", one),
    )
    assert "authorization" in second[0].headers
    assert "authorization" not in first[0].headers


def test_a_wrong_sum_leaves_no_file(origin: Origin, run: Fetch, store: Path) -> None:
    one = new_id()
    with pytest.raises(DownloadError) as wrong:
        run(origin.url("plain"), download_id=one, sha256="0" * 64)
    assert wrong.value.code == "checksum"
    assert not _named_files(store, one)
    right = hashlib.sha256(DATA).hexdigest().upper()
    assert run(origin.url("plain"), download_id=one, sha256=right).size_bytes == len(DATA)


@pytest.mark.parametrize("name", ["plain", "chunked", "gzip_insisted", "no_length_at_all"])
def test_a_file_above_the_limit_is_refused(name: str, origin: Origin, run: Fetch) -> None:
    with pytest.raises(DownloadError) as large:
        run(origin.url(name, new_id()), limits=QUICK._replace(file_max_bytes=200_000))
    assert large.value.code == "too-large"


@pytest.mark.parametrize("name", ["plain", "chunked"])
def test_a_disk_that_gets_too_full_is_told(name: str, origin: Origin, run: Fetch) -> None:
    with pytest.raises(DownloadError) as full:
        run(origin.url(name, new_id()), limits=QUICK._replace(keep_free_bytes=10**18))
    assert full.value.code == "disk"


@pytest.mark.parametrize("name", ["silent_answer", "silent_body"])
def test_a_silent_server_does_not_keep_from_stopping(name: str, origin: Origin, run: Fetch) -> None:
    stop = threading.Event()

    def look(done: int, total: int | None) -> None:
        if stop.is_set():
            raise StoppedError("cancel")

    threading.Timer(0.3, stop.set).start()
    begun = time.monotonic()
    with pytest.raises(StoppedError):
        run(origin.url(name, new_id()), look=look, limits=QUICK._replace(answer_s=60, stall_s=60))
    assert time.monotonic() - begun < 20  # and not after the minute that the server has


def test_the_same_address_at_once_is_one_transfer(origin: Origin, run: Fetch, store: Path) -> None:
    key = new_id()
    ids = [new_id() for _ in range(4)]
    url = origin.url("shared", key)
    threads = [threading.Thread(target=run, args=(url,), kwargs={"download_id": i}) for i in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bodies = [one for one in origin.requests("shared", key) if "if-none-match" not in one.headers]
    assert len(bodies) == 1
    assert {(store / one / "shared").read_bytes() for one in ids} == {DATA}
    (store / ids[0] / "shared").unlink()
    assert (store / ids[1] / "shared").read_bytes() == DATA


def test_a_file_that_somebody_changed_is_not_taken_over(
    origin: Origin, run: Fetch, store: Path
) -> None:
    url = origin.url("shared", new_id())
    first, second = new_id(), new_id()
    run(url, download_id=first)
    (store / first / "shared").write_bytes(b"x" * len(DATA))
    run(url, download_id=second)
    assert (store / second / "shared").read_bytes() == DATA


def test_one_server_is_asked_for_so_many_at_once(origin: Origin, run: Fetch) -> None:
    limits = QUICK._replace(per_host=2)
    threads = [
        threading.Thread(
            target=run,
            args=(origin.url("counted", str(n)),),
            kwargs={"download_id": new_id(), "limits": limits},
        )
        for n in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert origin_peak() == 2


def origin_peak() -> int:
    from tests.web.downloads import origin

    return origin.peak[0]


def _named_files(store: Path, one: str) -> list[str]:
    return sorted(path.name for path in (store / one).glob("[!.]*"))

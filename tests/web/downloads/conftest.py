"""One origin for all tests, and a store for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.web.downloads.origin import Origin, served
from web.downloads.fetch import Order, fetch
from web.downloads.limits import Limits
from web.downloads.partial import Whole
from web.downloads.records import Records

QUICK = Limits(
    keep_free_bytes=0, file_max_bytes=200_000_000, connect_s=2.0, answer_s=1.0, stall_s=1.0
)

Fetch = Callable[..., Whole]


@pytest.fixture(scope="session")
def origin() -> Iterator[Origin]:
    yield from served()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CELERY_TRAY_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("CELERY_TRAY_ALLOW_PRIVATE", "1")
    return tmp_path / "files"


@pytest.fixture
def run(store: Path) -> Fetch:
    """``run(url, …)``: one run of the fetch, with limits that fit a test."""

    def fetched(
        url: str,
        *,
        download_id: str = "0" * 32,
        look: Callable[[int, int | None], None] = lambda done, total: None,
        limits: Limits = QUICK,
        **order: str,
    ) -> Whole:
        return fetch(Order(download_id, url, **order), look, limits)

    return fetched


def new_id() -> str:
    return Records.fresh("", "", "", "")["id"]

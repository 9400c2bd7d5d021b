"""The downloads app as it is used, for all tests that need it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.downloads.rig import Rig


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Redis, worker and web server, shared: whoever ends one of them starts it again."""
    one = Rig(tmp_path_factory.mktemp("rig"))
    try:
        one.start("redis")
        one.start("web", "worker")
        yield one
    finally:
        one.close()

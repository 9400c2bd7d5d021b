"""Environments without Flower, and an index that has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.paths import Home
from tests.without_flower import PackageIndex, make_environment, package_index


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An interpreter that has all that we need but Flower."""
    return make_environment(tmp_path / "bare")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index") / "wheels"


@pytest.fixture
def index(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    with package_index(wheels) as served:
        for name, value in served.environment.items():
            monkeypatch.setenv(name, value)
        yield served

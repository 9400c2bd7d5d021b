"""Which folder is the project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from desktop.engine.project import config_file, find_project


def test_the_nearest_parent_with_a_configuration_is_the_project(tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer", tmp_path / "outer" / "inner"
    deep = inner / "a" / "b"
    deep.mkdir(parents=True)
    (outer / "celery-tray.toml").write_text('app = "outer:app"')
    assert find_project(deep) == outer.resolve()
    (inner / "pyproject.toml").write_text('[tool.celery-tray]\napp = "inner:app"')
    assert find_project(deep) == inner.resolve()


def test_a_folder_without_any_is_the_bundled_app(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "celery-tray"\n[tool.ruff]\n')
    assert find_project(tmp_path) is None


def test_our_own_file_wins_over_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.celery-tray]")
    assert config_file(tmp_path) == (tmp_path / "pyproject.toml", ("tool", "celery-tray"))
    (tmp_path / "celery-tray.toml").touch()
    assert config_file(tmp_path) == (tmp_path / "celery-tray.toml", ())


@pytest.mark.parametrize(
    "content",
    ["[tool.celery-tray]\napp = ", '[tool . "celery-tray".redis]\nurl = ', "tool.x = celery-tray"],
)
def test_a_broken_pyproject_is_ours_when_it_has_our_table(tmp_path: Path, content: str) -> None:
    (tmp_path / "pyproject.toml").write_text(content)
    assert (find_project(tmp_path) is not None) == content.startswith("[tool")


def test_a_link_to_nowhere_is_found_so_that_it_can_be_told(tmp_path: Path) -> None:
    (tmp_path / "celery-tray.toml").symlink_to(tmp_path / "gone")
    assert find_project(tmp_path) == tmp_path.resolve()


def test_it_imports_nothing_heavy() -> None:
    heavy = ("msgspec", "tomllib", "celery", "redis", "psutil", "asyncio")
    code = f"import sys, desktop.engine.project; print([m for m in {heavy!r} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"

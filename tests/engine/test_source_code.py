"""A project's code by its content."""

from __future__ import annotations

import os
from pathlib import Path

from desktop.engine.source_code import SourceCode


def write(path: Path, content: str = "A = 1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_content_counts_and_not_the_time(tmp_path: Path) -> None:
    module = write(tmp_path / "shop" / "tasks.py")
    code = SourceCode([tmp_path], tmp_path / ".venv")
    before = code.look()
    os.utime(module)
    assert code.look() == before
    module.write_text("A = 2\n")
    assert code.look() != before
    module.write_text("A = 1\n")
    assert code.look() == before
    module.unlink()
    assert code.look() == {}


def test_environments_caches_and_swap_files_are_no_code(tmp_path: Path) -> None:
    module = write(tmp_path / "tasks.py")
    for other in (
        "env/lib/python3.11/site-packages/celery/app.py",
        "other/lib/python3.11/site-packages/x.py",
        "node_modules/gyp/a.py",
        "__pycache__/tasks.py",
        ".git/hook.py",
        ".#tasks.py",
        "#tasks.py#",
    ):
        write(tmp_path / other)
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere")
    code = SourceCode([tmp_path], tmp_path / "env")
    assert set(code.look()) == {str(module)}
    assert code.concerns(str(module))
    assert code.concerns(str(tmp_path / "new-folder"))
    assert not code.concerns(str(tmp_path / "env" / "lib" / "a.py"))
    assert not code.concerns(str(tmp_path / ".git" / "index"))
    assert not code.concerns(str(tmp_path / "app.log"))


def test_a_project_in_a_hidden_folder_is_watched_all_the_same(tmp_path: Path) -> None:
    module = write(tmp_path / ".work" / "shop" / "tasks.py")
    code = SourceCode([module.parents[1], module.parent], tmp_path / "env")
    assert code.roots == (module.parents[1],), "each folder once"
    assert set(code.look()) == {str(module)}
    assert code.concerns(str(module))

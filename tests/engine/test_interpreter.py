"""Which Python runs the project, and in which environment."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from desktop.engine import interpreter
from desktop.engine.errors import ServiceError


@pytest.fixture(autouse=True)
def _no_active_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)


def environment_at(folder: Path) -> Path:
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (folder / "pyvenv.cfg").touch()
    return python


def test_the_projects_own_environment_is_found_the_most_usual_first(tmp_path: Path) -> None:
    for name in ("env", "venv", ".venv"):
        python = environment_at(tmp_path / name)
        assert interpreter.default(tmp_path) == str(python)


def test_the_active_environment_counts_when_it_lies_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    inside, outside = environment_at(project / "py311"), environment_at(tmp_path / "other")
    monkeypatch.setenv("VIRTUAL_ENV", str(outside.parent.parent))
    assert interpreter.default(project) == sys.executable
    monkeypatch.setenv("VIRTUAL_ENV", str(inside.parent.parent))
    assert interpreter.default(project) == str(inside)


def test_without_any_it_is_the_one_that_runs_us_unless_frozen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert interpreter.default(tmp_path) == sys.executable
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert interpreter.default(tmp_path) == ""


def test_a_named_one_is_relative_to_the_project_and_its_link_is_kept(tmp_path: Path) -> None:
    python = environment_at(tmp_path / "tools" / "py")
    assert interpreter.configured(tmp_path, "tools/py/bin/python") == str(python)
    assert interpreter.configured(tmp_path, str(python)) == str(python)
    assert interpreter.configured(tmp_path / "a", "../tools/py/bin/python") == str(python)


def test_a_bare_name_is_looked_up_in_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = environment_at(tmp_path / "py")
    monkeypatch.setenv("PATH", str(python.parent))
    assert interpreter.configured(tmp_path, "python") == str(python)
    assert interpreter.configured(tmp_path, "python9") == "python9"


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("", "has no virtual environment"),
        ("gone/bin/python", "There is no interpreter at"),
        (".", "is no program that can be run"),
        ("plain", "is no program that can be run"),
    ],
)
def test_what_can_not_be_run_is_told_with_a_next_step(
    tmp_path: Path, python: str, words: str
) -> None:
    (tmp_path / "plain").touch(mode=0o600)
    with pytest.raises(ServiceError) as caught:
        interpreter.check(str(tmp_path / python) if python else "", str(tmp_path))
    assert words in str(caught.value)
    assert caught.value.problem.code == "interpreter-missing"
    assert str(caught.value.problem.next_step)


def test_an_interpreter_that_runs_is_no_problem(tmp_path: Path) -> None:
    interpreter.check(sys.executable, str(tmp_path))


def test_the_environment_of_the_project_is_the_active_one(tmp_path: Path) -> None:
    python = environment_at(tmp_path / ".venv")
    made = interpreter.environment(str(python), {"PATH": "/usr/bin", "VIRTUAL_ENV": "/ours"})
    assert made["PATH"] == f"{python.parent}:/usr/bin"
    assert made["VIRTUAL_ENV"] == str(tmp_path / ".venv")


def test_an_interpreter_without_an_environment_leaves_ours() -> None:
    assert (
        interpreter.environment("/usr/bin/python3", {"VIRTUAL_ENV": "/ours"})["VIRTUAL_ENV"] == ""
    )


def test_how_we_were_started_does_not_leak_into_the_project() -> None:
    base = {
        "PYTHONPATH": f"/theirs:{interpreter.OURS}:/more",
        "PYTHONSAFEPATH": "1",
        "PYTHONHOME": "/frozen",
        "LD_LIBRARY_PATH": "/frozen",
        "LD_LIBRARY_PATH_ORIG": "/lib",
    }
    made = interpreter.environment("python", base)
    assert made["PYTHONPATH"] == "/theirs:/more"
    assert (made["PYTHONSAFEPATH"], made["PYTHONHOME"]) == ("", "")
    assert made["LD_LIBRARY_PATH"] == "/lib"


def test_a_users_pythonpath_can_not_shadow_our_modules() -> None:
    made = interpreter.our_environment({"PYTHONPATH": f"/theirs:{interpreter.OURS}"})
    assert made["PYTHONPATH"] == str(interpreter.OURS)
    assert interpreter.our_environment({"PYTHONPATH": "/theirs"})["PYTHONPATH"] == ""

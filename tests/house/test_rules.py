"""How the source is kept: what a reader may rely on in every file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.cli.group import VERBS

ROOT = Path(__file__).parents[2]
MOST_LINES = 350

HOMES = {
    "psutil": (
        "desktop/engine/census/",
        "desktop/engine/machine.py",
        "desktop/engine/ports.py",
        "desktop/engine/process.py",
        "desktop/system/parent_guard.py",
    ),
    "redis": (
        "desktop/engine/broker.py",
        "desktop/engine/queues/",
        "desktop/engine/redis_",
        "desktop/engine/rescue/unacked.py",
        "desktop/engine/telemetry/",
        "web/downloads/",
    ),
    "celery": ("web/celery_app.py", "web/downloads/"),
    "kombu": (
        "desktop/engine/control.py",
        "desktop/engine/task_control/sending.py",  # a task, once more or by hand
        "desktop/engine/queues/other_brokers.py",  # what Redis is asked directly
        "desktop/engine/telemetry/kombu_source.py",  # events of brokers that are not Redis
        "web/downloads/",
        "web/celery_app.py",
    ),
    "sqlite3": ("desktop/engine/history/",),
}
"""Where the libraries that touch the world outside are used; everybody else asks there."""
SIGNALLERS = (
    "desktop/engine/process.py",
    "desktop/engine/app_question.py",  # ends its own question to an app
    "desktop/engine/flower/installing.py",  # ends its own pip with what that runs
    "desktop/system/parent_guard.py",  # does what Linux's kernel does
    "desktop/system/shell_environment.py",  # ends its own question to a shell
    "desktop/engine/telemetry/receiver.py",  # asks with signal 0 whether somebody is there
)

SUFFIXES = {".py", ".js", ".css", ".html", ".sh"}
CATCH_ALLS = {"utils", "util", "helpers", "helper", "misc"}


def _source(*suffixes: str) -> Iterator[tuple[str, Path]]:
    for folder in ("desktop", "web", "resources", "packaging"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (suffixes or SUFFIXES) and path.is_file():
                yield path.relative_to(ROOT).as_posix(), path


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _asks_the_platform(path: Path) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "platform"
        and isinstance(node.value, ast.Name)
        and node.value.id == "sys"
        for node in ast.walk(ast.parse(path.read_text()))
    )


def test_a_source_file_can_be_read_in_one_sitting() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in _source()}
    assert not {n: c for n, c in lengths.items() if c > MOST_LINES}


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_the_readme_names_every_command(verb: str) -> None:
    rows = [line for line in (ROOT / "README.md").read_text().splitlines() if line[:1] == "|"]
    first_cells = [row.split(" | ")[0] for row in rows]
    assert any(re.search(rf"`(celery-tray )?{verb}\b(?!-)", cell) for cell in first_cells)


def test_qt_is_imported_by_the_window_and_the_tray_alone() -> None:
    elsewhere = [
        name
        for name, path in _source(".py")
        if not name.startswith("desktop/ui/") and {"PySide6", "qasync"} & set(_imported(path))
    ]
    assert not elsewhere


def test_one_folder_knows_the_operating_system() -> None:
    elsewhere = [
        name
        for name, path in _source(".py")
        if not name.startswith("desktop/system/") and _asks_the_platform(path)
    ]
    assert not elsewhere


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_library_that_touches_the_world_has_its_place(library: str) -> None:
    elsewhere = [
        name
        for name, path in _source(".py")
        if not name.startswith((*HOMES[library], "resources/")) and library in _imported(path)
    ]
    assert not elsewhere


def test_signals_are_sent_from_few_places() -> None:
    elsewhere = [
        name
        for name, path in _source(".py")
        if name not in SIGNALLERS
        and re.search(r"os\.kill(pg)?\(|\.send_signal\(", path.read_text())
    ]
    assert not elsewhere


def test_no_file_is_a_catch_all() -> None:
    assert not [name for name, path in _source() if path.stem.lower() in CATCH_ALLS]

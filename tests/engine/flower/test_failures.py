"""A Flower that can't start says why, in words, from what the real programs write."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.engine.exits import explain
from desktop.engine.flower import unreachable
from desktop.engine.model import Problem, ServiceSpec, StaysAlive
from desktop.engine.states import ServiceKind
from desktop.paths import resources
from tests.ports import free_port

SPEC = ServiceSpec("flower", ServiceKind.FLOWER, (), "", StaysAlive())


def started(folder: Path, *options: str, flower: Path | None = None) -> Problem:
    """How ``celery flower`` ends in that folder; ``flower`` holds another Flower than ours."""
    settings = f"--conf={resources() / 'flower_config.py'}"
    argv = [sys.executable, "-m", "celery", "flower", settings, "--address=127.0.0.1", *options]
    done = subprocess.run(
        argv,
        cwd=folder,
        env={**os.environ, "FLOWER_BASIC_AUTH": "u:p", "PYTHONPATH": str(flower or "")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    lines = tuple(done.stdout.splitlines()[-12:])
    return explain(SPEC, code=done.returncode, ran_for_s=0.1, quick=True, log_tail=lines)


def other_flower(folder: Path, wants: str) -> Path:
    """A Flower that imports this from Celery at its start, as those of other times do."""
    package = folder / "flower"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "command.py").write_text(f"from celery.bin.base import {wants}\n")
    told = folder / "flower-0.9.7.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: flower\nVersion: 0.9.7\n")
    (told / "entry_points.txt").write_text(
        "[celery.commands]\nflower = flower.command:FlowerCommand\n"
    )
    return folder


def test_a_flower_older_than_its_celery(tmp_path: Path) -> None:
    problem = started(tmp_path, flower=other_flower(tmp_path / "old", "Command"))
    assert problem.code in {"flower-too-old", "flower-unknown"}
    assert "pip install" in str(problem.next_step)


def test_a_flower_that_wants_another_library(tmp_path: Path) -> None:
    other = other_flower(tmp_path / "other", "CeleryCommand\nimport nowhere_to_be_found")
    problem = started(tmp_path, flower=other)
    assert problem.code == "module-missing" and "nowhere_to_be_found" in str(problem.message)


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ("port = 1\nraise RuntimeError('mine')\n", "flower-settings", "line 2"),
        ("def broken(:\n", "flower-settings", "line 1"),
        ("max_tasks = 'many'\n", "flower-option", "another type"),
        ("max_tasks = [7]\n", "flower-option", "max_tasks"),
    ],
)
def test_a_project_s_own_settings(tmp_path: Path, settings: str, code: str, words: str) -> None:
    (tmp_path / "flowerconfig.py").write_text(settings)
    problem = started(tmp_path)
    assert problem.code == code and words in str(problem.message)


def test_an_address_of_another_machine(tmp_path: Path) -> None:
    elsewhere = started(tmp_path, "--address=192.0.2.1")
    assert elsewhere.code == "address-not-here"


def test_a_broker_that_does_not_listen() -> None:
    port = free_port()
    problem = unreachable.broker(f"redis://:geheim@127.0.0.1:{port}/0")
    assert problem is not None
    assert str(port) in str(problem.message) and "geheim" not in str(problem)
    for unasked in ("sqs://", "memory://", "", "redis+socket:///run/redis.sock"):
        assert unreachable.broker(unasked) is None

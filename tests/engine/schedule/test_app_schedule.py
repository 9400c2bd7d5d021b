"""A real app, a real beat, and its file."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from desktop.engine import config
from desktop.engine.errors import ServiceError
from desktop.engine.schedule import app_schedule, due
from desktop.engine.schedule.app_schedule import AppSchedule, ask
from desktop.engine.schedule.beat import Beat
from desktop.paths import Home
from tests.engine.conftest import server, wait_until  # noqa: F401 - fixtures

APP = """
from celery import Celery
from celery.schedules import crontab
print("loud at import")
app = Celery("mine", broker="{url}")
app.conf.update(
    beat_schedule={{
        "tick": {{"task": "mine.tick", "schedule": 1.0, "args": (1, "two")}},
        "nightly": {{
            "task": "mine.report", "schedule": crontab(minute=30, hour="4"),
            "kwargs": {{"full": True}}, "options": {{"queue": "reports"}},
        }},
        {entry}
    }},
    task_routes={{"mine.tick": "ticks"}},
    {more}
)
"""


@pytest.fixture
def make(tmp_path: Path, server):  # noqa: F811
    project = tmp_path / "project"
    project.mkdir()

    def made(more: str = "", source: str = APP, entry: str = "") -> config.StackConfig:
        (project / "mine.py").write_text(source.format(url=server.url, more=more, entry=entry))
        (project / "celery-tray.toml").write_text(
            f'app = "mine:app"\npython = "{sys.executable}"\n'
        )
        return config.load(project, Home(tmp_path / "home"))

    return made


def test_entries_are_told_as_their_author_wrote_them(make) -> None:
    told = ask(make(entry='"wrong": {"task": "mine.wrong", "schedul": 1},'), None)
    entries = {one.name: one for one in told.entries}
    tick, nightly = entries["tick"], entries["nightly"]
    assert (tick.task, tick.every_s, tick.schedule, tick.args) == (
        "mine.tick",
        1.0,
        "",
        "(1, 'two')",
    )
    assert (tick.queue, nightly.queue) == ("ticks", "reports")
    assert (nightly.schedule, nightly.kwargs) == ("30 4 * * *", "{'full': True}")
    assert len(nightly.coming) == 3
    assert 86_000 < nightly.coming[1] - nightly.coming[0] < 87_000
    assert nightly.coming[0] > time.time()
    assert "schedul" in entries["wrong"].problem
    assert told.told_at is None and tick.last_run_at is None


def test_what_beat_has_run_is_read_from_a_copy_of_its_file(make, tmp_path) -> None:
    stack = make()
    file = tmp_path / "beat-schedule"
    log = tmp_path / "beat.log"
    with log.open("wb") as output:
        beat = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "mine", "beat"),
                *("-s", str(file), "--pidfile=", "-l", "INFO"),
            ],
            cwd=stack.project,
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(lambda: beat.poll() is not None or b"Sending due task" in log.read_bytes())
    finally:
        beat.terminate()
        beat.wait(10)
    before = file.read_bytes() if file.exists() else b""
    told = ask(stack, Beat(str(file)))
    assert (file.read_bytes() if file.exists() else b"") == before
    tick = next(one for one in told.entries if one.name == "tick")
    assert told.told_at is not None
    assert tick.total_runs and tick.last_run_at and tick.due_at
    assert tick.due_at == pytest.approx(tick.last_run_at + 1, abs=0.1)
    late = due.entries(told, time.time() + 60, beat_runs=False)[0]
    assert late.name == "tick" and late.late_s and late.late_s > 55


def test_a_file_that_is_none_leaves_the_entries(make, tmp_path) -> None:
    (tmp_path / "garbage").write_bytes(b"no dbm at all")
    told = ask(make(), Beat(str(tmp_path / "garbage")))
    assert told.told_at is None and len(told.entries) == 2


def test_a_schedule_that_others_keep_is_said_to_be_elsewhere(make) -> None:
    with pytest.raises(ServiceError) as caught:
        ask(make('beat_scheduler="django_celery_beat.schedulers:DatabaseScheduler"'), None)
    assert caught.value.problem.code == "schedule-elsewhere"
    assert "django-celery-beat" in str(caught.value)


def test_an_app_that_does_not_import_says_why(make) -> None:
    with pytest.raises(ServiceError) as caught:
        ask(make(source="raise RuntimeError('no settings')"), None)
    assert "no settings" in str(caught.value)


def test_the_bundled_app_is_asked_in_our_own_interpreter(tmp_path) -> None:
    told = ask(config.load(None, Home(tmp_path)), None)
    assert [(one.name, one.every_s) for one in told.entries] == [("clean", 3600.0)]


async def test_the_app_is_imported_once_while_nothing_changes(make, tmp_path, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(app_schedule, "ask", lambda *args: asked.append(args))
    stack, file = make(), tmp_path / "s"
    schedule = AppSchedule()
    await schedule.told(stack, Beat(str(file)))
    await schedule.told(stack, Beat(str(file)))
    assert len(asked) == 1
    shutil.copyfile(__file__, file)
    await schedule.told(stack, Beat(str(file)))
    assert len(asked) == 2, "beat has written"

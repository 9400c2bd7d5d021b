"""A stack whose broker is not Redis: what can be done works, what can't says so."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Cli
from tests.live.conftest import Stack, until

APP = """
import os, time
from celery import Celery

app = Celery("files", broker="filesystem://", backend="file://{folder}/results")
app.conf.update(
    broker_transport_options={{
        "data_folder_in": "{folder}/messages",
        "data_folder_out": "{folder}/messages",
        "control_folder": "{folder}/control",
        "polling_interval": 0.2,
    }},
    worker_send_task_events=True,
)

@app.task
def wait(path):
    while not os.path.exists(path):
        time.sleep(0.02)
"""


@pytest.fixture
def files(tmp_path) -> Iterator[tuple[Stack, Cli]]:
    stack = Stack(tmp_path)
    for name in ("messages", "control", "results"):
        (stack.folder / name).mkdir()
    (stack.folder / "files.py").write_text(APP.format(folder=stack.folder))
    (stack.folder / "celery-tray.toml").write_text(
        f'app = "files:app"\npython = "{sys.executable}"\n'
        "[worker.one]\nconcurrency = 1\n[monitor]\nenabled = false\n"
    )
    assert not stack.start("one").failed
    yield stack, Cli(stack.home.root, stack.folder)
    (stack.folder / "gate").touch()
    stack.end()


def test_tasks_on_a_broker_that_shows_no_messages(files: tuple[Stack, Cli]) -> None:
    stack, cli = files
    gate = str(stack.folder / "gate")
    sent = cli("tasks", "run", "files.wait", "--args", f'["{gate}"]', "--json").document
    assert "No worker consumes" not in sent["words"]
    (task_id,) = [one["new_id"] for one in sent["outcomes"]]
    until(lambda: cli("tasks", "show", task_id, "--json").document["task"]["state"] == "STARTED")
    assert cli("why", task_id, "--json").document["reason"] == "running"
    refused = cli("tasks", "revoke", task_id)
    assert refused.code == 1 and "Revoking does not stop it" in refused.out
    assert "works with Redis" in cli("queues", "peek", "celery").err
    assert "works with Redis" in cli("queues", "move", "celery", "celery2", "--yes").err
    ended = cli("tasks", "revoke", "--terminate", "--signal", "kill", task_id)
    assert ended.code == 0 and "Ended with SIGKILL" in ended.out
    again = cli("tasks", "retry", task_id, "--json").document
    assert again["done"] == 1
    told = cli("why", "never-sent").out
    assert "broker is down" not in told

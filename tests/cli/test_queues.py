"""queues, why, schedule and monitor on a real stack: a worker with one process, and a broker."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from desktop.engine.history_commands import TaskFigures, TaskFiguresReport
from tests.cli.conftest import Cli
from tests.live.conftest import Stack, until
from tests.ports import free_port

APP = """
import os, time
from celery import Celery

app = Celery("mine", broker="{url}", backend="{url}")
app.conf.update(
    worker_prefetch_multiplier=2,
    task_send_sent_event=True,
    broker_connection_retry_on_startup=True,
    beat_schedule={{"tick": {{"task": "mine.quick", "schedule": 3600.0}}}},
)

@app.task
def quick(x=0):
    return x

@app.task
def fail():
    raise ValueError("no such thing")

@app.task
def wait(path):
    while not os.path.exists(path):
        time.sleep(0.02)
"""


class Mine:
    """A project, its command, and a sender of its tasks."""

    def __init__(self, folder: Path) -> None:
        self.stack = Stack(folder)
        self.folder = self.stack.folder
        (self.folder / "mine.py").write_text(APP.format(url=self.stack.redis_url))
        (self.folder / "celery-tray.toml").write_text(
            f'app = "mine:app"\npython = "{sys.executable}"\n'
            f'[redis]\nurl = "{self.stack.redis_url}"\n'
            f"[monitor]\nport = {self.stack.monitor_port}\n"
            "[worker.worker1]\nconcurrency = 1\n"
        )
        self.cli = Cli(self.stack.home.root, self.folder)
        self.gate = folder / "gate"
        self._app = Celery("sender", broker=self.stack.redis_url, set_as_current=False)
        self._app.conf.result_backend = self.stack.redis_url

    def send(self, name: str, *args: object, database: int = 0, **options: Any) -> str:
        url = self.stack.redis_url.replace("/0", f"/{database}")
        with self._app.connection_for_write(url) as connection:
            return str(
                self._app.send_task(f"mine.{name}", args, connection=connection, **options).id
            )

    def queue(self, name: str) -> dict[str, Any]:
        told = self.cli("queues", "--json").document["queues"]
        return next((one for one in told if one["name"] == name), {})

    def why(self, task_id: str) -> dict[str, Any]:
        document: dict[str, Any] = self.cli("why", task_id, "--json").document
        return document


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mine]:
    made = Mine(tmp_path_factory.mktemp("queues"))
    report = made.stack.start("redis", "worker1")
    assert not report.failed
    yield made
    made.gate.touch()
    made.stack.end()


@pytest.fixture(scope="module")
def line(mine: Mine) -> list[str]:
    """Six tasks: one runs, the worker has taken two more, three wait."""
    ids = [mine.send("wait", str(mine.gate)) for _ in range(6)]
    until(lambda: mine.queue("celery").get("depth") in {3, 4})
    return ids


def test_each_stage_of_a_task_is_told_with_its_evidence(mine: Mine, line: list[str]) -> None:
    first, second = mine.why(line[0]), mine.why(line[1])
    assert first["reason"] == "running"
    assert first["answer"].startswith("It has been running on worker1@")
    begun = mine.why(line[0][:13])
    assert (begun["reason"], begun["task"]["id"]) == ("running", line[0])
    assert second["reason"] == "reserved"
    assert "mine.wait" in second["evidence"]
    told = mine.cli("why", line[-1]).out
    assert "tasks come before it" in told.splitlines()[0]
    assert "Looked at, step by step:" in told
    assert "· No worker that answered runs it." in told


def test_how_much_waited_is_kept_over_time(mine: Mine, line: list[str]) -> None:
    with mine.stack.client() as client:
        told = client.submit(TaskFigures(mine.stack.project, time.time() - 900))
    assert isinstance(told, TaskFiguresReport)
    depths = [point.depth for point in told.points if point.depth is not None]
    assert max(depths) >= 3


def test_a_task_that_has_ended_does_not_run_because_it_is_done(mine: Mine) -> None:
    # The only worker is busy: their results are written by hand.
    good, bad = "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "22222222-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
    backend = mine._app.backend
    backend.store_result(good, 3, "SUCCESS")
    backend.store_result(bad, ValueError("no such thing"), "FAILURE")
    assert mine.why(good)["answer"].startswith("It has run and succeeded")
    failed = mine.why(bad)
    assert failed["answer"].startswith("It has run and failed")
    assert failed["evidence"] == "ValueError: ['no such thing']"


def test_a_slip_of_a_queue_s_name_is_found_and_mended(mine: Mine, line: list[str]) -> None:
    lost = mine.send("quick", 1, queue="celry")
    told = mine.why(lost)
    assert told["reason"] == "no-consumer"
    assert "Did you mean “celery”?" in told["answer"]
    assert told["fix"].endswith("celery-tray queues move celry celery")
    shown = mine.queue("celry")
    assert (shown["depth"], shown["consumers"], shown["did_you_mean"]) == (1, 0, "celery")
    assert "▲ Nobody consumes “celry”." in mine.cli("queues").out
    until(lambda: "unconsumed-queue" in [one.id for one in mine.stack.status().findings])

    before = mine.queue("celery")["depth"]
    refused = mine.cli("queues", "move", "celry", "celery")
    assert refused.code == 5
    assert "Move 1 message from “celry” to “celery”?" in refused.err
    assert mine.queue("celry")["depth"] == 1, "nothing was done"
    done = mine.cli("queues", "move", "celry", "celery", "--yes", "--json")
    assert (done.code, done.document["count"]) == (0, 1)
    assert mine.queue("celery")["depth"] == before + 1
    assert mine.why(lost)["reason"] == "queued"


def test_nothing_is_moved_where_nobody_looks(mine: Mine) -> None:
    refused = mine.cli("queues", "move", "celery", "celerry", "--yes")
    assert refused.code == 2
    assert "Did you mean “celery”?" in refused.err


def test_what_waits_can_be_looked_at_and_dropped(mine: Mine) -> None:
    ids = [mine.send("quick", n, queue="attic") for n in range(3)]
    peeked = mine.cli("queues", "peek", "attic", "--json").document
    assert [one["id"] for one in peeked["messages"]] == ids
    assert peeked["messages"][0]["args"] == "(0,)"
    assert ids[1] in mine.cli("queues", "peek", "attic", "--start", "1", "--limit", "1").out
    refused = mine.cli("queues", "purge", "attic")
    assert refused.code == 5
    assert "Drop 3 messages of “attic”? Their tasks will never run." in refused.err
    one = mine.cli("queues", "purge", "attic", "--most", "1", "--yes")
    assert one.out == "1 message of “attic” was dropped.\n"
    assert mine.cli("queues", "purge", "attic", "--yes", "--json").document["count"] == 2
    assert mine.queue("attic").get("depth", 0) == 0


def test_on_a_terminal_a_person_is_asked_first(mine: Mine) -> None:
    mine.send("quick", 1, queue="attic")
    asked = mine.cli.terminal("queues", "purge", "attic")
    asked.until("Drop 1 message")
    asked.type("n\r")
    assert asked.end() == 5
    assert mine.queue("attic")["depth"] == 1
    asked = mine.cli.terminal("queues", "purge", "attic")
    asked.until("[y/N]")
    asked.type("y\r")
    asked.until("was dropped")
    assert asked.end() == 0


def test_what_is_not_due_says_when(mine: Mine, line: list[str]) -> None:
    later = mine.send("quick", 1, countdown=3600, queue="attic")
    assert mine.why(later)["reason"] == "eta"
    until(lambda: later in mine.cli("schedule").out)
    document = mine.cli("schedule", "--json").document
    (waiting,) = [one for one in document["waiting"] if one["id"] == later]
    assert 3500 < waiting["at"] - time.time() < 3601
    (entry,) = document["entries"]
    assert (entry["name"], entry["every_s"], document["beat_runs"]) == ("tick", 3600.0, False)
    assert "Beat is not running" in mine.cli("schedule").out


def test_what_was_revoked_is_dropped_when_it_is_taken(mine: Mine, line: list[str]) -> None:
    doomed = mine.send("quick", 1)
    mine._app.control.revoke(doomed)
    until(lambda: mine.why(doomed)["reason"] == "revoked")


def test_a_task_on_another_database_is_found_there(mine: Mine) -> None:
    strayed = mine.send("quick", 1, database=5)
    told = mine.why(strayed)
    assert told["reason"] == "wrong-broker"
    assert "/5" in told["answer"]


def test_of_a_task_that_nobody_knows_it_is_said_where_it_was_looked(mine: Mine) -> None:
    told = mine.why("00000000-0000-4000-8000-000000000000")
    assert told["reason"] == "unknown"
    assert "1 worker" in told["evidence"] and "the result backend" in told["evidence"]


@pytest.mark.parametrize(
    "words",
    [
        ("peek",),
        ("peak", "celery"),
        ("move", "a"),
        ("purge", "a", "b"),
        ("peek", "a", "--most", "1"),
        ("--id", "x"),
    ],
)
def test_what_can_t_be_meant_is_explained(cli: Cli, words: tuple[str, ...]) -> None:
    done = cli("queues", *words)
    assert done.code == 2
    assert "peek NAME, purge NAME" in done.err


def test_without_a_broker_it_is_said_that_none_runs(cli: Cli) -> None:
    (cli.folder / "celery-tray.toml").write_text(
        f'app = "web.celery_app"\n[redis]\nurl = "redis://127.0.0.1:{free_port()}/0"\n'
    )
    done = cli("queues")
    cli("why", "x")
    assert done.code == 3
    assert "The broker is not running." in done.err


def test_the_monitor_shows_tasks_queues_and_rates(mine: Mine, line: list[str]) -> None:
    shown = mine.cli("monitor", "--count", "2", "--interval", "0.3").out
    assert "mine.wait" in shown
    assert "celery" in shown
    reports = mine.cli("monitor", "--json", "--count", "2", "--interval", "0.3").out
    first, second = map(json.loads, reports.splitlines())
    assert first["queues"][0]["name"] == second["queues"][0]["name"] == "celery"

"""``tasks`` as a person and as a script run it: without an engine, and with real tasks."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from desktop.engine.config import HistoryConfig
from desktop.engine.history.history import History
from desktop.engine.history_commands import ListTasks, TaskPage
from desktop.engine.states import TaskState
from desktop.engine.task_model import Attempt, Task
from desktop.paths import Home
from tests.cli.conftest import Cli
from tests.live.conftest import Stack

FIELDS = {
    "id", "name", "state", "worker", "queue", "args", "kwargs", "result", "exception", "retries",
    "root_id", "parent_id", "sent_at", "received_at", "started_at", "finished_at", "runtime_s",
}  # fmt: skip
TRACEBACK = 'Traceback:\n  File "/srv/fetch.py", line 88, in get\nTimeoutError: \x1b[31mslow'


def recorded(home: Path, tasks: list[Task], stack: str = "bundled") -> None:
    """Put tasks into the history of a stack whose engine does not run."""
    folder = Home(home).stack(stack).root
    folder.mkdir(parents=True, exist_ok=True)
    history = History(folder)
    history.open(HistoryConfig())
    history.put(tasks)
    history._close()


def a_task(**known: Any) -> Task:
    at = time.time() - 60
    return Task(
        **{
            "id": str(uuid.uuid4()), "name": "shop.send", "state": TaskState.SUCCESS,
            "worker": "w1@h", "args": "(1,)", "result": "'ok'", "received_at": at - 3,
            "started_at": at - 2, "finished_at": at, "runtime_s": 2.0, "seen_at": at, **known,
        }
    )  # fmt: skip


@pytest.fixture
def failed(cli: Cli) -> Task:
    """One task of three that were recorded before."""
    task = a_task(
        name="shop.fetch", state=TaskState.FAILURE, exception="TimeoutError('[bold]\x1b[31m')",
        traceback=TRACEBACK, result="", retries=1,
        attempts=(Attempt(TaskState.RETRY, started_at=time.time() - 90, exception="E('1')"),),
    )  # fmt: skip
    recorded(cli.home, [task, a_task(), a_task(name="shop.slow", runtime_s=90.0)])
    return task


def test_the_history_is_read_without_an_engine_and_says_so(cli: Cli, failed: Task) -> None:
    done = cli("tasks", "--json")
    assert done.code == 0 and "No engine runs" in done.err
    document = done.document
    assert document["total"] == 3 and len(document["tasks"]) == 3
    assert set(document["tasks"][0]) >= FIELDS
    (one,) = cli("tasks", "--json", "--state", "failure").document["tasks"]
    assert (one["id"], one["state"], one["runtime_s"]) == (failed.id, "FAILURE", 2.0)
    assert not (cli.home / "engine.sock").exists()


def test_options_and_search_narrow_the_list(cli: Cli, failed: Task) -> None:
    def names(*words: str) -> list[str]:
        return sorted(task["name"] for task in cli("tasks", "--json", *words).document["tasks"])

    assert names("--name", "shop.s") == ["shop.send", "shop.slow"]
    assert names("--search", "runtime>60 OR state:failed") == ["shop.fetch", "shop.slow"]
    assert names("--since", "1h", "--worker", "w1", "--search", "fetch.py:88") == ["shop.fetch"]
    assert names("--since", "30s") == []
    limited = cli("tasks", "--json", "--limit", "2").document
    assert len(limited["tasks"]) == 2 and limited["total"] == 3


def test_people_see_a_table_and_foreign_text_stays_text(cli: Cli, failed: Task) -> None:
    done = cli("tasks")
    assert done.code == 0 and "\x1b" not in done.out
    assert "✕ Failed" in done.out and failed.id in done.out and "3 tasks" in done.out
    assert "TimeoutError('[bold]')" in done.out
    assert "Nothing matches." in cli("tasks", "--search", "nowhere").out


def test_one_task_is_shown_by_the_beginning_of_its_id(cli: Cli, failed: Task) -> None:
    done = cli("tasks", "show", failed.id[:8])
    assert done.code == 0 and "\x1b" not in done.out
    assert 'File "/srv/fetch.py", line 88' in done.out and "E('1')" in done.out
    document = cli("tasks", "show", failed.id, "--json").document
    assert document["task"]["traceback"] == TRACEBACK
    assert document["task"]["attempts"][0]["state"] == "RETRY"
    nobody = cli("tasks", "show", "ffffffff", "--json")
    assert nobody.code == 1 and nobody.document["error"]["code"] == "no-such-task"


def test_figures_and_failures(cli: Cli, failed: Task) -> None:
    names = {one["name"]: one for one in cli("tasks", "stats", "--json").document["names"]}
    assert names["shop.fetch"]["failed_share"] == 1.0
    assert names["shop.slow"]["runtime_p50_s"] == pytest.approx(90, rel=0.05)
    (failure,) = cli("tasks", "failures", "--json").document["failures"]
    assert (failure["place"], failure["count"]) == ("fetch.py:88", 1)
    assert "shop.slow" in cli("tasks", "stats").out
    assert "fetch.py:88" in cli("tasks", "failures", "--since", "1h").out
    assert cli("tasks", "failures", "--since", "5s", "--json").document == {"failures": []}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--search", "a ("), "character 4"),
        (("--search", "nmae:x"), "Did you mean name:?"),
        (("--state", "broken"), "one of the states"),
        (("--state", "a b"), "state"),
        (("--since", "soon"), "--since"),
        (("--since", "1h OR x"), "--since"),
        (("stats", "--since", "1h x"), "--since"),
        (("--limit", "0"), "--limit"),
        (("shwo",), "Did you mean show?"),
        (("show",), "missing"),
    ],
)
def test_what_can_not_be_meant_is_told(cli: Cli, words: tuple[str, ...], said: str) -> None:
    done = cli("tasks", *words)
    assert done.code == 2 and said in done.err


def test_a_history_of_nothing(cli: Cli) -> None:
    assert "No tasks yet." in cli("tasks").out
    assert cli("tasks", "--json").document == {"tasks": [], "total": 0}
    assert cli("tasks", "stats").code == 0


def test_each_verb_below_it_has_help_with_an_example(cli: Cli) -> None:
    from desktop.cli.tasks import VERBS

    listed = cli("tasks", "--help").out
    for name, entry in VERBS.items():
        help_ = cli("tasks", name, "--help")
        assert help_.code == 0 and f"celery-tray tasks {name}" in help_.out
        assert str(entry.summary) in listed and "--json" in help_.out


def test_an_engine_answers_the_same_with_the_log_of_the_worker(on_stack: Cli, stack: Stack) -> None:
    from desktop.engine.commands import Open
    from desktop.engine.history_commands import ListFilters, SavedFilters, SaveFilter
    from desktop.paths import stack_id

    task = a_task(worker="worker1@elsewhere")
    recorded(on_stack.home, [task], stack_id(stack.folder))
    with stack.client() as client:
        client.submit(Open(stack.project))
        page = client.submit(ListTasks(stack.project, count=True))
        saved = client.submit(SaveFilter(stack.project, "Failed", "state:failure"))
        assert client.submit(ListFilters(stack.project)) == saved
    assert isinstance(page, TaskPage) and page.total == page.kept == 1
    assert saved == SavedFilters((("Failed", "state:failure"),))
    done = on_stack("tasks", "--json")
    assert done.err == "" and [one["id"] for one in done.document["tasks"]] == [task.id]
    bad = on_stack("tasks", "show", "ffffffff")
    assert bad.code == 1 and "no task ffffffff" in bad.err

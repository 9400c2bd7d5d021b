"""Acting on tasks and workers from the command line, on one real stack."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from desktop.cli import task_acts
from desktop.cli.context import Context
from desktop.engine.errors import WouldHarm
from desktop.engine.history_commands import Selection
from desktop.engine.task_commands import ActOnTasks, TaskActionReport, TaskOutcome
from desktop.words import text
from tests.live.conftest import until

CLEAN = "web.downloads.tasks.clean"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_a_task_and_a_worker_by_hand_from_the_first_look_to_the_stop(stack, on_stack) -> None:
    stack.start("redis", "worker1")

    listed = on_stack("tasks", "run", "--json").document["registered"]
    assert [one["signature"] for one in listed if one["name"] == CLEAN]
    wrong = on_stack("tasks", "run", CLEAN, "--args", "[1,,2]")
    assert wrong.code == 2 and "line 1, column 4" in wrong.err
    misfit = on_stack("tasks", "run", CLEAN, "--args", "[1, 2]")
    assert misfit.code == 2 and "1 positional" in misfit.err

    shown = on_stack("workers", "show", "worker1", "--json").document
    assert shown["service"] == "worker1" and shown["answered"]
    assert sum(one["main"] for one in shown["processes"]) == 1
    grown = on_stack("workers", "grow", "worker1")
    assert grown.code == 0 and f"{len(shown['processes'])} processes" in grown.out
    assert "Did you mean worker1" in on_stack("workers", "grow", "worker9").err
    assert "MainThread" in on_stack("workers", "dump", "worker1").out
    assert on_stack("workers", "cancel-queue", "worker1", "maintenance_queue").code == 0

    said = on_stack("tasks", "run", CLEAN, "--args", "[604800.5]").out
    assert "Sent to maintenance_queue. No worker" in said and len(UUID.findall(said)) == 1
    sent = on_stack("tasks", "run", CLEAN, "--args", "[604800.5]", "--json").document
    task_id = sent["outcomes"][0]["new_id"]
    assert "No worker consumes" in sent["words"]
    again = on_stack("tasks", "retry", task_id, "--json").document
    assert again["done"] == 1 and again["outcomes"][0]["new_id"] != task_id
    revoked = on_stack("tasks", "revoke", task_id)
    assert revoked.code == 0 and "every worker drops it" in revoked.out
    assert on_stack("tasks", "revoke", task_id, "--terminate").code == 1
    assert on_stack("tasks", "revoke", task_id, "--undo").code == 0
    assert on_stack("tasks", "retry").code == on_stack("tasks", "retry", "x", "--search", "y").code

    assert on_stack("workers", "stop", "worker1").code == 0
    until(lambda: stack.service("worker1").pid is None)


def test_somebody_elses_worker_is_stopped_on_a_persons_word_alone(on_stack, theirs) -> None:
    def node() -> str:
        rows = on_stack("workers", "--json").document["workers"]
        return next((r["node"] for r in rows if r["pid"] == theirs.pid and r["active"] == 0), "")

    name = until(node)
    refused = on_stack("workers", "stop", name)
    assert refused.code == 5 and "--yes" in refused.err and theirs.poll() is None
    assert on_stack("workers", "stop", name, "--yes").code == 0
    until(lambda: theirs.poll() is not None)


class _Engine:
    """Answers every action with one task that it is, or would be, done to."""

    def __init__(self) -> None:
        self.commands: list[ActOnTasks] = []

    def submit(self, command: ActOnTasks) -> TaskActionReport:
        self.commands.append(command)
        outcome = TaskOutcome("a-1", "shop.add\x1b[31m", True, text("It waits."))
        return TaskActionReport((outcome,), 1, 0, text("1 task would be revoked."))

    def __enter__(self) -> _Engine:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(("yes", "looks"), [(False, [True]), (True, [False])])
def test_all_that_match_need_consent_and_are_shown_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], yes: bool, looks: list
) -> None:
    engine, context = _Engine(), Context()
    monkeypatch.setattr(context, "connect", lambda: engine)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False))
    command = ActOnTasks(selection=Selection(search="state:failure"))
    if yes:
        assert task_acts.act(context, command, yes=True) == 0
    else:
        with pytest.raises(WouldHarm) as refused:
            task_acts.act(context, command, yes=False)
        assert refused.value.exit_code == 5
    assert [one.dry_run for one in engine.commands] == looks
    shown = capsys.readouterr()
    assert "\x1b[31m" not in shown.out + shown.err
    assert "a-1" in (shown.out if yes else shown.err)


def test_what_a_person_was_shown_is_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """More may match by the time that the question is answered."""
    engine, context = _Engine(), Context()
    monkeypatch.setattr(context, "connect", lambda: engine)
    monkeypatch.setattr(Context, "asks", True)
    monkeypatch.setattr("click.confirm", lambda *_, **__: True)
    task_acts.act(context, ActOnTasks(selection=Selection(search="state:failure")), yes=False)
    look, done = engine.commands
    assert look.dry_run and look.selection.search == "state:failure"
    assert not done.dry_run and done.selection == Selection(("a-1",))

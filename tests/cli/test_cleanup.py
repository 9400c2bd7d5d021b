"""``cleanup`` as a person and as a script run it, on real leftovers."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.cli.conftest import Cli
from tests.leftovers import Leftovers
from tests.live.conftest import Stack, until


@pytest.fixture
def leftovers(stack: Stack) -> Iterator[Leftovers]:
    """Workers of the stack's own app, on its Redis."""
    stack.start("redis")
    made = Leftovers(stack.folder, "web.celery_app", {"CELERY_BROKER_URL": stack.redis_url})
    yield made
    made.end()


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_orphans_are_planned_and_stopped_and_all_others_are_left(
    on_stack: Cli, stack: Stack, leftovers: Leftovers
) -> None:
    stack.start("worker1")
    ours = stack.service("worker1").pid
    external = leftovers.external("theirs")
    (orphan,) = leftovers.orphans(["orphan"])

    dry = on_stack("cleanup", "--dry-run", "--json")
    assert dry.code == 0 and set(dry.document) == {"plan"}
    plan = {row["pid"]: row for row in dry.document["plan"]}
    actions = {pid: plan[pid]["action"] for pid in (orphan.pid, external.pid, ours)}
    assert actions == {orphan.pid: "stop", external.pid: "leave", ours: "leave"}
    assert plan[orphan.pid]["active"] == 0 and plan[orphan.pid]["why"]
    assert plan[external.pid]["can_be_stopped"] and not plan[ours]["can_be_stopped"]

    refused = on_stack("cleanup")
    assert refused.code == 5 and "--yes" in refused.err
    assert f"{orphan.pid}" in refused.out and "It runs nothing." in refused.out
    assert not gone(orphan)

    done = on_stack("cleanup", "--yes", "--json")
    assert done.code == 0, done.err
    assert done.document["stopped"] == [orphan.pid]
    assert done.document["left"] == done.document["rescued"] == done.document["lost"] == []
    assert gone(orphan) and not gone(external) and stack.service("worker1").pid == ours
    assert "Warm shutdown" in leftovers.log("orphan")

    nothing = on_stack("cleanup")
    assert nothing.code == 0 and "--all" in nothing.out

    log = on_stack("cleanup", "--log", "--json").document["entries"]
    assert [(one["what"], one["pid"]) for one in log] == [
        ("stopped", orphan.pid),
        ("asked", orphan.pid),
    ]

    everyone = on_stack("cleanup", "--all", "--yes")
    assert everyone.code == 0 and "Stopped 1 process." in everyone.out
    assert gone(external) and stack.service("worker1").pid == ours


def test_one_process_is_picked_and_what_is_not_to_be_stopped_is_refused(
    on_stack: Cli, stack: Stack, leftovers: Leftovers
) -> None:
    stack.start("worker1")
    ours = stack.service("worker1").pid
    first, second = leftovers.external("first"), leftovers.external("second")

    stranger = on_stack("cleanup", "--yes", "--pid", str(os.getpid()), "--pid", str(first.pid))
    assert stranger.code == 2 and str(os.getpid()) in stranger.err
    wanted = on_stack("cleanup", "--yes", "--pid", str(ours), "--json")
    assert wanted.code == 5 and wanted.document["error"]["code"] == "not-to-be-stopped"
    assert not gone(first)

    done = on_stack("cleanup", "--yes", "--pid", str(first.pid), "--json")
    assert (done.code, done.document["stopped"]) == (0, [first.pid])
    assert gone(first) and not gone(second)


def test_what_outlasts_the_patience_is_left_and_force_ends_it(
    on_stack: Cli, leftovers: Leftovers
) -> None:
    (orphan,) = leftovers.orphans(["orphan"])
    orphan.suspend()
    left = on_stack("cleanup", "--yes", "--patience", "0.2", "--json")
    assert left.code == 4 and left.document["stopped"] == []
    ((pid, why),) = [(one["pid"], one["why"]) for one in left.document["left"]]
    assert pid == orphan.pid and "suspended" in why and why in left.err
    forced = on_stack("cleanup", "--yes", "--patience", "0.2", "--force")
    assert forced.code == 0 and gone(orphan)


def test_a_person_sees_the_plan_and_is_asked(on_stack: Cli, leftovers: Leftovers) -> None:
    (orphan,) = leftovers.orphans(["orphan"])
    no = on_stack.terminal("cleanup")
    assert "Orphaned:" in no.until("[y/N]:")
    no.type("\r")
    assert no.end() == 5 and not gone(orphan)
    yes = on_stack.terminal("cleanup")
    yes.until("[y/N]:")
    yes.type("y\r")
    yes.until("Stopped 1 process.")
    assert yes.end() == 0 and gone(orphan)


def test_it_goes_on_when_nobody_waits_and_two_at_once_are_refused(
    on_stack: Cli, stack: Stack, leftovers: Leftovers
) -> None:
    (orphan,) = leftovers.orphans(["orphan"])
    orphan.suspend()
    first = on_stack.open("cleanup", "--yes", "--json")
    until(lambda: (going := stack.status().cleanup) and going.items)
    second = on_stack("cleanup", "--yes")
    assert second.code == 1 and "going on" in second.err
    first.kill()
    first.communicate()
    orphan.resume()
    until(lambda: gone(orphan))
    until(lambda: (last := stack.status().cleanup) and last.ended_at)


def test_a_cleanup_that_lost_its_engine_is_taken_up_by_the_next(
    on_stack: Cli, stack: Stack, leftovers: Leftovers
) -> None:
    asked, other = leftovers.orphans(["asked", "other"])
    other.suspend()
    going = on_stack.open("cleanup", "--yes")
    until(lambda: gone(asked))
    engine = psutil.Process(stack.engine_pid())
    engine.kill()
    until(lambda: gone(engine))
    assert going.wait(20) == 1
    assert going.stdout and "The engine went away" in going.stdout.read()
    going.stdout.close()
    plan = on_stack("cleanup", "--dry-run", "--json").document["plan"]
    assert [row["pid"] for row in plan if row["action"] == "stop"] == [other.pid]
    other.resume()
    until(lambda: gone(other))
    entries = on_stack("cleanup", "--log", "--json").document["entries"]
    assert json.dumps(entries) and {one["pid"] for one in entries} == {asked.pid, other.pid}
    assert all(one["at"] <= time.time() for one in entries)


@pytest.mark.parametrize(
    "arguments",
    [("--all", "--pid", "1"), ("--dry-run", "--yes"), ("an-id",), ("--run-again",), ("--pid", "0")],
)
def test_what_can_not_be_meant_is_told(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli("cleanup", *arguments).code == 2

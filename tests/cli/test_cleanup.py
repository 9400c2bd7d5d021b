"""``cleanup`` as a person and as a script run it, on real workers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Cli
from tests.live.conftest import Stack
from tests.live.orphans import answering, gone, orphans


@pytest.fixture
def orphan(stack: Stack, theirs: subprocess.Popen[bytes]) -> Iterator[int]:
    """Beside a worker that somebody runs by hand, one that nobody does any more."""
    with orphans(stack, ["forgotten"]) as (pid,):
        answering(stack, ["forgotten", "theirs"])
        yield pid


def test_a_forgotten_worker_is_planned_and_stopped_and_the_others_are_left(
    on_stack: Cli, stack: Stack, theirs: subprocess.Popen[bytes], orphan: int
) -> None:
    plan = on_stack("cleanup", "--dry-run", "--json")
    assert plan.code == 0
    rows = {row["pid"]: row for row in plan.document["plan"]}
    assert (rows[orphan]["action"], rows[theirs.pid]["action"]) == ("stop", "leave")
    assert "Orphaned" in rows[orphan]["why"]
    assert (rows[orphan]["active"], rows[orphan]["reserved"]) == (0, 0)
    assert rows[orphan]["create_time"] > 0
    assert not gone(orphan)

    refused = on_stack("cleanup")
    assert refused.code == 5
    assert "--yes" in refused.err
    assert not gone(orphan)

    done = on_stack("cleanup", "--yes", "--json")
    assert done.code == 0
    assert done.document["stopped"] == [orphan]
    assert (done.document["left"], done.document["lost"], done.document["rescued"]) == ([], [], [])
    assert gone(orphan)
    assert theirs.poll() is None
    assert stack.service("redis").pid

    log = on_stack("cleanup", "--log", "--json").document["entries"]
    assert [one["what"] for one in log if one["pid"] == orphan] == ["stopped", "asked"]

    nothing = on_stack("cleanup", "--yes")
    assert nothing.code == 0
    assert theirs.poll() is None

    everything = on_stack("cleanup", "--all", "--yes", "--json")
    assert everything.document["stopped"] == [theirs.pid]
    assert theirs.wait(30) == 0


def test_only_what_is_named_is_stopped_and_what_is_ours_is_refused(
    on_stack: Cli, stack: Stack, theirs: subprocess.Popen[bytes]
) -> None:
    answering(stack, ["theirs"])
    assert on_stack("start", "worker1", "--keep").code == 0
    ours = stack.service("worker1").pid
    refused = on_stack("cleanup", "--pid", str(ours), "--yes")
    assert refused.code == 5
    assert "celery-tray stop" in refused.err
    stranger = on_stack("cleanup", "--pid", "1", "--yes")
    assert stranger.code == 2
    assert "no Celery process" in stranger.err
    assert theirs.poll() is None
    named = on_stack("cleanup", "--pid", str(theirs.pid), "--yes", "--json")
    assert (named.code, named.document["stopped"]) == (0, [theirs.pid])
    assert stack.service("worker1").pid == ours


def test_a_person_is_shown_the_plan_and_asked(on_stack: Cli, orphan: int) -> None:
    terminal = on_stack.terminal("cleanup")
    shown = terminal.until("[y/N]")
    assert "forgotten" in shown
    terminal.type("\n")
    assert terminal.end() == 5
    assert not gone(orphan)
    again = on_stack.terminal("cleanup")
    again.until("[y/N]")
    again.type("y\n")
    assert again.end() == 0
    assert gone(orphan)


@pytest.mark.parametrize(
    "options",
    [("--dry-run", "--yes"), ("--all", "--pid", "5"), ("--run-again",), ("some-id",)],
)
def test_options_that_contradict_each_other_are_refused(cli: Cli, options: tuple[str, ...]) -> None:
    assert cli("cleanup", *options).code == 2


def test_a_task_that_nobody_lost_is_not_run_again(on_stack: Cli) -> None:
    refused = on_stack("cleanup", "--run-again", "no-such-id")
    assert refused.code == 1
    assert refused.err

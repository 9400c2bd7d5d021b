"""``tasks show`` on what was sent together: a group and a chord that no task called."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.cli.test_queues import Mine
from tests.live.conftest import until

SENDER = """
import json
from celery import chord, group
from mine import quick

members = group(quick.s(n) for n in range(3)).apply_async()
body = chord([quick.s(7), quick.s(8)], quick.s()).apply_async()
print(json.dumps([[one.id for one in members], [one.id for one in body.parent], body.id]))
"""


def test_a_group_and_a_chord_that_a_person_sent_are_shown_whole(tmp_path: Path) -> None:
    mine = Mine(tmp_path)
    try:
        assert not mine.stack.start("redis", "worker1").failed
        alone = mine.send("quick", 0)
        members, header, body = _sent_together(mine)

        def shown(task_id: str) -> list[str]:
            document = mine.cli("tasks", "show", task_id, "--json").document
            return [one["id"] for one in document["family"]]

        until(lambda: mine.why(body)["reason"] == "finished")
        until(lambda: sorted(shown(members[1])) == sorted(members))
        for one in (*header, body):
            family = shown(one)
            assert sorted(family) == sorted([*header, body])
            assert family.index(body) > 0, "the body stands below the one that called it"
        assert shown(alone) in ([], [alone])
        told = mine.cli("tasks", "show", body).out
        assert all(one in told for one in header)
    finally:
        mine.stack.end()


def _sent_together(mine: Mine) -> tuple[list[str], list[str], str]:
    """Ids of a group's members, of a chord's header, and of its body; sent by another process."""
    done = subprocess.run(
        [sys.executable, "-c", SENDER], cwd=mine.folder, capture_output=True, check=True
    )
    members, header, body = json.loads(done.stdout)
    return members, header, body

"""Real processes of every kind, each with its truth: all are named rightly, and no decoy is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktop.engine.census.answers import NodeAnswer, answer_of
from desktop.engine.census.census import Census
from desktop.engine.control import Control
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner, Role
from tests.engine.census.decoys import start_decoys
from tests.engine.census.kinds import Kinds
from tests.engine.conftest import wait_until as until


def answers_of(broker: str, nodes: set[str]) -> dict[str, NodeAnswer]:
    """Of all that are asked; a busy machine may need more than one question for it."""
    found: dict[str, NodeAnswer] = {}

    def all_have_answered() -> bool:
        said = {node: answer_of(node, reply) for node, reply in Control(broker).stats(1.0).items()}
        found.update({node: answer for node, answer in said.items() if answer})
        return nodes <= set(found)

    until(all_have_answered)
    return found


def told(rows: tuple[WorkerRow, ...], folder: Path) -> dict[int, WorkerRow]:
    """The rows of the zoo: others on this machine may run Celery too."""
    return {row.pid: row for row in rows if row.cwd and Path(row.cwd).is_relative_to(folder)}


def is_up(zoo: Any, key: str, expect: dict[str, Any]) -> bool:
    if expect["role"] is not Role.WORKER:
        return zoo.pid(key) is not None
    return zoo.is_ready(expect["node"]) and zoo.pid(key) is not None


def differences(row: WorkerRow, expect: dict[str, Any], child: int) -> dict[str, tuple[Any, Any]]:
    """What the row says otherwise than the truth; ``child`` is the process that was started."""
    keeper = row.keeper
    said = {
        **{name: getattr(row, name) for name in expect if hasattr(row, name)},
        "children": len(row.children),
        "kept": keeper and (keeper.kind, keeper.name),
        "kept_by_us": bool(keeper and keeper.pid == child and keeper.create_time),
        "says": expect.get("says") if expect.get("says", "") in str(row.why[0]) else row.why,
        "by_broker": expect.get("by_broker"),
        "owner": row.owner,
    }
    expect = {"owner": Owner.EXTERNAL, **expect}
    return {name: (said[name], expect[name]) for name in expect if said[name] != expect[name]}


def test_every_kind_is_named_rightly_and_no_decoy_is(
    zoo: Any, wait_until: Callable[..., None]
) -> None:
    kinds = Kinds(zoo)
    truth, children = kinds.truth, kinds.children
    up = start_decoys(zoo)
    assert len(truth) >= 25
    assert len(up) >= 12
    census = Census()
    census.scan([])
    wait_until(lambda: all(is_up(zoo, key, one) for key, one in truth.items()))
    wait_until(lambda: all(is_there() for is_there in up.values()))
    children["orphan"].kill()
    children["orphan"].wait()

    by_table = told(census.scan([]), zoo.folder)
    nodes = {one["node"] for one in truth.values() if one["role"] is Role.WORKER}
    answers = answers_of(zoo.broker, nodes)
    by_both = told(census.scan([], answers), zoo.folder)
    afresh = told(Census().scan([], answers), zoo.folder)

    pids = {key: zoo.pid(key) for key in truth}
    hidden = {pids[key] for key, one in truth.items() if one.get("by_broker")}
    assert set(by_both) == set(pids.values())
    assert set(by_table) == set(pids.values()) - hidden

    def wrong(rows: dict[int, WorkerRow]) -> dict[str, dict[str, tuple[Any, Any]]]:
        found = {
            key: differences(rows[pids[key] or 0], one, children[key].pid)
            for key, one in truth.items()
        }
        return {key: differing for key, differing in found.items() if differing}

    assert wrong(by_both) == {}
    # A title wipes the environment: who comes later can't read the app there.
    assert wrong(afresh) == {"titled-env": {"app": ("", "proj")}}
    rows = by_both.values()
    assert all(row.why and all(str(why) for why in row.why) for row in rows)
    assert all("secret" not in str(row) for row in rows)
    assert all(row.rss_bytes and row.rss_bytes > 1_000_000 for row in rows)
    assert {row.username for row in rows} == {""}
    assert all(row.loaded_at and row.loaded_at >= row.create_time for row in rows)

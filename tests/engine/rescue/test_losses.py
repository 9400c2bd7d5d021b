"""Whether a task is lost, while its message moves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop.engine.app_info import AppInfo
from desktop.engine.cleanup_model import LostTask
from desktop.engine.control import Control
from desktop.engine.rescue import losses, unacked
from desktop.engine.rescue.accounting import Accounting
from desktop.engine.rescue.keys import Keys
from desktop.engine.rescue.lost import Dying, write_dying
from desktop.engine.rescue.watched import Watched
from desktop.engine.rescue.witnesses import Broker
from tests.engine.conftest import Server

TASK = LostTask("1", "t", queue="celery")
BODY = {"headers": {"id": "1", "task": "t"}, "properties": {}}


def waits(server: Server) -> None:
    server.client.hdel("unacked", "tag")
    server.client.zrem("unacked_index", "tag")
    server.client.lpush("celery", json.dumps(BODY))


def is_held(server: Server) -> None:
    server.client.delete("celery")
    server.client.hset("unacked", "tag", json.dumps([BODY, "", "celery"]))
    server.client.zadd("unacked_index", {"tag": 1.0})


@pytest.mark.parametrize("look", ["read", "waiting"])
@pytest.mark.parametrize("move", [(waits, is_held), (is_held, waits)])
def test_a_message_that_moves_between_two_looks_is_not_lost(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    move: tuple[Callable[[Server], None], Callable[[Server], None]],
    look: str,
) -> None:
    before, after = move
    before(server)
    real = getattr(unacked, look)

    def looks(*given: Any) -> Any:
        found = real(*given)
        after(server)
        return found

    monkeypatch.setattr(unacked, look, looks)
    broker = Broker(server.url, Keys(), 0, Control(server.url))
    assert losses.really_lost(broker, [TASK], (), AppInfo()) == ()
    monkeypatch.undo()
    server.client.flushdb()
    assert losses.really_lost(broker, [TASK], (), AppInfo()) == (TASK,)


async def test_a_death_that_is_told_twice_is_accounted_for_once(tmp_path: Path) -> None:
    noted = Watched(7, 1.0, "a@host", died_at=50.0)
    write_dying(tmp_path / "dying.json", [Dying(noted, (TASK,))])
    accounts = Accounting(tmp_path)
    # By the record of its service, before what the last engine wrote down was read.
    accounts.died(Watched(7, 1.0, "a@host", died_at=90.0))
    accounts.died(Watched(7, 2.0, "a@host", died_at=91.0))
    await accounts.load()
    accounts.died(Watched(7, 1.0, "a@host", died_at=95.0))
    assert [(one.create_time, one.died_at) for one in accounts.unsettled] == [
        (2.0, 91.0),
        (1.0, 50.0),
    ]

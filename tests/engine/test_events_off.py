from __future__ import annotations

import socket

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.control import Control
from desktop.engine.events_off import Totals, events_off, turn_on
from desktop.engine.telemetry import Telemetry

HOST = socket.gethostname()


def answer(total: int, pid: int = 7) -> NodeAnswer:
    return NodeAnswer("w1@h", pid, total=total)


def test_a_worker_whose_totals_grow_unheard_has_its_events_off():
    totals = Totals()
    totals.look([answer(5)], lambda *_: False, listening=True)
    assert not totals.silent
    totals.look([answer(6)], lambda *_: False, listening=True)
    assert totals.silent == {"w1@h"}
    totals.look([answer(6)], lambda *_: True, listening=True)
    assert not totals.silent


def test_what_it_did_while_nobody_listened_or_before_it_restarted_proves_nothing():
    totals = Totals()
    totals.look([answer(5)], lambda *_: False, listening=False)
    totals.look([answer(9)], lambda *_: False, listening=True)
    assert not totals.silent
    totals.look([answer(12, pid=8)], lambda *_: False, listening=True)
    assert not totals.silent


def test_a_worker_that_is_gone_is_not_told_of():
    totals = Totals()
    for total in (5, 6):
        totals.look([answer(total)], lambda *_: False, listening=True)
    totals.look([], lambda *_: False, listening=True)
    assert not totals.silent


def test_the_finding_says_how_to_make_it_permanent():
    finding = events_off(["b@h", "a@h"], "shop")
    assert finding is not None
    assert finding.id == "events-off"
    assert "a@h, b@h" in str(finding.detail)
    assert "worker_send_task_events = True" in str(finding.fix)
    assert "-A shop control enable_events" in str(finding.fix)
    assert events_off([], "shop") is None


def test_events_are_turned_on_in_a_real_worker(server, workers, wait_until):
    workers.silent = True
    node = f"w1@{HOST}"
    workers.start(node, "-P", "threads", "-c", "1", "--heartbeat-interval=1")
    started: set[str] = set()  # only events tell that
    telemetry = Telemetry(
        server.url,
        lambda *_: None,
        on_tasks=lambda told: started.update(t.id for t in told if t.started_at is not None),
    )
    telemetry.start()
    try:
        wait_until(lambda: telemetry.connected)
        asked = iter(range(10**6))

        def silent() -> bool:
            if next(asked) % 20 == 0:
                workers.send("add", 1, 2)
            return telemetry.status.silent == (node,)

        wait_until(silent)
        assert turn_on(Control(server.url), [node, "nobody@h"]) == {node: True, "nobody@h": False}
        last = workers.send("add", 3, 4)
        wait_until(lambda: last in started and telemetry.status.silent == ())
    finally:
        telemetry.stop()

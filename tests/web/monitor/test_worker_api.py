"""Workers through the API: what is asked of the engine, and what is refused before that."""

from __future__ import annotations

from desktop.engine.commands import Refused
from desktop.engine.control_documents import node_document
from desktop.engine.node_commands import (
    DumpNode,
    NodeReport,
    NodeVerb,
    ShowNode,
    StackDump,
    TellNode,
)
from desktop.engine.node_control import target
from desktop.words import text
from tests.web.monitor.worker_samples import HOSTILE, detail

NODE = "a/../b%2F?#@höst"
WHO = {"node": NODE, "pid": 7}


def told(verb: NodeVerb, **fields: object) -> TellNode:
    return TellNode("", NODE, 7, verb, **fields)  # type: ignore[arg-type]


TOLD = (
    ("grow", {"n": 3}, told(NodeVerb.GROW, n=3)),
    ("shrink", {}, told(NodeVerb.SHRINK)),
    ("autoscale", {"most": 8, "least": 2}, told(NodeVerb.AUTOSCALE, n=8, least=2)),
    ("add-queue", {"queue": "a b"}, told(NodeVerb.ADD_CONSUMER, queue="a b")),
    ("cancel-queue", {"queue": HOSTILE}, told(NodeVerb.CANCEL_CONSUMER, queue=HOSTILE)),
    ("rate-limit", {"task": "x", "rate": "5/m"}, told(NodeVerb.RATE_LIMIT, task="x", rate="5/m")),
    ("time-limit", {"task": "x", "hard_s": 9}, told(NodeVerb.TIME_LIMIT, task="x", hard_s=9.0)),
    ("restart-pool", {}, told(NodeVerb.RESTART_POOL)),
    ("events", {"on": True}, told(NodeVerb.ENABLE_EVENTS)),
    ("events", {"on": False}, told(NodeVerb.DISABLE_EVENTS)),
    ("stop", {}, told(NodeVerb.WARM_STOP)),
    ("stop", {"consent": True}, told(NodeVerb.WARM_STOP, consent=True)),
)
SENSELESS = (
    ("grow", {}),
    ("grow", {"node": "", "pid": 7}),
    ("grow", {**WHO, "n": 0}),
    ("grow", {**WHO, "pid": -1}),
    ("autoscale", WHO),
    ("add-queue", {**WHO, "queue": ""}),
    ("rate-limit", WHO),
    ("time-limit", {**WHO, "task": "x", "soft_s": "soon"}),
    ("stop", {**WHO, "force": True}),
)


def test_each_verb_is_the_command_of_the_same_name(engine, monitor):
    engine.answer = lambda command: NodeReport(text("It has 3 processes now."))
    for verb, body, command in TOLD:
        answer = monitor.http.post(f"/api/workers/{verb}", json={**WHO, **body})
        assert (answer.status_code, answer.json()) == (200, {"words": "It has 3 processes now."})
        assert engine.commands[-1] == command


def test_what_makes_no_sense_does_not_reach_the_engine(engine, monitor):
    for verb, body in SENSELESS:
        assert monitor.http.post(f"/api/workers/{verb}", json=body).status_code == 422, body
    assert not [one for one in engine.commands if isinstance(one, TellNode)]


def test_a_refusal_of_a_worker_is_no_failure_of_the_server(engine, monitor):
    problem = target.silent(NODE, 7).problem
    engine.answer = lambda command: Refused(problem, 1)
    refused = monitor.http.post("/api/workers/grow", json=WHO)
    assert (refused.status_code, refused.json()["code"]) == (409, "silent-node")
    needs_consent = Refused(problem, 5)
    engine.answer = lambda command: needs_consent
    assert monitor.http.post("/api/workers/stop", json=WHO).status_code == 409


def test_one_worker_is_told_whole_or_without_what_is_long(engine, monitor):
    stack = engine.snapshot.stacks[0]
    engine.answer = lambda command: (
        detail(command, stack) if isinstance(command, ShowNode) else None
    )
    asked = {"node": stack.workers[0].node, "pid": stack.workers[0].pid}
    whole = monitor.http.get("/api/workers/show", params=asked).json()
    command = ShowNode("", asked["node"], asked["pid"])
    assert whole.keys() == node_document(detail(command, stack)).keys()
    load = monitor.http.get("/api/workers/load", params=asked).json()
    assert (load["done"], load["reserved_count"], load["scheduled_count"]) == (18_204, 1, 1)
    assert not {"registered", "configuration", "reserved"} & load.keys()
    assert load["processes"] == whole["processes"]
    # Both ways of asking, and everybody who asks, are one question to the worker.
    assert engine.commands.count(command) == 1
    for wrong in ({}, {"node": ""}, {"node": "x", "pid": "many"}):
        assert monitor.http.get("/api/workers/show", params=wrong).status_code == 422


def test_a_dump_is_asked_for_with_consent_only_where_it_is_given(engine, monitor):
    engine.answer = lambda command: StackDump("Thread 1", "py-spy")
    for consent in (False, True):
        body = {**WHO, **({"consent": True} if consent else {})}
        answer = monitor.http.post("/api/workers/dump", json=body)
        assert answer.json() == {"text": "Thread 1", "by": "py-spy", "note": None}
        assert engine.commands[-1] == DumpNode("", NODE, 7, consent)

"""Each reason by the evidence that it is judged by."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.cleanup_model import HeldTask, LostTask, Stranded
from desktop.engine.model import Verdict, WorkerRow
from desktop.engine.queues.messages import Found
from desktop.engine.states import Confidence, Owner, Role, TaskState, WorkerFinding
from desktop.engine.task_model import QueueDetail, QueuedMessage, Reason, Task, WaitingTask
from desktop.engine.why.evidence import Delivered, Elsewhere, Evidence, Looked, Result
from desktop.engine.why.judge import REASONS, judged
from desktop.words import text

NOW = 1_800_000_000.0
ID = "the-task"
NODE = NodeAnswer(
    "w1@h",
    7,
    queues=("celery",),
    tasks=(),
    reserved_ids=(),
    scheduled_ids=(),
    registered=("shop.work",),
    concurrency=2,
)
ROW = WorkerRow(7, 1.0, Role.WORKER, Owner.OURS, "w1@h", queues=("celery",), this_app=True)
MESSAGE = QueuedMessage(4, ID, "shop.work", queue="celery")
WAITS = Found("celery", 4, 9, MESSAGE)
OUT = Delivered(NOW - 60, "celery", MESSAGE, 3540)
QUEUE = QueueDetail("celery", 9, consumers=("w1@h",))
BASE = Evidence(
    ID,
    NOW,
    "redis://localhost:6379/0",
    nodes=(NODE,),
    rows=(ROW,),
    queues=(QUEUE,),
    looked=Looked(2, 9, 1, 1, True, True),
)


def seen(**changes: Any) -> Evidence:
    return msgspec.structs.replace(BASE, **changes)


CLOSED = {"closed": True, "broker": "amqp://localhost//", "waits": None, "delivered": None}
SENT = Task(ID, "shop.work", queue="celery", seen_at=NOW - 9)


def test_a_broker_that_shows_no_messages_is_not_told_as_down() -> None:
    report = judged(seen(**CLOSED, task=SENT))
    holding = [reason for reason in report.reasons if reason.holds]
    assert [reason.id for reason in holding] == ["broker-shows-nothing"]
    assert "9 messages wait in “celery”" in str(holding[0].evidence)
    unknown = {reason.id for reason in report.reasons if reason.holds is None}
    assert {"queued", "unacked", "no-consumer", "not-consuming"} <= unknown
    assert judged(seen(**CLOSED)).reasons[-1].holds is None, "what is not shown is not unknown"


def test_where_nothing_is_shown_nodes_and_consumers_still_tell() -> None:
    held = HeldTask(ID, "shop.work")
    runs = judged(seen(**CLOSED, task=SENT, nodes=node(tasks=(held,))))
    assert next(reason.id for reason in runs.reasons if reason.holds) == "running"
    alone = msgspec.structs.replace(QUEUE, consumers=())
    nobody = judged(seen(**CLOSED, task=SENT, queues=(alone,)))
    assert next(reason.id for reason in nobody.reasons if reason.holds) == "no-consumer"
    assert "which no worker consumes" in str(nobody.answer)


def node(**changes: Any) -> tuple[NodeAnswer, ...]:
    return (msgspec.structs.replace(NODE, **changes),)


def row(finding: WorkerFinding) -> tuple[WorkerRow, ...]:
    verdict = Verdict(finding, Confidence.CERTAIN, text("silent for {n} s", n=40))
    return (msgspec.structs.replace(ROW, verdicts=(verdict,)),)


def task(state: TaskState, **more: Any) -> Task:
    return Task(ID, "shop.work", state, "w1@h", 7, seen_at=NOW - 5, **more)


def answer(evidence: Evidence) -> tuple[str, str, str, str]:
    """Id, words, evidence and fix of the reason that holds."""
    report = judged(evidence)
    held = next(one for one in report.reasons if one.holds)
    assert report.answer == held.words
    return held.id, str(held.words), str(held.evidence), str(held.fix)


def reason(evidence: Evidence, wanted: str) -> Reason:
    return next(one for one in judged(evidence).reasons if one.id == wanted)


@pytest.mark.parametrize(
    ("evidence", "reason_id", "words"),
    [
        (
            seen(task=task(TaskState.SUCCESS, finished_at=NOW - 180, runtime_s=0.214)),
            "finished",
            "It has run and succeeded 3 min ago. w1@h ran it in 0.21 s.",
        ),
        (
            seen(task=task(TaskState.FAILURE, exception="ValueError('no')")),
            "finished",
            "It has run and failed. ValueError('no') See how: celery-tray tasks show the-task",
        ),
        (
            seen(result=Result(None)),
            "finished",
            "It has ended: its result is there. The result backend has its result.",
        ),
        (
            seen(
                nodes=node(tasks=(HeldTask(ID, "shop.work", started_at=NOW - 8040, pid=9),)),
                usual_s=12.0,
            ),
            "running",
            "It has been running on w1@h for 2 h 14 min. Process 9. It usually takes 12 s.",
        ),
        (
            seen(
                task=task(TaskState.STARTED, started_at=NOW - 90),
                nodes=(),
                rows=row(WorkerFinding.UNRESPONSIVE),
            ),
            "worker-hung",
            "w1@h has begun it and does not answer (process 7). silent for 40 s"
            " See what would be stopped: celery-tray cleanup --dry-run",
        ),
        (
            seen(lost=LostTask(ID, "shop.work", node="w1@h", lost_at=NOW - 60)),
            "lost",
            "It died with w1@h 1 min ago: acknowledged when it began, so no queue has it any more."
            " Run it again: celery-tray cleanup --run-again the-task",
        ),
        (
            seen(broker_up=False, nodes=(), queues=()),
            "broker-down",
            "The broker is down, so nothing can be taken from it. It is redis://localhost:6379/0."
            " Start it: celery-tray start redis",
        ),
        (
            seen(task=task(TaskState.REVOKED, revoked_why="terminated", finished_at=NOW - 5)),
            "revoked",
            "It was ended while it ran 5 s ago: somebody terminated it."
            " Run it again: celery-tray tasks retry the-task",
        ),
        (
            seen(waits=WAITS, revoked_by=("w1@h",)),
            "revoked",
            "It was revoked: the worker that takes it drops it. Remembered by w1@h."
            " Run it again: celery-tray tasks retry the-task",
        ),
        (
            seen(waits=WAITS, result=Result(TaskState.REVOKED)),
            "revoked",
            "It was revoked: the worker that takes it drops it."
            " Run it again: celery-tray tasks retry the-task",
        ),
        (
            seen(nodes=node(reserved_ids=("a", "b", ID)), earlier=frozenset({"a", "z"})),
            "reserved",
            "w1@h has taken it, and 1 other task it has taken comes first."
            " Give it more processes, or let it take less ahead (worker_prefetch_multiplier = 1);"
            " w1@h gives back what it has taken when it is stopped warmly.",
        ),
        (
            seen(delivered=OUT, nodes=node(rate_limited=("shop.work",))),
            "rate-limited",
            "w1@h holds it back: shop.work is rate limited. Its message is delivered, and no worker"
            " names it among what it runs or has next."
            " Raise the limit: rate_limit of the task, or on the page Workers.",
        ),
        (
            seen(delivered=OUT, stranded=Stranded(1, text("somebody is silent"))),
            "unacked",
            "Its message was delivered 1 min ago, and no worker that answers has it: the one that"
            " got it is gone, or silent. Without that it is delivered again in 59 min."
            " somebody is silent",
        ),
        (
            seen(
                waits=msgspec.structs.replace(WAITS, queue="celry"),
                queues=(QUEUE, QueueDetail("celry", 9, consumers=(), near="celery")),
            ),
            "no-consumer",
            "It waits in “celry”, which no worker consumes. Did you mean “celery”?"
            " Position 5 of 9. Move what waits there: celery-tray queues move celry celery",
        ),
        (
            seen(waits=WAITS, nodes=(), rows=(), queues=(QueueDetail("celery", 9),)),
            "no-consumer",
            "It waits in “celery”, and no worker runs. Position 5 of 9."
            " Start one: celery-tray start",
        ),
        (
            seen(waits=WAITS, nodes=node(registered=("blog.post",))),
            "unregistered",
            "w1@h takes from its queue and does not know shop.work: it would throw it away."
            " It is not among the tasks that this worker says it has. If the code is new, restart:"
            " celery-tray restart. If it is another project's worker, give each a queue of its"
            " own.",
        ),
        (
            seen(result=Result(TaskState.FAILURE, "NotRegistered: ['shop.work']")),
            "unregistered",
            "A worker that does not know it took it and threw it away."
            " It is not among the tasks that this worker says it has. If the code is new, restart:"
            " celery-tray restart. If it is another project's worker, give each a queue of its"
            " own.",
        ),
        (
            seen(waits=WAITS, rows=row(WorkerFinding.NOT_CONSUMING)),
            "not-consuming",
            "Its worker w1@h does not take tasks (process 7). silent for 40 s"
            " Restart it: celery-tray restart. What it runs, see celery-tray cleanup --dry-run",
        ),
        (
            seen(
                waits=WAITS,
                queues=(msgspec.structs.replace(QUEUE, drained_in_s=90, growth_per_minute=-6),),
            ),
            "queued",
            "It waits in “celery”, and 4 tasks come before it."
            " At the present pace its turn is in about 50 s.",
        ),
        (
            seen(waits=WAITS, usual_s=10.0),
            "queued",
            "It waits in “celery”, and 4 tasks come before it."
            " Its turn is in about 25 s: 2 at a time, each usually 10 s.",
        ),
        (
            seen(elsewhere=Elsewhere("redis://localhost:6379/5", WAITS)),
            "wrong-broker",
            "It was sent to another broker: it waits in “celery” of redis://localhost:6379/5."
            " The workers of this app listen on redis://localhost:6379/0."
            " Give the sender the workers' address (broker_url), and send it again.",
        ),
        (
            seen(task=task(TaskState.RECEIVED, received_at=NOW - 30)),
            "vanished",
            "w1@h had it 30 s ago, and nobody has it now; its end was not heard."
            " No queue, no delivered message and no worker that answers holds it."
            " If it must run: celery-tray tasks retry the-task",
        ),
    ],
)
def test_the_answer_is_one_sentence_with_its_evidence_and_what_to_do(
    evidence: Evidence, reason_id: str, words: str
) -> None:
    told = answer(evidence)
    assert (told[0], " ".join(part for part in told[1:] if part)) == (reason_id, words)


@pytest.mark.parametrize(
    "evidence",
    [
        seen(waits=msgspec.structs.replace(WAITS, message=QueuedMessage(4, ID, eta=NOW + 90))),
        seen(held_back=WaitingTask(ID, "shop.work", "w1@h", NOW + 90)),
        seen(task=task(TaskState.RECEIVED, eta=NOW + 90)),
    ],
)
def test_what_is_not_due_says_when_whoever_holds_it(evidence: Evidence) -> None:
    told = answer(evidence)
    assert told[0] == "eta"
    assert "in 1 min 30 s" in told[1]


def test_a_retry_is_told_from_a_countdown() -> None:
    again = msgspec.structs.replace(MESSAGE, eta=NOW + 40, retries=2)
    told = answer(seen(delivered=msgspec.structs.replace(OUT, message=again)))
    assert told[0] == "retry"
    assert "(retry 2)" in told[1]


def test_what_has_expired_is_dropped_when_it_is_taken() -> None:
    late = msgspec.structs.replace(MESSAGE, expires_at=NOW - 1)
    assert answer(seen(waits=msgspec.structs.replace(WAITS, message=late)))[0] == "expired"
    later = msgspec.structs.replace(MESSAGE, expires_at=NOW + 1)
    assert answer(seen(waits=msgspec.structs.replace(WAITS, message=later)))[0] == "queued"


def test_a_message_that_waits_again_has_not_ended_whatever_was_heard_before() -> None:
    evidence = seen(waits=WAITS, task=task(TaskState.SUCCESS), result=Result(TaskState.SUCCESS))
    assert answer(evidence)[0] == "queued"


def test_what_could_not_be_found_out_is_neither_true_nor_false() -> None:
    evidence = seen(nodes=(), rows=(ROW,), waits=WAITS, queues=(QueueDetail("celery", 9),))
    for unknown in ("running", "revoked", "no-consumer", "unregistered", "rate-limited"):
        assert reason(evidence, unknown).holds is None, unknown
    bare = seen(looked=Looked(), waits=None)
    assert reason(bare, "finished").holds is None


def test_an_unknown_task_is_told_where_it_was_looked_for() -> None:
    told = answer(seen(looked=Looked(2, 14, 3, 1, True, True, 2)))
    assert told[0] == "unknown"
    assert told[2] == (
        "Looked at: 14 messages in 2 queues, 3 delivered messages, 1 worker, the result backend,"
        " the history, 2 other databases and brokers."
    )


def test_every_reason_says_something_of_every_evidence() -> None:
    for evidence in (BASE, seen(waits=WAITS), seen(delivered=OUT), Evidence(ID, NOW)):
        report = judged(evidence)
        assert len(report.reasons) == len(REASONS)
        assert len({one.id for one in report.reasons}) == len(REASONS)
        assert all(str(one.words) for one in report.reasons)

from __future__ import annotations

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.model import WorkerRow
from desktop.engine.queues.consumers import consumers, near_name
from desktop.engine.queues.findings import unconsumed
from desktop.engine.states import Owner, Role
from desktop.engine.task_model import QueueDetail

URL = "redis://127.0.0.1:6379/0"


def row(node: str, pid: int = 7) -> WorkerRow:
    return WorkerRow(pid, 1.0, Role.WORKER, Owner.OURS, node, this_app=True)


def said_by(*answers: NodeAnswer) -> dict[tuple[int, float], NodeAnswer]:
    """The first is process 7, the next 8 …"""
    return {(pid, 1.0): answer for pid, answer in enumerate(answers, 7)}


def answer(node: str, *queues: str, broker: str = "redis://localhost:6379/0") -> NodeAnswer:
    return NodeAnswer(node, 7, queues=queues, broker=broker)


def test_nodes_of_this_broker_count_whoever_s_they_are() -> None:
    said = consumers(
        [row("mine@h")],
        said_by(
            answer("mine@h", "celery"),
            answer("theirs@h", "celery", "other"),
            answer("mine@h", "far", broker="redis://localhost:6379/4"),
        ),
        URL,
    )
    assert said.of("celery") == ("mine@h", "theirs@h")
    assert said.of("other") == ("theirs@h",)
    assert said.of("nobody's") == said.of("far") == ()
    assert said.mine == {"celery"}


def test_who_is_silent_may_consume_anything() -> None:
    said = consumers([row("mine@h"), row("hangs@h", 9)], said_by(answer("mine@h", "celery")), URL)
    assert said.of("celery") == ("mine@h",)
    assert said.of("mail") is None
    assert not said.complete


def test_nobody_was_asked_is_not_nobody_consumes() -> None:
    assert consumers([], {}, URL, asked=False).of("celery") is None
    assert consumers([], {}, URL).of("celery") == ()


def test_a_slip_of_the_name_is_noticed() -> None:
    known = ["celery", "download_queue", "mail"]
    assert near_name("celry", known) == "celery"
    assert near_name("Download-Queue", known) == "download_queue"
    assert near_name("reports", known) == ""
    assert near_name("mail", ["mail"]) == "", "it is no slip of itself"


def test_the_finding_names_each_queue_and_what_it_was_meant_to_be() -> None:
    queues = (
        QueueDetail("celry", 3, near="celery"),
        QueueDetail("reports", 1),
        *(QueueDetail(f"q{n}", 1) for n in range(3)),
    )
    (finding,) = unconsumed(queues)
    assert str(finding.title) == "7 tasks wait in queues that nobody consumes"
    assert str(finding.detail).startswith("“celry” (3): did you mean “celery”?, “reports” (1)")
    assert str(finding.detail).endswith("and 2 more")
    assert str(finding.fix) == "Move what waits there: celery-tray queues move celry celery"
    (finding,) = unconsumed((QueueDetail("reports", 1),))
    assert "peek reports" in str(finding.fix)
    assert list(unconsumed(())) == []

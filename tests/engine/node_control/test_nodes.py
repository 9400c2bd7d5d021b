"""Workers told, shown and looked into: prefork, threads and solo on one broker."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from desktop.engine.errors import ServiceError, UsageError, WouldHarm
from desktop.engine.node_commands import (
    DumpNode,
    NodeDetail,
    NodeProcess,
    NodeVerb,
    ShowNode,
    TellNode,
)
from desktop.engine.node_control import cry, dump, target
from desktop.engine.node_control.nodes import Nodes
from desktop.engine.states import Owner, TaskState
from desktop.engine.task_model import Task
from tests.engine.conftest import wait_until
from tests.engine.task_control.yard import Yard

FORK, THREAD, SOLO = "fork@yard", "thread@yard", "solo@yard"


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    opened = Yard(tmp_path_factory.mktemp("nodes"))
    try:
        opened.start(FORK, "-c", "2", "-Q", "celery", YARD_RESTARTS="1")
        opened.start(THREAD, "-P", "threads", "-c", "2", "-Q", "threads")
        opened.start(SOLO, "-P", "solo", "-Q", "solo")
        yield opened
    finally:
        opened.end()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """These workers answer within milliseconds."""
    monkeypatch.setattr(target, "ANSWER_TIMEOUT_S", 0.25)


@pytest.fixture
def nodes(yard: Yard) -> Nodes:
    rows = tuple(map(yard.row, (FORK, THREAD, SOLO)))
    return Nodes(yard.stack(rows=rows))  # type: ignore[arg-type]


@pytest.fixture
def gate(yard: Yard) -> Iterator[Path]:
    path = yard.folder / f"gate-{uuid.uuid4().hex}"
    yield path
    path.touch()


async def told(nodes: Nodes, verb: NodeVerb, node: str = FORK, **more: object) -> str:
    return str((await nodes.tell(TellNode(node=node, verb=verb, **more))).words)  # type: ignore[arg-type]


async def refusal(nodes: Nodes, verb: NodeVerb, node: str = FORK, **more: object) -> str:
    with pytest.raises(ServiceError) as caught:
        await told(nodes, verb, node, **more)
    return str(caught.value)


async def shown(nodes: Nodes, node: str, pid: int = 0) -> NodeDetail:
    return await nodes.show(ShowNode(node=node, pid=pid))


async def busy(nodes: Nodes, node: str) -> NodeProcess:
    """The process that runs something, as soon as one does."""
    async with asyncio.timeout(15):
        while True:
            detail = await shown(nodes, node)
            if found := [one for one in detail.processes if one.task_id]:
                return found[0]


async def measured(nodes: Nodes, node: str) -> NodeDetail:
    """All of it, as soon as two looks lie far enough apart to tell what CPU its pool takes."""
    async with asyncio.timeout(15):
        while True:
            detail = await shown(nodes, node)
            if all(one.cpu_percent is not None for one in detail.processes if not one.main):
                return detail


# --- telling -------------------------------------------------------------------------------------


async def test_a_pool_of_processes_grows_and_shrinks_and_keeps_one(
    yard: Yard, nodes: Nodes
) -> None:
    assert await told(nodes, NodeVerb.GROW, n=2) == "It has 4 processes now."
    assert len(yard.pool(FORK)) == 4
    assert await told(nodes, NodeVerb.SHRINK, n=2) == "It has 2 processes now."
    assert "one must stay" in await refusal(nodes, NodeVerb.SHRINK, n=2)
    for node in (THREAD, SOLO):
        assert "one size" in await refusal(nodes, NodeVerb.GROW, node)


async def test_queues_are_added_and_cancelled_and_asked_back(nodes: Nodes) -> None:
    words = await told(nodes, NodeVerb.ADD_CONSUMER, queue="more")
    assert "celery, more" in words and "restarted" in words
    assert set((await shown(nodes, FORK)).queues) == {"celery", "more"}
    assert "more" not in await told(nodes, NodeVerb.CANCEL_CONSUMER, queue="more")


async def test_limits_events_and_the_pool_are_told_and_refused_in_words(nodes: Nodes) -> None:
    assert "10/m" in await told(nodes, NodeVerb.RATE_LIMIT, task="yard.add", rate="10/m")
    limits = {task.name: task.rate_limit for task in (await shown(nodes, FORK)).registered}
    assert limits["yard.add"] == "10/m"
    assert "no rate limit" in await told(nodes, NodeVerb.RATE_LIMIT, task="yard.add")
    assert "no task of this name" in await refusal(
        nodes, NodeVerb.RATE_LIMIT, task="yard.none", rate="1/s"
    )
    assert "enforce" not in await told(nodes, NodeVerb.TIME_LIMIT, task="yard.add", hard_s=9)
    assert "enforce" in await told(nodes, NodeVerb.TIME_LIMIT, THREAD, task="yard.add", hard_s=9)
    assert (await shown(nodes, FORK)).events is None
    assert "task events now" in await told(nodes, NodeVerb.ENABLE_EVENTS)
    assert (await shown(nodes, FORK)).events is True
    assert "no task events" in await told(nodes, NodeVerb.DISABLE_EVENTS)
    assert (await shown(nodes, FORK)).events is False
    assert "--autoscale" in await refusal(nodes, NodeVerb.AUTOSCALE, n=3, least=1)
    assert "replaced" in await told(nodes, NodeVerb.RESTART_POOL)
    assert "restarted by itself" in await refusal(nodes, NodeVerb.RESTART_POOL, SOLO)


@pytest.mark.parametrize(
    "command",
    [
        TellNode(),
        TellNode(node=FORK, n=0),
        TellNode(node=FORK, verb=NodeVerb.AUTOSCALE, n=1, least=2),
        TellNode(node=FORK, verb=NodeVerb.ADD_CONSUMER, queue=" "),
        TellNode(node=FORK, verb=NodeVerb.RATE_LIMIT, task="yard.add", rate="often"),
        TellNode(node=FORK, verb=NodeVerb.TIME_LIMIT, task="yard.add", soft_s=9, hard_s=3),
    ],
)
async def test_what_can_not_be_meant_is_not_told(nodes: Nodes, command: TellNode) -> None:
    with pytest.raises(UsageError):
        await nodes.tell(command)


async def test_an_autoscaled_pool_takes_bounds_and_no_single_processes(yard: Yard) -> None:
    yard.start("scale@yard", "--autoscale", "2,1", "-Q", "scale")
    nodes = Nodes(yard.stack())  # type: ignore[arg-type]
    assert "1 to 3" in await told(nodes, NodeVerb.AUTOSCALE, "scale@yard", n=3, least=1)
    assert (await shown(nodes, "scale@yard")).autoscale == (3, 1)
    assert "scales itself" in await refusal(nodes, NodeVerb.GROW, "scale@yard")


async def test_of_two_of_one_name_neither_is_told_and_each_is_shown(yard: Yard) -> None:
    first = yard.start("twin@yard", "-P", "solo", "-Q", "twins")
    row = yard.row("twin@yard")
    yard.start("other@yard", "-P", "solo", "-Q", "twins", "-n", "twin@yard")
    second = yard.pid("other@yard")
    nodes = Nodes(yard.stack(rows=(row, msgspec.structs.replace(row, pid=second))))  # type: ignore[arg-type]
    assert "2 workers are called" in await refusal(
        nodes, NodeVerb.ADD_CONSUMER, "twin@yard", pid=first, queue="x"
    )
    for pid in (first, second):
        detail = await shown(nodes, "twin@yard", pid)
        assert detail.shares_its_name and detail.pid == pid and detail.uptime_s is not None
        assert not detail.configuration


async def test_who_does_not_answer_is_told_nothing(yard: Yard, nodes: Nodes, gate: Path) -> None:
    yard.send("hold", str(gate), queue="solo")
    wait_until(lambda: "hold" in yard.log(SOLO).read_text())
    assert "does not answer" in await refusal(nodes, NodeVerb.ENABLE_EVENTS, SOLO)
    detail = await shown(nodes, SOLO)
    assert not detail.answered and detail.processes[0].rss_bytes


async def test_another_ones_worker_stops_on_a_persons_word_alone(yard: Yard, nodes: Nodes) -> None:
    with pytest.raises(WouldHarm):
        await told(nodes, NodeVerb.WARM_STOP, FORK)
    assert yard.pool(FORK)


# --- showing -------------------------------------------------------------------------------------


async def test_a_worker_of_processes_is_shown_with_what_each_runs(
    yard: Yard, nodes: Nodes, gate: Path
) -> None:
    task_id = yard.send("hold", str(gate))
    process = await busy(nodes, FORK)
    assert process.task_id == task_id and process.task_name == "yard.hold"
    detail = await measured(nodes, FORK)
    main, *pool = detail.processes
    assert main.main and main.pid == yard.pid(FORK)
    assert {one.pid for one in pool} == set(yard.pool(FORK))
    assert all(one.rss_bytes and one.started_at for one in detail.processes)
    assert all(one.cpu_percent is not None and one.cpu_percent >= 0.0 for one in pool)
    assert (detail.pool, detail.concurrency, detail.pool_restarts) == ("prefork", 2, True)
    assert detail.prefetch and detail.clock and detail.queues == ("celery",)
    assert dict(detail.totals)["yard.hold"] >= 1
    assert {one.name for one in detail.registered} >= {"yard.add", "yard.hold"}
    add = next(one for one in detail.registered if one.name == "yard.add")
    assert add.signature == "(x, y=1)"
    settings = dict(detail.configuration)
    assert settings["result_extended"] == "true"
    assert "hush" not in str(settings)
    assert detail.owner is Owner.EXTERNAL and "worker" in detail.command


async def test_what_runs_is_told_with_how_long_it_usually_runs(
    yard: Yard, nodes: Nodes, gate: Path
) -> None:
    now = time.time()
    yard.history.put(
        [
            Task(
                uuid.uuid4().hex,
                "yard.hold",
                TaskState.SUCCESS,
                started_at=now - 9.0 - runtime_s,
                finished_at=now - 9.0,
                runtime_s=runtime_s,
                seen_at=now - 9.0,
            )
            for runtime_s in (1.0, 2.0, 30.0)
        ]
    )
    yard.send("hold", str(gate))
    process = await busy(nodes, FORK)
    assert process.task_usual_s == pytest.approx(2.0, rel=0.1)


async def test_what_waits_for_its_time_is_told(yard: Yard, nodes: Nodes) -> None:
    task_id = yard.send("add", 1, countdown=900)
    async with asyncio.timeout(15):
        while not (detail := await shown(nodes, FORK)).scheduled:
            pass
    (waiting,) = detail.scheduled
    assert (waiting.id, waiting.name) == (task_id, "yard.add") and waiting.at > 0


async def test_threads_share_one_process(yard: Yard, nodes: Nodes, gate: Path) -> None:
    task_id = yard.send("hold", str(gate), queue="threads")
    process = await busy(nodes, THREAD)
    assert process.task_id == task_id and not process.main
    assert process.pid == yard.pid(THREAD) and process.rss_bytes is None


# --- dumping -------------------------------------------------------------------------------------


async def test_a_pool_process_tells_its_stack_by_py_spy(
    yard: Yard, nodes: Nodes, gate: Path
) -> None:
    yard.send("hold", str(gate))
    process = await busy(nodes, FORK)
    found = await nodes.dump(DumpNode(node=FORK, pid=process.pid))
    assert found.by == "py-spy" and "hold" in found.text


async def test_without_py_spy_a_pool_process_is_never_signalled(
    yard: Yard, nodes: Nodes, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump, "py_spy", lambda _python: "")
    task_id = yard.send("hold", str(gate))
    process = await busy(nodes, FORK)
    found = await nodes.dump(DumpNode(node=FORK, pid=process.pid, consent=True))
    assert found.by == "system" and task_id in found.text and "py-spy" in str(found.note)
    gate.touch()
    assert yard.result(task_id) == "held"
    assert process.pid in yard.pool(FORK)


async def test_the_main_process_tells_by_signal_what_it_writes_without_values(
    yard: Yard, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump, "py_spy", lambda _python: "")
    with pytest.raises(WouldHarm):
        await nodes.dump(DumpNode(node=FORK))
    found = await nodes.dump(DumpNode(node=FORK, consent=True))
    assert found.by == "celery" and "MainThread" in found.text and "File " in found.text
    assert "LOCAL VARIABLES" not in found.text
    assert "LOCAL VARIABLES" in yard.log(FORK).read_text()


async def test_what_is_none_of_its_processes_is_not_touched(yard: Yard, nodes: Nodes) -> None:
    for pid in (yard.pid(SOLO), 1, 2**22):
        with pytest.raises(ServiceError) as caught:
            await nodes.dump(DumpNode(node=FORK, pid=pid, consent=True))
        assert caught.value.problem.code == "no-such-process"


def test_stacks_are_found_among_other_lines_of_a_log() -> None:
    rule, values = "=" * 49, "LOCAL VARIABLES"
    first = ["[INFO] x", "MainThread", rule, "  File a", rule, values, rule, "{'p': 's'}", "", ""]
    second = ["Thread-1", rule, "  File b", rule, values, rule, "{}", "[INFO] y"]
    found = cry.stacks("\n".join((*first, *second)))
    assert found == "MainThread\n  File a\n\nThread-1\n  File b"
    assert cry.stacks("nothing of the kind") == ""

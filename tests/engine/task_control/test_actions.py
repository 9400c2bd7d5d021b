"""Actions on tasks with real workers: prefork, threads and solo on one broker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from desktop.engine.errors import ServiceError, UsageError
from desktop.engine.history_commands import Selection
from desktop.engine.states import TaskState
from desktop.engine.task_answers import show_task
from desktop.engine.task_commands import (
    ActOnTasks,
    RegisteredTasks,
    RunTask,
    TaskActionReport,
    TaskOutcome,
    TaskVerb,
)
from desktop.engine.task_control import by_hand, terminating, whereabouts
from desktop.engine.task_control.actions import TaskActions
from desktop.engine.task_control.place import place_of
from desktop.engine.task_control.whereabouts import Whereabouts, holders
from desktop.engine.task_model import Task
from tests.engine.conftest import wait_until
from tests.engine.task_control.yard import INFO, Yard


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    opened = Yard(tmp_path_factory.mktemp("actions"))
    try:
        opened.start("fork@yard", "-c", "2", "-Q", "celery,notes")
        opened.start("thread@yard", "-P", "threads", "-c", "1", "-Q", "threads")
        opened.start("solo@yard", "-P", "solo", "-Q", "solo")
        for pool in ("gevent", "eventlet"):
            opened.start(f"{pool}@yard", "-P", pool, "-c", "4", "-Q", pool)
        yield opened
    finally:
        opened.end()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """These workers answer within milliseconds."""
    monkeypatch.setattr(by_hand, "ANSWER_TIMEOUT_S", 0.2)
    monkeypatch.setattr(whereabouts, "ANSWER_TIMEOUT_S", 0.2)


@pytest.fixture
def actions(yard: Yard) -> TaskActions:
    return TaskActions(yard.stack())  # type: ignore[arg-type]


@pytest.fixture
def gate(yard: Yard) -> Iterator[Path]:
    """Tasks that hold wait for this file."""
    path = yard.folder / f"gate-{uuid.uuid4().hex}"
    yield path
    path.touch()


async def act(actions: TaskActions, verb: TaskVerb, *ids: str, **more: object) -> TaskActionReport:
    return await actions.act(ActOnTasks(verb=verb, selection=Selection(ids=ids), **more))  # type: ignore[arg-type]


def one(report: TaskActionReport) -> TaskOutcome:
    (outcome,) = report.outcomes
    return outcome


async def running(yard: Yard, task_id: str, node: str = "fork@yard") -> None:
    """Return when it runs."""
    place = await place_of(yard.stack())  # type: ignore[arg-type]

    async def runs() -> bool:
        held = await holders(place, [task_id], [node])
        return task_id in held and held[task_id].state == "active"

    async with asyncio.timeout(15):
        while not await runs():
            await asyncio.sleep(0.02)


# --- revoking ------------------------------------------------------------------------------------


async def test_a_task_that_waits_is_dropped_by_every_worker_and_comes_back_as_another(
    yard: Yard, actions: TaskActions, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    waiting = yard.send("note", str(ledger), "once", queue="aside")
    preview = await act(actions, TaskVerb.REVOKE, waiting, dry_run=True)
    assert "aside" in str(one(preview).words) and preview.done == 1
    assert str(preview.words) == "1 task would be revoked."
    report = await act(actions, TaskVerb.REVOKE, waiting)
    assert str(report.words) == "1 task was revoked."
    assert all(waiting in ids for _, ids in yard.control().replies("revoked", 1, ["fork@yard"]))
    undone = await act(actions, TaskVerb.REVOKE, waiting, undo=True)
    assert one(undone).new_id not in {"", waiting}
    again = await act(actions, TaskVerb.REVOKE, waiting, undo=True)
    assert not one(again).done and one(undone).new_id in str(one(again).words)
    yard.control().replies("add_consumer", 2, ["fork@yard"], arguments={"queue": "aside"})
    wait_until(ledger.exists)
    wait_until(lambda: yard.app.AsyncResult(one(undone).new_id).state == "SUCCESS")
    wait_until(lambda: not yard.server.client.llen("aside"))
    yard.control().replies("cancel_consumer", 2, ["fork@yard"], arguments={"queue": "aside"})
    assert ledger.read_text() == "once\n"


async def test_what_runs_or_has_ended_is_not_revoked_and_says_why(
    yard: Yard, actions: TaskActions, gate: Path
) -> None:
    ended = yard.send("add", 1)
    assert yard.result(ended) == 2
    runs = yard.send("hold", str(gate))
    await running(yard, runs)
    report = await act(actions, TaskVerb.REVOKE, ended, runs)
    words = {outcome.id: str(outcome.words) for outcome in report.outcomes}
    assert (report.done, report.failed) == (0, 2)
    assert "SUCCESS" in words[ended]
    assert "fork@yard" in words[runs] and "terminat" in words[runs]


async def test_the_beginning_of_an_id_means_its_task_and_what_nobody_knows_is_not_revoked(
    yard: Yard, actions: TaskActions, tmp_path: Path
) -> None:
    waiting = yard.send("note", str(tmp_path / "never"), "x", queue="aside")
    yard.history.put([Task(waiting, "yard.note", queue="aside", seen_at=time.time())])
    report = await act(actions, TaskVerb.REVOKE, waiting[:13])
    assert one(report).id == waiting and report.done == 1
    assert all(waiting in ids for _, ids in yard.control().replies("revoked", 1, ["fork@yard"]))
    unknown = await act(actions, TaskVerb.REVOKE, "feedfeed")
    assert (unknown.done, unknown.failed) == (0, 1)
    assert "none whose id begins so" in str(one(unknown).words)
    whole = await act(actions, TaskVerb.REVOKE, str(uuid.uuid4()))
    assert whole.done == 1 and "Nothing else is known" in str(one(whole).words)
    twin = waiting[:10] + "ffff" + waiting[14:]
    yard.history.put([Task(twin, "yard.note", seen_at=time.time())])
    with pytest.raises(UsageError, match="begins with"):
        await act(actions, TaskVerb.REVOKE, waiting[:10])
    yard.server.client.delete("aside")


async def test_what_ran_in_spite_of_its_revocation_is_not_sent_again(
    yard: Yard, actions: TaskActions, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    waiting = yard.send("note", str(ledger), "once", queue="aside")
    assert (await act(actions, TaskVerb.REVOKE, waiting)).done == 1
    preview = one(await act(actions, TaskVerb.REVOKE, waiting, undo=True, dry_run=True))
    assert preview.done and "twice" not in str(preview.words)
    # A worker that came later and asked nobody runs it.
    yard.start("late@yard", "-P", "solo", "-Q", "aside", "--without-mingle")
    wait_until(ledger.exists)
    wait_until(lambda: yard.app.AsyncResult(waiting).state == "SUCCESS")
    undone = one(await act(actions, TaskVerb.REVOKE, waiting, undo=True))
    assert not undone.done and "It was not dropped" in str(undone.words)
    assert ledger.read_text() == "once\n"
    yard.control().replies("shutdown", 1, ["late@yard"])


async def test_without_a_worker_nobody_would_remember(tmp_path: Path) -> None:
    lonely = Yard(tmp_path / "lonely")
    try:
        actions = TaskActions(lonely.stack())  # type: ignore[arg-type]
        report = await act(actions, TaskVerb.REVOKE, lonely.send("add", 1))
        assert (report.done, report.failed) == (0, 1)
        assert "No worker runs" in str(one(report).words)
        stack = lonely.stack()
        stack.broker = lambda: None
        with pytest.raises(ServiceError) as caught:
            await act(TaskActions(stack), TaskVerb.REVOKE, "x")  # type: ignore[arg-type]
        assert caught.value.problem.code == "broker-down"
    finally:
        lonely.end()


# --- terminating ---------------------------------------------------------------------------------


async def test_a_running_task_ends_with_its_process_and_is_not_run_again(
    yard: Yard, actions: TaskActions, gate: Path
) -> None:
    task_id = yard.send("hold", str(gate))
    await running(yard, task_id)
    preview = one(await act(actions, TaskVerb.TERMINATE, task_id, dry_run=True))
    assert any(str(pid) in str(preview.words) for pid in yard.pool("fork@yard"))
    await running(yard, task_id)
    report = await act(actions, TaskVerb.TERMINATE, task_id, signal="sigkill")
    assert str(one(report).words) == "Ended with SIGKILL." and report.done == 1
    wait_until(lambda: yard.app.AsyncResult(task_id).state == "REVOKED")
    assert not yard.server.client.hlen("unacked")


async def test_pools_without_processes_can_end_none_of_their_tasks(
    yard: Yard, actions: TaskActions, gate: Path
) -> None:
    in_thread = yard.send("hold", str(gate), queue="threads")
    in_solo = yard.send("hold", str(gate), queue="solo")
    wait_until(lambda: in_solo in yard.log("solo@yard").read_text())
    wait_until(lambda: in_thread in yard.log("thread@yard").read_text())
    actions._stack.found.rows = tuple(map(yard.row, ("fork@yard", "thread@yard", "solo@yard")))
    report = await act(actions, TaskVerb.TERMINATE, in_thread, in_solo)
    words = {outcome.id: str(outcome.words) for outcome in report.outcomes}
    assert report.done == 0
    assert "threads" in words[in_thread]
    # A solo worker that works answers nobody.
    assert "revoke" in words[in_solo].lower() or "solo@yard" in words[in_solo]
    gate.touch()
    assert yard.result(in_thread) == yard.result(in_solo) == "held"


@pytest.mark.parametrize("pool", ["gevent", "eventlet"])
async def test_a_greenlet_is_ended_by_no_signal_and_that_is_said(
    yard: Yard, actions: TaskActions, gate: Path, pool: str
) -> None:
    task_id = yard.send("hold", str(gate), queue=pool)
    await running(yard, task_id, f"{pool}@yard")
    preview = one(await act(actions, TaskVerb.TERMINATE, task_id, dry_run=True, signal="KILL"))
    assert "GreenletExit, whatever the signal" in str(preview.words)
    report = await act(actions, TaskVerb.TERMINATE, task_id)
    assert report.done == 1 and "greenlet" in str(one(report).words)
    wait_until(lambda: yard.app.AsyncResult(task_id).state == "REVOKED")
    assert yard.result(yard.send("add", 1, queue=pool)) == 2, "the worker goes on"


async def test_a_task_that_ignores_its_signal_is_not_told_as_ended(
    yard: Yard, actions: TaskActions, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its worker takes it for ended, and tells it as revoked.
    monkeypatch.setattr(terminating, "END_S", 0.3)
    task_id = yard.send("stubborn", str(gate))
    await running(yard, task_id)
    report = await act(actions, TaskVerb.TERMINATE, task_id, signal="TERM")
    assert report.failed == 1 and "still runs" in str(one(report).words)


async def test_the_soft_time_limit_leaves_its_process(
    yard: Yard, actions: TaskActions, gate: Path
) -> None:
    before = yard.pool("fork@yard")
    for attempt in range(3):
        task_id = yard.send("hold", f"{gate}{attempt}")
        await running(yard, task_id)
        told = one(await act(actions, TaskVerb.TERMINATE, task_id, dry_run=True, signal="USR1"))
        assert "SoftTimeLimitExceeded" in str(told.words)
        report = await act(actions, TaskVerb.TERMINATE, task_id, signal="USR1")
        assert "soft time limit" in str(one(report).words) and report.done == 1
        # Raised in a finalizer, as may happen, it is swallowed by Python.
        with contextlib.suppress(pytest.fail.Exception):
            wait_until(lambda id_=task_id: yard.app.AsyncResult(id_).state == "FAILURE", 15)  # type: ignore[misc]
            break
        Path(f"{gate}{attempt}").touch()
    assert yard.app.AsyncResult(task_id).state == "FAILURE"
    assert yard.pool("fork@yard") == before


async def test_a_signal_that_celery_s_processes_ignore_is_not_sent(actions: TaskActions) -> None:
    with pytest.raises(UsageError, match="ends no task"):
        await act(actions, TaskVerb.TERMINATE, "any", signal="SIGINT")


async def test_what_does_not_run_is_not_terminated(yard: Yard, actions: TaskActions) -> None:
    waiting = yard.send("add", 1, queue="nowhere")
    report = await act(actions, TaskVerb.TERMINATE, waiting, "unheard-of")
    assert (report.done, report.failed) == (0, 2)
    with pytest.raises(UsageError):
        await act(actions, TaskVerb.TERMINATE, waiting, signal="STOP")


# --- again ---------------------------------------------------------------------------------------


async def test_a_task_runs_again_with_the_arguments_of_its_message(
    yard: Yard, actions: TaskActions, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    words = "x" * 3000  # longer than any representation
    first = yard.send(
        "note", str(ledger), words, queue="aside", kwargs={"more": "!"}, priority=6, time_limit=50
    )
    report = await act(actions, TaskVerb.RUN_AGAIN, first)
    sent = one(report)
    assert sent.done and "twice" in str(sent.words)
    values = [json.loads(v) for v in yard.server.client.lrange("aside\x06\x166", 0, -1)]
    (message,) = [v for v in values if v["headers"]["id"] == sent.new_id]
    assert message["headers"]["parent_id"] == message["headers"]["root_id"] == first
    assert message["headers"]["timelimit"] == [50, None]
    assert message["properties"]["priority"] == 6
    yard.server.client.delete("aside\x06\x166")


async def test_a_task_that_ended_runs_again_from_its_result(
    yard: Yard, actions: TaskActions
) -> None:
    first = yard.send("add", 20, kwargs={"y": 22})
    assert yard.result(first) == 42
    preview = one(await act(actions, TaskVerb.RUN_AGAIN, first, dry_run=True))
    assert "result backend" in str(preview.words) and "celery" in str(preview.words)
    sent = one(await act(actions, TaskVerb.RUN_AGAIN, first))
    assert yard.result(sent.new_id) == 42


async def test_it_goes_to_the_queue_of_its_routing_key_not_to_one_of_that_name(
    yard: Yard,
) -> None:
    from kombu import Exchange, Queue

    videos = Queue("videos", Exchange("media"), routing_key="media.video")
    with yard.app.connection_for_write() as connection:
        videos(connection.default_channel).declare()
    actions = TaskActions(yard.stack())  # type: ignore[arg-type]
    yard.control().replies(
        "add_consumer",
        2,
        ["fork@yard"],
        arguments={"queue": "videos", "exchange": "media", "routing_key": "media.video"},
    )
    first = yard.send("add", 1, exchange="media", routing_key="media.video")
    assert yard.result(first) == 2
    preview = one(await act(actions, TaskVerb.RUN_AGAIN, first, dry_run=True))
    assert "videos" in str(preview.words) and not preview.alive
    sent = one(await act(actions, TaskVerb.RUN_AGAIN, first))
    assert yard.result(sent.new_id) == 2
    yard.control().replies("cancel_consumer", 2, ["fork@yard"], arguments={"queue": "videos"})
    waits = yard.send("add", 1, exchange="media", routing_key="media.video")
    stuck = one(await act(actions, TaskVerb.RUN_AGAIN, waits, dry_run=True))
    assert stuck.alive or "Nothing is known" in str(stuck.words)
    yard.server.client.delete("videos")


@pytest.mark.parametrize(
    ("args", "kwargs", "why"),
    [
        ("('" + "x" * 1030, "{}", "cut"),
        ("(<Order 7>,)", "{'y': 2}", "<Order 7>"),
        ("(__import__('os').getpid(),)", "{}", "__import__"),
        ("", "", "Nothing tells"),
    ],
)
async def test_what_is_cut_or_no_literal_is_for_a_person_to_repair(
    yard: Yard, actions: TaskActions, args: str, kwargs: str, why: str
) -> None:
    task_id = uuid.uuid4().hex
    yard.history.put(
        [
            Task(
                task_id,
                "yard.add",
                TaskState.SUCCESS,
                queue="celery",
                args=args,
                kwargs=kwargs,
                seen_at=time.time(),
            )
        ]
    )
    outcome = one(await act(actions, TaskVerb.RUN_AGAIN, task_id))
    assert not outcome.done and why in str(outcome.words)
    assert outcome.args == (args or "[]")
    assert outcome.kwargs == (json.dumps({"y": 2}) if "y" in kwargs else "{}")


async def test_all_that_match_are_run_again_by_their_records(
    yard: Yard, actions: TaskActions
) -> None:
    mark = uuid.uuid4().hex
    yard.history.put(
        [
            Task(
                f"{mark}-{n}",
                "yard.add",
                TaskState.FAILURE,
                queue="celery",
                args=f"({n},)",
                kwargs="{}",
                exception=f"Odd('{mark}')",
                seen_at=time.time(),
            )
            for n in range(3)
        ]
    )
    report = await actions.act(
        ActOnTasks(
            verb=TaskVerb.RUN_AGAIN, selection=Selection(search=f"state:failure error:{mark}")
        )
    )
    assert (report.done, report.failed) == (3, 0)
    assert sorted(yard.result(sent.new_id) for sent in report.outcomes) == [1, 2, 3]
    sent = report.outcomes[0]
    record = await yard.history.task(sent.new_id)
    assert record and (record.queue, record.parent_id) == ("celery", sent.id)
    assert record.state is TaskState.PENDING and record.args.endswith(",)")


async def test_workers_that_take_no_json_are_sent_none(yard: Yard) -> None:
    info = msgspec.structs.replace(INFO, accepts=("pickle",))
    with pytest.raises(ServiceError) as caught:
        await act(TaskActions(yard.stack(info)), TaskVerb.RUN_AGAIN, "x")  # type: ignore[arg-type]
    assert caught.value.problem.code == "not-json"


# --- by hand -------------------------------------------------------------------------------------


async def test_a_task_by_hand_goes_where_the_app_sends_it(
    yard: Yard, actions: TaskActions, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    command = RunTask(
        name="yard.note", args=json.dumps([str(ledger), "您好"]), kwargs='{"more": "!"}'
    )
    report = await actions.run(command)
    assert "notes" in str(report.words)
    wait_until(lambda: ledger.exists() and ledger.read_text() == "您好!\n")
    late = await actions.run(RunTask(name="yard.add", args="[1]", countdown_s=1, queue="aside"))
    assert "No worker consumes" in str(late.words)
    (value,) = yard.server.client.lrange("aside", 0, -1)
    assert json.loads(value)["headers"]["eta"]
    yard.server.client.delete("aside")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"args": "[1,,2]"}, "line 1, column 4"),
        ({"args": '{"x": 1}'}, "list"),
        ({"args": "[NaN]"}, "NaN"),
        ({"kwargs": "[1]", "args": "[1]"}, "object"),
        ({"args": "[]"}, "argument x is missing"),
        ({"args": "[1, 2, 3]"}, "2 positional"),
        ({"args": "[1]", "kwargs": '{"z": 1}'}, "called z"),
        ({"args": "[1]", "kwargs": '{"x": 1}'}, "x is given twice"),
        ({"args": "[1]", "queue": "celer"}, "Did you mean celery"),
        ({"args": "[1]", "name": "yard.ad"}, "Did you mean yard.add"),
        ({"args": "[1]", "countdown_s": -1}, "-1 s"),
    ],
)
async def test_what_would_fail_is_not_sent(
    yard: Yard, actions: TaskActions, more: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await actions.run(RunTask(**{"name": "yard.add", **more}))  # type: ignore[arg-type]
    assert said in str(caught.value)
    assert not yard.server.client.llen("celery")


async def test_registries_of_app_and_workers_are_one_list(yard: Yard, actions: TaskActions) -> None:
    report = await actions.registered(RegisteredTasks())
    found = {task.name: task for task in report.tasks}
    assert set(found) == set(INFO.tasks)
    add = found["yard.add"]
    assert (add.signature, add.doc, add.queue) == ("(x, y=1)", "Adds.", "celery")
    assert {"fork@yard", "thread@yard", "solo@yard"} <= set(add.nodes)


def test_where_it_is_is_told_without_guessing() -> None:
    assert Whereabouts(Task("x")).where.value == "unknown"


# --- told with the details -----------------------------------------------------------------------


async def test_whether_a_task_can_be_run_again_is_told_as_the_action_would(
    yard: Yard, actions: TaskActions
) -> None:
    stack, cut = yard.stack(), "('" + "x" * 1021 + "..."
    kept = yard.send("add", 1)
    assert yard.result(kept) == 2
    ids = {"lost": TaskState.FAILURE, kept: TaskState.SUCCESS, "open": TaskState.STARTED}
    now = time.time()
    stack.tasks.history.put(
        [Task(one, "yard.add", state, args=cut, seen_at=now) for one, state in ids.items()]
    )
    told = {one: str((await show_task(stack, one)).again) for one in ids}  # type: ignore[arg-type]
    assert told == {
        "lost": str(one(await act(actions, TaskVerb.RUN_AGAIN, "lost", dry_run=True)).words),
        kept: "",  # its result has its arguments (result_extended)
        "open": "",
    }
    assert "were cut" in told["lost"]

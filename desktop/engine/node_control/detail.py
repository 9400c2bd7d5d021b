"""All that one worker tells of itself, put together with what the process table tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from desktop.engine.census import pool_usage
from desktop.engine.census.pool_usage import PoolMeter, Reading
from desktop.engine.node_commands import NodeDetail, NodeProcess, ShowNode
from desktop.engine.node_control.configuration import configuration
from desktop.engine.node_control.target import Target, find
from desktop.engine.states import Owner
from desktop.engine.task_control.by_hand import registration
from desktop.engine.task_model import RegisteredTask, WaitingTask
from desktop.engine.urls import masked

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

ANSWER_TIMEOUT_S = 2.0
"""A worker under load answers late; it is waited for no longer than it takes."""
LISTED_MAX = 1_000
WORDS_MAX = 1_024
_QUESTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    # What waits before what runs, along a task's way: else one could slip through between two.
    ("scheduled", {}),
    ("reserved", {}),
    ("active", {}),
    ("active_queues", {}),
    ("registered", {"taskinfoitems": ["rate_limit"]}),
    ("conf", {}),
)


async def show(stack: LiveStack, command: ShowNode, meter: PoolMeter) -> NodeDetail:
    """Of a worker that does not answer, what the process table tells."""
    target = await find(stack, command.node, command.pid, all_of_them=False)
    said = await _ask(target) if target.answer else {}
    row = target.row
    active = _dicts(said.get("active"))
    if target.namesakes > 1:
        # Answers of two processes of one name can't be told apart, but for what each runs.
        own = {target.pid, *(target.answer.pool_pids if target.answer else ())}
        active = [one for one in active if one.get("worker_pid") in own]
        said = {}
    detail = _of_stats(target)
    processes, known = await asyncio.to_thread(_processes, target, active, meter)
    return msgspec.structs.replace(
        detail,
        processes=processes,
        children_known=known,
        owner=target.owner,
        service=target.service,
        command=row.command if row else "",
        queues=tuple(_words(one.get("name")) for one in _dicts(said.get("active_queues")))
        or (row.queues if row and target.namesakes > 1 else ()),
        registered=_registered(stack, said.get("registered")),
        configuration=configuration(said.get("conf")),
        reserved=tuple(_waiting(one, target.node) for one in _dicts(said.get("reserved"))),
        scheduled=tuple(_scheduled(_dicts(said.get("scheduled")), target.node)),
        pool_restarts=_mapping(said.get("conf")).get("worker_pool_restarts") is True,
        shares_its_name=target.namesakes > 1,
    )


async def _ask(target: Target) -> dict[str, Any]:
    """The first answer to each question, by question."""
    replies = await asyncio.to_thread(
        target.place.control.replies_to,
        _QUESTIONS,
        ANSWER_TIMEOUT_S,
        [target.node] * target.namesakes,
    )
    found: dict[str, Any] = {}
    for (question, _), answers in zip(_QUESTIONS, replies, strict=True):
        if question == "active":
            found[question] = [one for _, said in answers for one in _dicts(said)]
        elif answers:
            found[question] = answers[0][1]
    return found


def _of_stats(target: Target) -> NodeDetail:
    row, answer, stats = target.row, target.answer, target.stats
    if answer is None:
        return NodeDetail(
            target.node,
            target.pid,
            answered=False,
            pool=row.pool if row else "",
            concurrency=row.concurrency if row else None,
        )
    scaler = _mapping(stats.get("autoscaler"))
    most, least = _number(scaler.get("max")), _number(scaler.get("min"))
    totals = _mapping(stats.get("total"))
    return NodeDetail(
        target.node,
        target.pid,
        pool=answer.pool,
        concurrency=answer.concurrency,
        autoscale=None if most is None or least is None else (most, least),
        prefetch=_number(stats.get("prefetch_count")),
        clock=_clock(stats.get("clock")),
        uptime_s=answer.uptime_s,
        totals=tuple(
            (_words(name), count)
            for name, said in sorted(totals.items())[:LISTED_MAX]
            if (count := _number(said)) is not None
        ),
    )


# --- its processes -----------------------------------------------------------------------------


def _processes(
    target: Target, active: Sequence[Mapping[str, Any]], meter: PoolMeter
) -> tuple[tuple[NodeProcess, ...], bool]:
    """The main process first, then those of its pool, or the tasks of a pool without. Blocks."""
    row, answer = target.row, target.answer
    if row is not None and row.owner is Owner.REMOTE:
        row = None
    pool = tuple(pid for pid in (answer.pool_pids if answer else ()) if pid != target.pid)
    if row is not None and not answer:
        pool = pool_usage.children_of(row.pid, row.create_time) and row.children
    runs = {_number(one.get("worker_pid")) or 0: one for one in active}
    here = row is not None or bool(target.service)
    readings = meter.read((target.pid, *pool)) if here else {}
    main_task = runs.get(target.pid) if answer and answer.pool == "solo" else None
    found = [_process(target.pid, readings.get(target.pid), main_task, main=True)]
    found += [_process(pid, readings.get(pid), runs.get(pid)) for pid in pool]
    if answer and not pool and answer.pool != "solo":
        # Threads and greenlets share the one process.
        found += [_process(target.pid, None, one) for one in active[:LISTED_MAX]]
    return tuple(found), here


def _process(
    pid: int, reading: Reading | None, task: Mapping[str, Any] | None, *, main: bool = False
) -> NodeProcess:
    started = task.get("time_start") if task else None
    return NodeProcess(
        pid,
        main,
        reading.cpu_percent if reading else None,
        reading.rss_bytes if reading else None,
        reading.create_time if reading else None,
        _words(task.get("id")) if task else "",
        _words(task.get("type") or task.get("name")) if task else "",
        float(started) if isinstance(started, int | float) else None,
    )


# --- what it said, as values -------------------------------------------------------------------


def _registered(stack: LiveStack, said: Any) -> tuple[RegisteredTask, ...]:
    known = {one.name: one for one in stack.app.info.details}
    found = []
    for line in said[:LISTED_MAX] if isinstance(said, list) else ():
        name, limit = registration(str(line))
        one = known.get(name)
        found.append(
            RegisteredTask(
                name,
                one.signature if one else "",
                one.doc if one else "",
                (),
                limit,
                one.queue if one else "",
            )
        )
    return tuple(found)


def _waiting(info: Mapping[str, Any], node: str, at: float = 0.0) -> WaitingTask:
    return WaitingTask(
        _words(info.get("id")),
        _words(info.get("type") or info.get("name")),
        node,
        at,
        masked(_words(str(info.get("args", "")))),
        masked(_words(str(info.get("kwargs", "")))),
    )


def _scheduled(entries: Sequence[Mapping[str, Any]], node: str) -> Iterator[WaitingTask]:
    for entry in entries:
        request = _mapping(entry.get("request"))
        try:
            at = datetime.fromisoformat(str(entry.get("eta"))).timestamp()
        except (ValueError, OverflowError, OSError):
            at = 0.0
        yield _waiting(request, node, at)


def _clock(said: Any) -> int | None:
    """Celery tells it as text."""
    return int(said) if isinstance(said, str | int) and str(said).isdecimal() else None


def _dicts(said: Any) -> list[Mapping[str, Any]]:
    entries = said[:LISTED_MAX] if isinstance(said, list) else []
    return [one for one in entries if isinstance(one, dict)]


def _mapping(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, dict) else {}


def _number(said: Any) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) else None


def _words(said: Any) -> str:
    return said[:WORDS_MAX] if isinstance(said, str) else ""

"""A believable history of tasks, and a stand-in that answers questions about it."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from desktop.engine.history_commands import (
    ListFilters,
    ListTasks,
    SavedFilters,
    SaveFilter,
    ShowTask,
    TaskDetail,
    TaskFigures,
    TaskFiguresReport,
    TaskOrder,
    TaskPage,
)
from desktop.engine.model import Problem, StackStatus
from desktop.engine.states import TaskState
from desktop.engine.task_commands import ActOnTasks, TaskActionReport, TaskOutcome, TaskVerb
from desktop.engine.task_model import (
    Attempt,
    ChartPoint,
    FailureGroup,
    Task,
    TaskNameStatistics,
)
from desktop.words import text, textn, verbatim
from tests.ui.sample import NOW, SHOP

S = TaskState
NAMES = (
    "shop.tasks.send_receipt",
    "shop.search.rebuild_index",
    "shop.mail.send_digest",
    "shop.tasks.sync_inventory",
    "shop.tasks.expire_carts",
    "shop.payments.charge_card",
    "reports.daily.render_pdf",
    "shop.tasks.resize_image",
)
TRACEBACK = """Traceback (most recent call last):
  File "/home/ada/acme-shop/.venv/lib/python3.12/site-packages/celery/app/trace.py", line 453, in trace_task
    R = retval = fun(*args, **kwargs)
  File "/home/ada/acme-shop/shop/tasks.py", line 88, in sync_inventory
    r = client.get(url, timeout=2)
  File "/home/ada/acme-shop/.venv/lib/python3.12/site-packages/httpx/_client.py", line 1053, in get
    return self.request("GET", url)
ConnectionError: timed out
"""  # noqa: E501


def task(number: int, state: TaskState = S.SUCCESS, **more: object) -> Task:
    """The task with this number; a larger one is older by as many seconds."""
    at = NOW - number - 0.8
    ran = 0.09 + (number * 37 % 90) / 100
    ended = state in {S.SUCCESS, S.FAILURE, S.REVOKED}
    begun = state not in {S.PENDING, S.RECEIVED, S.REVOKED}
    base = Task(
        id=f"{number:08x}-52b1-41de-9a02-8f3c1e07{number % 65536:04x}",
        name=NAMES[number * 7 % len(NAMES)],
        state=state,
        worker=f"w{1 + number % 2}@mbp",
        worker_pid=51870 + number % 2,
        queue="celery",
        args=f"('SFO-{number % 9}',)",
        kwargs="{'full': False}",
        result="{'updated': 214}" if state is S.SUCCESS else "",
        exception="ConnectionError('timed out')" if state in {S.FAILURE, S.RETRY} else "",
        retries=1 if state is S.RETRY else 0,
        starts=1 if begun else 0,
        received_at=at,
        started_at=at + 0.012 if begun else None,
        finished_at=at + 0.012 + ran if ended else None,
        runtime_s=ran if state is S.SUCCESS else None,
        seen_at=at + ran,
    )
    return msgspec.structs.replace(base, **more)


def history(count: int = 400) -> list[Task]:
    """The newest first; now and then one that runs, waits, retries, failed or was revoked."""
    odd = {0: S.STARTED, 1: S.RECEIVED, 3: S.RETRY, 6: S.FAILURE, 9: S.STARTED, 12: S.REVOKED}
    odd |= dict.fromkeys(range(40, 400, 57), S.FAILURE)
    return [task(n, odd.get(n, S.SUCCESS)) for n in range(count)]


RETRIED = task(
    4,
    name="shop.tasks.sync_inventory",
    retries=1,
    starts=2,
    started_at=NOW - 4.8 + 5.84,
    finished_at=NOW - 4.8 + 6.91,
    runtime_s=1.07,
    attempts=(
        Attempt(
            S.RETRY,
            "w1@mbp",
            51873,
            NOW - 4.8,
            NOW - 4.8 + 0.012,
            NOW - 4.8 + 1.83,
            "ConnectionError: timed out",
            TRACEBACK,
        ),
    ),
)
ROOT = task(30, name="shop.reports.nightly", root_id="r0")
FAMILY = (
    ROOT,
    *(
        task(30 - n, S.FAILURE if n == 2 else S.SUCCESS, parent_id=ROOT.id, root_id="r0")
        for n in range(1, 5)
    ),
    task(25, S.RECEIVED, parent_id=task(29).id, root_id="r0"),
)
LOG = (
    "[2026-11-24 14:02:37,216: INFO/MainProcess] Task shop.tasks.sync_inventory received",
    "[2026-11-24 14:02:44,114: INFO/ForkPoolWorker-2] \x1b[32msucceeded\x1b[0m in 1.07s",
)

FAILED = task(
    28, S.FAILURE, name="shop.tasks.sync_inventory", traceback=TRACEBACK, parent_id=ROOT.id
)


def picture_history(scene: str) -> StandInHistory:
    """What a picture shows."""
    special = {RETRIED.id: RETRIED, FAILED.id: FAILED, ROOT.id: ROOT}
    tasks = [special.get(one.id, one) for one in history()]
    if scene == "tasks-hostile":
        tasks[2] = hostile(2)
    return StandInHistory(tasks)


class StandInHistory:
    """Answers as the engine would; ``tasks`` are the newest first, and may be changed."""

    def __init__(self, tasks: Sequence[Task] = ()) -> None:
        self.tasks = list(tasks)
        self.filters: dict[str, str] = {}
        self.mark = 1
        self.report: Callable[[ActOnTasks], TaskActionReport] = acted

    def add(self, *tasks: Task) -> None:
        """These are new, the last one the newest."""
        self.tasks = [*reversed(tasks), *self.tasks]
        self.mark += 1

    def change(self, *tasks: Task) -> None:
        """What is known of these now."""
        known = {one.id: one for one in tasks}
        self.tasks = [known.get(one.id, one) for one in self.tasks]
        self.mark += 1

    def stack(self) -> StackStatus:
        """The stack as the snapshot tells it."""
        return msgspec.structs.replace(SHOP, history_mark=self.mark)

    def answers(self) -> dict[type, object]:
        return {
            ListTasks: self.page,
            ShowTask: self.detail,
            TaskFigures: figures,
            ActOnTasks: self._act,
            ListFilters: lambda _command: SavedFilters(tuple(self.filters.items())),
            SaveFilter: self._save,
        }

    def _act(self, command: ActOnTasks) -> TaskActionReport:
        return self.report(command)

    def _save(self, command: SaveFilter) -> SavedFilters:
        self.filters.pop(command.name, None)
        if command.search:
            self.filters[command.name] = command.search
        return SavedFilters(tuple(self.filters.items()))

    def found(self, command: ListTasks) -> list[Task]:
        chosen = command.selection
        words = (chosen.search or "").replace('"', "").lower()
        pieces = [one.partition(":")[2] or one for one in words.split()]
        return [
            one
            for one in self.tasks
            if (chosen.search is not None or one.id in chosen.ids)
            and (not chosen.states or one.state in chosen.states)
            and all(piece in f"{one.name} {one.id} {one.args}".lower() for piece in pieces)
        ]

    def page(self, command: ListTasks) -> TaskPage | Problem:
        if (command.selection.search or "").endswith(":"):
            return bad_query(len(command.selection.search or ""))
        found = self.found(command)
        if command.order is TaskOrder.RUNTIME:
            found.sort(key=lambda one: one.runtime_s or 0.0, reverse=command.descending)
        start = 0
        if command.after:
            start = next(n for n, one in enumerate(found) if one.id == command.after) + 1
        shown = found[start : start + command.limit]
        more = start + command.limit < len(found)
        return TaskPage(
            tuple(msgspec.structs.replace(one, traceback="") for one in shown),
            shown[-1].id if more else "",
            len(found) if command.count else None,
            len(self.tasks),
            self.mark,
            dict(Counter(one.state for one in self.tasks)),
        )

    def detail(self, command: ShowTask) -> TaskDetail | Problem:
        one = next((one for one in self.tasks if one.id == command.id), None)
        if one is None:
            return Problem("no-such-task", text("There is no such task."), text(""), text(""))
        family = FAMILY if any(one.id == relative.id for relative in FAMILY) else (one,)
        return TaskDetail(one, family, LOG if one.id == RETRIED.id else ())


def bad_query(at: int) -> Problem:
    return Problem(
        "bad-query",
        text("The search can't be read at character {n}: expected {expected}.", n=at, expected="x"),
        text(""),
        text(""),
    )


def acted(command: ActOnTasks) -> TaskActionReport:
    """Everything goes well."""
    outcomes = tuple(
        TaskOutcome(
            one,
            "shop.tasks.send_receipt",
            words=verbatim("ok"),
            new_id=f"new-{one}" if command.verb is TaskVerb.RUN_AGAIN else "",
        )
        for one in command.selection.ids
    )
    count = len(outcomes)
    words = textn("{n} task done", "{n} tasks done", count)
    return TaskActionReport(outcomes, count, 0, words)


def figures(command: TaskFigures) -> TaskFiguresReport:
    noise = random.Random(11)  # noqa: S311
    step = (NOW - command.since) / command.points
    points = tuple(
        ChartPoint(
            command.since + n * step,
            412 + 90 * math.sin(n / 7) + noise.uniform(-30, 30),
            max(0.0, noise.gauss(2, 3)) + (40 if 30 < n < 34 else 0),
            0.42 + noise.uniform(-0.05, 0.05),
            1.9 + noise.uniform(-0.3, 0.6) + (2.5 if 30 < n < 36 else 0),
            0.08 + noise.uniform(0, 0.05) + (1.2 if 31 < n < 38 else 0),
            None if n < 6 else int(12 + 10 * math.sin(n / 5) + (180 if 31 < n < 38 else 0)),
        )
        for n in range(command.points)
    )
    names = tuple(
        TaskNameStatistics(
            name,
            4_200 // (n + 1),
            4_100 // (n + 1),
            (41, 0, 3, 9, 0, 2, 0, 0)[n],
            (12, 0, 0, 60, 0, 0, 1, 0)[n],
            0,
            70 / (n + 1),
            0.11 * (n + 1),
            0.4 * (n + 1),
            1.1 * (n + 1),
            0.01,
            0.2,
        )
        for n, name in enumerate(NAMES)
    )
    groups = (
        FailureGroup(
            "TimeoutError", "fetch.py:88", 312, NOW - 5 * 3600, NOW - 60, NAMES[3:4], "", 280
        ),
        FailureGroup("CardDeclined", "payments.py:41", 9, NOW - 7200, NOW - 300, NAMES[5:6]),
        FailureGroup("KeyError", "", 1, NOW - 900, NOW - 900, NAMES[:2]),
    )
    return TaskFiguresReport(names, groups, points)


EVIL = "<b>bold</b>&<img src=x>\x1b[31mred\x1b[0m \u202egnirts\u2066 \x00 " + "x" * 3_000_000


def hostile(number: int) -> Task:
    """A task of a sender who means ill."""
    return task(
        number,
        S.FAILURE,
        name=EVIL,
        worker=EVIL,
        queue=EVIL,
        args=EVIL,
        kwargs=EVIL,
        exception=EVIL,
        traceback="\n".join([EVIL[:2000]] * 2000),
        parent_id=f"{number:08x}",
        root_id=EVIL[:300],
    )

"""What a query finds, in which order, page by page; and by which index."""

from __future__ import annotations

import itertools
import sqlite3
import time
from typing import Any

import pytest

from desktop.engine.errors import TrayError
from desktop.engine.history import lookup, ordering
from desktop.engine.history.history import History
from desktop.engine.history.lookup import Lookup
from desktop.engine.history.ordering import Order, Place
from desktop.engine.history.pages import list_tasks, wanted_of
from desktop.engine.history.query import BadQuery
from desktop.engine.history.writer import Writer
from desktop.engine.history_commands import ListTasks, Selection, TaskOrder
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from tests.engine.history.conftest import NOW, a_task

TRACEBACK = 'Traceback:\n  File "/srv/shop/fetch.py", line 88, in get\nTimeoutError: slow'
SHOP = {
    "mail": a_task(name="shop.mail.send", args="('ann@example.com', 'Hello 100%')"),
    "failed": a_task(
        name="shop.fetch", state=TaskState.FAILURE, exception="TimeoutError('slow')",
        traceback=TRACEBACK, runtime_s=9.0, worker="fast@box", queue="net",
    ),
    "chinese": a_task(name="shop.fetch", args="('下载文件.bin',)", worker="fast@box"),
    "running": a_task(
        name="shop.report", state=TaskState.STARTED, finished_at=None, runtime_s=None, retries=1
    ),
    "odd": a_task(id="order-42", name="shop.Order_Form", result="'->'", runtime_s=0.2),
    "child": a_task(name="shop.step", root_id="order-42", parent_id="order-42"),
}  # fmt: skip


@pytest.fixture
def shop(writer: Writer, connection: sqlite3.Connection) -> sqlite3.Connection:
    writer.write(list(SHOP.values()), NOW)
    return connection


def ask(connection: sqlite3.Connection, **command: Any) -> Any:
    search = command.pop("search", "")
    return list_tasks(connection, ListTasks(selection=Selection(search=search), **command), NOW)


def names(connection: sqlite3.Connection, search: str, **command: Any) -> list[str]:
    by_id = {task.id: name for name, task in SHOP.items()}
    return [by_id[task.id] for task in ask(connection, search=search, **command).tasks]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", "child odd running chinese failed mail"),
        ("ann", "mail"),
        ("HELLO", "mail"),
        ("exam", "mail"),
        ("xample", ""),
        ("*xample", "mail"),
        ("e*ple", "mail"),
        ('"ann example"', "mail"),
        ('"example ann"', ""),
        ("100%", "mail"),
        ("文件", "chinese"),
        ("下载", "chinese"),
        ("件下", ""),
        ("->", "odd"),
        ("slow", "failed"),
        ("fetch.py:88", "failed"),
        ("error:timeout", "failed"),
        ("args:timeout", ""),
        ("args:ann result:x", ""),
        ("result:->", "odd"),
        ("name:fetch", "chinese failed"),
        ("name:FETCH", "chinese failed"),
        ("name:shop.*", "child odd running chinese failed mail"),
        ("name:*mail*", "mail"),
        ("name:fetch*", ""),
        ('name:"shop.fetch"', "chinese failed"),
        ('name:"fetch"', ""),
        ("name:order_form", "odd"),
        ("name:orderXform", ""),
        ("worker:fast", "chinese failed"),
        ("queue:net", "failed"),
        ("state:failure", "failed"),
        ("state:started OR state:failure", "running failed"),
        ("runtime>2", "failed"),
        ("runtime<=1 -name:step", "odd chinese mail"),
        ("retries>0", "running"),
        ("wait>=1", "child odd running chinese failed mail"),
        ("NOT runtime>2", "child odd running chinese mail"),
        ("-slow", "child odd running chinese mail"),
        ("name:fetch -slow", "chinese"),
        ("shop -fetch", "child odd running mail"),
        ("(slow OR ann) shop", "failed mail"),
        ("slow OR state:started", "running failed"),
        ("NOT (slow OR state:started)", "child odd chinese mail"),
        ("order-42", "odd"),
        ("order", "odd"),
        ("id:order", "odd"),
        ('id:"order"', ""),
        ("root:order-42", "child odd"),
        ("since:1w", ""),
        ("until:1w", "child odd running chinese failed mail"),
        (f"since:{NOW - 1_000_100:.0f} until:{NOW:.0f} slow", "failed"),
        ("'; DROP TABLE task; --", ""),
        ('"\\" OR 1=1"', ""),
    ],
)
def test_a_search_finds_these(shop: sqlite3.Connection, search: str, found: str) -> None:
    assert names(shop, search) == found.split()
    assert ask(shop, search=search, count=True).total == len(found.split())


def test_an_id_is_found_by_its_beginning(shop: sqlite3.Connection) -> None:
    task = SHOP["failed"]
    whole = task.id
    for search in (whole, whole[:23], whole.upper(), f"id:{whole}", whole.replace("-", "")):
        assert "failed" in names(shop, search), search
    assert ask(shop, search=f'id:"{whole}"').tasks == (task_without_traceback(task),)


def task_without_traceback(task: Task) -> Task:
    import msgspec

    return msgspec.structs.replace(task, traceback="")


def test_states_and_ids_of_a_selection_narrow_the_search(shop: sqlite3.Connection) -> None:
    def selected(selection: Selection) -> set[str]:
        page = list_tasks(shop, ListTasks(selection=selection), NOW)
        return {task.id for task in page.tasks}

    failed, odd = SHOP["failed"].id, SHOP["odd"].id
    assert selected(Selection(search="shop", states=(TaskState.FAILURE,))) == {failed}
    assert selected(Selection(ids=(failed, odd))) == {failed, odd}
    assert selected(Selection(ids=(failed, odd), search="slow")) == {failed}
    assert selected(Selection()) == set()


def test_a_page_tells_what_is_kept(shop: sqlite3.Connection) -> None:
    page = ask(shop, search="state:failure", count=True)
    assert (page.kept, page.total, page.by_state[TaskState.SUCCESS]) == (6, 1, 4)
    assert ask(shop).total is None
    assert page.tasks[0].traceback == ""


# --- orders and pages ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Some hundred tasks of many kinds."""
    from desktop.engine.history.database import open_writer

    made = open_writer(tmp_path_factory.mktemp("many") / "history.sqlite")
    states = list(TaskState)
    tasks = [
        a_task(
            name=f"app.n{n % 5}", worker=f"w{n % 3}", state=states[n % 8],
            args=f"('common', 'rare{n % 40}')",
            received_at=None if n % 7 == 0 else NOW - 500 + (n * 37 % 101),
            sent_at=NOW - 480 + n if n % 3 == 0 else None,
            runtime_s=None if n % 4 == 0 else float(n * 31 % 17),
        )
        for n in range(200)
    ]  # fmt: skip
    Writer(made, 1000).write(tasks, NOW)
    yield made, tasks
    made.close()


def sort_value(task: Task, order: TaskOrder) -> Any:
    from desktop.engine.history.schema import STATE_NUMBER

    return {
        TaskOrder.SEEN: task.seen_at,
        # What was sent and not taken stands where it came.
        TaskOrder.RECEIVED: task.received_at or task.sent_at,
        TaskOrder.RUNTIME: task.runtime_s,
        TaskOrder.NAME: task.name,
        TaskOrder.WORKER: task.worker,
        TaskOrder.STATE: STATE_NUMBER[task.state],
    }[order]


@pytest.mark.parametrize("order", list(TaskOrder))
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize(
    "search", ["", "common", "rare3", "state:failure", "name:n1 state:success", "runtime>3 -rare1"]
)
@pytest.mark.parametrize("sorted_max", [0, 10_000])
def test_pages_in_any_order_are_whole_and_sorted(
    many: Any,
    order: TaskOrder,
    descending: bool,
    search: str,
    sorted_max: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ordering, "SORTED_MAX", sorted_max)
    monkeypatch.setattr(lookup, "FEW_MAX", sorted_max)
    connection, _tasks = many
    whole = ask(connection, search=search, limit=1000, order=order, descending=descending).tasks
    paged: list[Task] = []
    after = ""
    for _ in range(100):
        page = ask(
            connection, search=search, limit=7, order=order, descending=descending, after=after
        )
        paged += page.tasks
        after = page.next
        if not after:
            break
    assert tuple(paged) == whole
    newest_first = ask(connection, search=search, limit=1000).tasks
    assert {task.id for task in whole} == {task.id for task in newest_first}
    values = [value for task in whole if (value := sort_value(task, order)) is not None]
    assert values == sorted(values, reverse=descending)
    unknown = [sort_value(task, order) is None for task in whole]
    assert unknown == sorted(unknown)  # what has no value comes last, either way


def test_a_page_goes_on_behind_the_last_row_whatever_was_inserted(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    tasks = [a_task() for _ in range(20)]
    writer.write(tasks, NOW)
    first = ask(connection, limit=8)
    writer.write([a_task(at=NOW - 1), a_task(at=NOW - 2_000_000)], NOW)
    writer.remove([int(first.tasks[-1].seen_at * 1e6)])
    second = ask(connection, limit=8, after=first.next)
    newest_first = [task.id for task in reversed(tasks)]
    assert [task.id for task in (*first.tasks, *second.tasks)] == newest_first[:16]


@pytest.mark.parametrize("cursor", ["x", "!!", "eyJhIjoxfQ==", "é"])
def test_a_cursor_that_is_none_is_refused(shop: sqlite3.Connection, cursor: str) -> None:
    with pytest.raises(TrayError) as caught:
        ask(shop, after=cursor)
    assert caught.value.problem.code == "bad-cursor"


# --- plans ---------------------------------------------------------------------------------------

SEARCHES = {
    "": "PRIMARY KEY",
    "common": "task_text",
    "rare3": "task_text",
    "error:x -y": "task_text",
    "state:failure": "task_text",
    "-state:success": "task_text",
    "name:n1 state:failure": "task_text",
    "worker:w1 OR rare3": "task_text",
    "id:00000000-0000": "task_id",
    "root:00000000-0000": "task_root",
    "runtime>15.5": "task_runtime",
}


@pytest.mark.parametrize(("search", "order"), list(itertools.product(SEARCHES, TaskOrder)))
@pytest.mark.parametrize("going_on", [False, True])
@pytest.mark.parametrize("few", [False, True])
def test_no_search_walks_the_whole_table(
    many: Any, search: str, order: TaskOrder, going_on: bool, few: bool
) -> None:
    """The table is read in the order asked for, or by an index; what is read in order is not
    sorted, and nothing is read by walking the table."""
    connection, _ = many
    wanted = wanted_of(Selection(search=search), Lookup(connection), NOW)
    timed = order in {TaskOrder.RECEIVED, TaskOrder.RUNTIME}
    place = Place(5.0 if timed else None, int(NOW * 1e6)) if going_on else None
    asked = Order(order, descending=True, after=place, limit=100)
    if timed:
        few = wanted.narrow or (few and bool(wanted.condition.match))
        statements = ordering.by_value(wanted, asked, few=few)
    elif order is TaskOrder.SEEN:
        statements = [ordering.by_key(wanted.condition, wanted, asked)]
    else:
        column = {TaskOrder.NAME: "name", TaskOrder.STATE: "state", TaskOrder.WORKER: "node"}
        inner = ordering.within(wanted.condition, column[order], 1)
        statements = [ordering.by_key(inner, wanted, asked)]
    for statement in statements:
        steps = plan(connection, statement)
        read = [step for step in steps if step.startswith(("SCAN", "SEARCH"))]
        walked = [step for step in read if step == "SCAN task"]
        assert not walked or (search == "" and not going_on), steps
        lazy = not (wanted.narrow or (timed and few))
        assert not lazy or not [step for step in steps if "TEMP B-TREE" in step], steps
        if order is TaskOrder.SEEN and search:
            assert any(SEARCHES[search] in step for step in read), steps
        if timed and not few:
            assert f"INDEX task_{order.value}" in read[0], steps


def plan(connection: sqlite3.Connection, statement: ordering.Statement) -> list[str]:
    rows = connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.values)
    return [str(row[3]) for row in rows]


# --- through the engine's door -------------------------------------------------------------------


async def test_what_was_put_is_found_by_the_next_question(history: History) -> None:
    task = a_task(at=time.time())
    history.put([task])
    page = await history.page(ListTasks(selection=Selection(search="mail")))
    assert [one.id for one in page.tasks] == [task.id]


async def test_a_wrong_query_is_refused_and_the_next_answered(history: History) -> None:
    with pytest.raises(BadQuery):
        await history.page(ListTasks(selection=Selection(search="a (")))
    assert (await history.page(ListTasks())).tasks == ()


async def test_the_tasks_of_a_selection_for_those_who_act_on_them(history: History) -> None:
    first, second, third = (a_task(name=name, at=time.time()) for name in ("a.x", "a.y", "b.x"))
    history.put([first, second, third])
    of_a = await history.tasks(Selection(search="name:a."), 10)
    assert {task.id for task in of_a} == {first.id, second.id}
    assert len(await history.tasks(Selection(search=""), 2)) == 2
    named = await history.tasks(Selection(ids=(third.id, "nobody")), 10)
    assert [(task.id, task.args) for task in named] == [(third.id, third.args)]
    assert (await history.task(second.id)) is not None and await history.task("nobody") is None

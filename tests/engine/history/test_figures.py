"""Counts, durations and failures over a span of time."""

from __future__ import annotations

import itertools
import random
import sqlite3

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.history import figure_bins
from desktop.engine.history.faults import exception_type, fault_of, place
from desktop.engine.history.figures import task_figures
from desktop.engine.history.writer import Writer
from desktop.engine.history_commands import TaskFigures, TaskFiguresReport
from desktop.engine.states import TaskState
from desktop.engine.task_model import Attempt, Task
from tests.engine.history.conftest import NOW, a_task

TRACEBACK = """Traceback (most recent call last):
  File "/venv/lib/python3.11/site-packages/celery/app/trace.py", line 479, in trace_task
    R = retval = fun(*args, **kwargs)
  File "/srv/shop/tasks.py", line 12, in fetch
    return get(url)
  File "/srv/shop/fetch.py", line {line}, in get
    return session.get(url)
  File "/venv/lib/python3.11/site-packages/httpx/_api.py", line 195, in get
    raise TimeoutError
TimeoutError: timed out
"""


def figures(connection: sqlite3.Connection, **command: object) -> TaskFiguresReport:
    return task_figures(connection, TaskFigures(**command), NOW)  # type: ignore[arg-type]


def ended(runtime_s: float, wait_s: float = 1.0, **known: object) -> Task:
    at = float(known.pop("at", NOW - 60))  # type: ignore[arg-type]
    begun = at - runtime_s
    return a_task(at=at, started_at=begun, received_at=begun - wait_s, runtime_s=runtime_s, **known)


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_percentiles_are_right_within_five_percent(
    writer: Writer, connection: sqlite3.Connection, share: float
) -> None:
    random.seed(7)
    runtimes = sorted(random.lognormvariate(0, 1.5) for _ in range(2000))
    writer.write([ended(runtime, wait_s=runtime / 10) for runtime in runtimes], NOW)
    (one,) = figures(connection, since=NOW - 3600).names
    told = {0.5: one.runtime_p50_s, 0.95: one.runtime_p95_s, 0.99: one.runtime_p99_s}[share]
    assert told == pytest.approx(runtimes[int(share * 2000)], rel=0.05)
    assert one.wait_p50_s == pytest.approx(runtimes[1000] / 10, rel=0.05)


@given(st.floats(0, 1e6))
def test_a_bin_stands_for_what_it_holds(duration_s: float) -> None:
    number = figure_bins.bin_of(duration_s)
    assert 0 <= number < figure_bins.BINS
    if figure_bins.LEAST_S < duration_s < 200_000:
        assert figure_bins.middle_of(number) == pytest.approx(duration_s, rel=0.05)


def test_names_are_counted_by_how_they_ended(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    writer.write(
        [ended(1, name="a.add") for _ in range(6)]
        + [ended(1, name="a.add", state=TaskState.FAILURE, retries=2) for _ in range(3)]
        + [ended(1, name="b.mul", state=TaskState.REVOKED)]
        + [a_task(name="b.mul", state=TaskState.STARTED, at=NOW - 5)],
        NOW,
    )
    report = figures(connection, since=NOW - 600)
    add, mul = report.names
    assert (add.name, add.count, add.succeeded, add.failed, add.retried) == ("a.add", 9, 6, 3, 6)
    assert (mul.count, mul.revoked, mul.runtime_p50_s) == (1, 1, None)
    assert [one.name for one in figures(connection, since=NOW - 600, name="b.mul").names] == [
        "b.mul"
    ]
    assert figures(connection, name="nobody") == TaskFiguresReport()
    assert sum(point.finished for point in report.points) > 0
    assert sum(p.failed for p in report.points) < sum(p.finished for p in report.points)


def test_an_end_is_counted_once_whatever_is_told_of_it_later(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    task = ended(1)
    writer.write([task], NOW)
    writer.write([msgspec.structs.replace(task, queue="mail", seen_at=NOW - 30)], NOW)
    redelivered = msgspec.structs.replace(
        task, state=TaskState.STARTED, started_at=NOW - 20, finished_at=None, runtime_s=None,
        seen_at=NOW - 20, clock=task.clock + 1,
    )  # fmt: skip
    writer.write([redelivered], NOW)
    assert figures(connection).names == ()
    done = msgspec.structs.replace(
        redelivered, state=TaskState.FAILURE, finished_at=NOW - 10, seen_at=NOW - 10,
        clock=task.clock + 2,
    )  # fmt: skip
    writer.write([done], NOW)
    (one,) = figures(connection).names
    assert (one.count, one.succeeded, one.failed) == (1, 0, 1)


@pytest.mark.parametrize(
    ("span_s", "width_s"), [(1800, 30), (24 * 3600, 1500), (20 * 86_400, 8 * 3600)]
)
def test_points_are_buckets_of_the_whole_span(
    writer: Writer, connection: sqlite3.Connection, span_s: float, width_s: float
) -> None:
    tasks = [ended(1, at=NOW - span_s * share / 100) for share in range(100)]
    writer.write(tasks, NOW)
    points = figures(connection, since=NOW - span_s, points=60).points
    widths = {second.at - first.at for first, second in itertools.pairwise(points)}
    assert widths == {width_s} and len(points) <= 61
    assert sum(point.finished for point in points) * width_s / 60 == pytest.approx(100)
    assert points[-1].at <= NOW < points[-1].at + width_s


def test_failures_are_grouped_by_exception_and_place(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    def failing(line: int, **known: object) -> Task:
        return ended(
            1, **{"state": TaskState.FAILURE, "exception": "TimeoutError('timed out')",
                  "traceback": TRACEBACK.format(line=line), **known}
        )  # fmt: skip

    same = [failing(88, at=NOW - 300 + n) for n in range(5)]
    earlier = Attempt(TaskState.RETRY, exception="TimeoutError()", traceback=same[0].traceback)
    since = ended(1, attempts=(earlier,), retries=1, name="shop.other", at=NOW - 100)
    writer.write([*same, failing(91), since, ended(1)], NOW)
    first, second = figures(connection, since=NOW - 600).failures
    assert (first.exception, first.place, first.count) == ("TimeoutError", "fetch.py:88", 6)
    assert (first.first_at, first.last_at) == (NOW - 300, NOW - 100)
    assert (first.succeeded_since, first.example_id) == (1, since.id)
    assert first.names == ("shop.mail.send", "shop.other")
    assert (second.place, second.count, second.succeeded_since) == ("fetch.py:91", 1, 0)
    assert len(figures(connection, since=NOW - 600, name="shop.other").failures) == 1
    assert figures(connection, since=NOW - 30).failures == ()


@pytest.mark.parametrize(
    ("exception", "name"),
    [
        ("TimeoutError('timed out')", "TimeoutError"),
        ("requests.exceptions.ConnectionError(1)", "ConnectionError"),
        ("ValueError: no", "ValueError"),
        ("<class 'shop.Broken'>", "Broken"),
        ("", ""),
        ("文件", "文件"),
        ("\x1b[31mE" * 1000, ("\x1b[31mE" * 1000)[:120]),
    ],
)
def test_the_type_of_an_exception(exception: str, name: str) -> None:
    assert exception_type(exception) == name


def test_the_place_is_the_innermost_of_the_project() -> None:
    assert place(TRACEBACK.format(line=88)) == "fetch.py:88"
    library = 'File "/x/site-packages/a.py", line 1, in f\nFile "/x/site-packages/b.py", line 2'
    assert place(library) == "b.py:2"
    assert place("") == place("no frames here") == ""
    assert fault_of(Task("1")) is None
    assert exception_type("", TRACEBACK) == "TimeoutError"

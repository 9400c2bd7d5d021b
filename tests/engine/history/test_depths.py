"""How many messages waited is kept over time, bounded, and told as points of a chart."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from desktop.engine.config import HistoryConfig
from desktop.engine.history.depths import Depths
from desktop.engine.history.figures import task_figures
from desktop.engine.history.history import FILE, History
from desktop.engine.history.recorder import Recorder
from desktop.engine.history.writer import Writer
from desktop.engine.history_commands import TaskFigures
from tests.engine.history.conftest import NOW, eventually


def told(connection: sqlite3.Connection, **command: float) -> dict[float, int | None]:
    """Depth at each point, as seconds before :data:`NOW`."""
    report = task_figures(connection, TaskFigures(**command), NOW)  # type: ignore[arg-type]
    return {NOW - point.at: point.depth for point in report.points}


def measured(writer: Writer, depths: dict[float, int]) -> None:
    notes = Depths()
    for ago, depth in depths.items():
        notes.note(NOW - ago, depth)
    writer.write_depths(notes.take())


def test_the_most_of_each_point_is_told(writer: Writer, connection: sqlite3.Connection) -> None:
    measured(writer, {55: 3, 52: 9, 51: 4, 20: 0})
    measured(writer, {18: 2})
    points = told(connection, since=NOW - 60)
    assert (points[60], points[20]) == (9, 2)


def test_a_measure_holds_for_a_minute_and_then_nobody_measured(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    measured(writer, {300: 5, 10: 1})
    points = told(connection, since=NOW - 400)
    assert [points[ago] for ago in (300, 290, 240, 230, 20, 10, 0)] == [5, 5, 5, None, None, 1, 1]


def test_depths_are_told_where_no_task_has_ended(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    measured(writer, {7200: 7})
    assert 7 in told(connection, since=NOW - 86_400).values()


def test_the_finer_ones_are_forgotten_and_a_peak_stays(
    writer: Writer, connection: sqlite3.Connection
) -> None:
    for later in range(0, 90_000, 9_000):
        measured(writer, dict.fromkeys(range(later, later + 9_000, 10), 1))
    measured(writer, {86_000: 40})
    before = connection.execute("SELECT count(*) FROM depth").fetchone()[0]
    writer.prune_figures(NOW + 4 * 86_400)
    left = dict(connection.execute("SELECT level, count(*) FROM depth GROUP BY 1"))
    assert before > 9000 and left == {2: 26}
    later = task_figures(connection, TaskFigures(since=NOW - 90_000), NOW + 4 * 86_400)
    assert 40 in [point.depth for point in later.points]


def test_notes_are_bounded_while_the_disk_refuses() -> None:
    notes = Depths()
    for second in range(0, 100_000, 10):
        notes.note(NOW + second, second)
    kept = notes.take()
    assert len(kept) <= 1080 and max(kept.values()) == 99_990 and not notes
    notes.note(NOW, 3)
    notes.give_back({int(NOW) // 10 * 10: 8})
    assert notes.take() == {NOW: 8}


async def test_what_the_engine_measures_is_in_the_next_answer(history: History) -> None:
    history.note_depth(12)
    report = await history.figures(TaskFigures(since=time.time() - 60))
    assert report.points[-1].depth == 12


def test_a_bucket_that_is_over_is_written_without_any_task(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / FILE, HistoryConfig())
    recorder.start()
    recorder.note_depth(NOW, 3)
    assert recorder.waiting
    recorder.note_depth(NOW + 10, 4)
    eventually(lambda: not recorder.waiting)
    recorder.close()

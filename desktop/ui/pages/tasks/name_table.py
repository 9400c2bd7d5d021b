"""All runs of each task name within a span: how many, how many failed, how long they took."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from desktop.engine.task_model import TaskNameStatistics
from desktop.quantities import span
from desktop.ui.pages.tasks.words_table import WordsRow, WordsTable
from desktop.ui.phrases import DASH
from desktop.ui.shown_text import NAME_MAX, one_line
from desktop.ui.widgets.row_table import Shape
from desktop.words import text

_SHAPES = (
    Shape(text("Task"), 0),
    Shape(text("Times run"), 92, True),
    Shape(text("Per minute"), 98, True),
    Shape(text("Failed"), 76, True),
    Shape(text("Retried"), 72, True),
    Shape(text("Median"), 82, True),
    Shape(text("95 %"), 82, True),
    Shape(text("99 %"), 82, True),
    Shape(text("Wait, 95 %"), 96, True),
)
_EXPENDABLE = (7, 4, 2, 8, 5)
_NONE = -1.0


class NameTable(WordsTable):
    """A click on a row looks for the tasks of that name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_SHAPES, _EXPENDABLE, parent)

    def show_names(self, names: Sequence[TaskNameStatistics]) -> None:
        self.show_rows([_row(one) for one in names])


def quoted(words: str) -> str:
    """A value of the query language that is meant exactly."""
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _row(one: TaskNameStatistics) -> WordsRow:
    ended = one.succeeded + one.failed
    share = one.failed / ended if ended else 0.0
    times = (one.runtime_p50_s, one.runtime_p95_s, one.runtime_p99_s, one.wait_p95_s)
    rate = f"{one.per_minute:,.0f}" if one.per_minute >= 10 else f"{one.per_minute:.1f}"
    words = (
        one_line(one.name, NAME_MAX),
        f"{one.count:,}",
        rate,
        f"{100 * share:.1f} %" if one.failed else DASH,
        f"{one.retried:,}" if one.retried else DASH,
        *(DASH if seconds is None else span(seconds) for seconds in times),
    )
    keys: tuple[float | str, ...] = (
        one.name,
        one.count,
        one.per_minute,
        share,
        one.retried,
        *(_NONE if seconds is None else seconds for seconds in times),
    )
    loud = frozenset({3}) if one.failed else frozenset()
    return WordsRow(words, keys, f"name:{quoted(one.name)}", loud)

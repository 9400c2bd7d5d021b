"""Failures by their exception and place: "312 × TimeoutError in fetch.py:88"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from desktop.engine.task_model import FailureGroup
from desktop.quantities import clock
from desktop.ui.pages.tasks.name_table import quoted
from desktop.ui.pages.tasks.words_table import WordsRow, WordsTable
from desktop.ui.phrases import DASH
from desktop.ui.shown_text import NAME_MAX, one_line
from desktop.ui.widgets.row_table import Shape
from desktop.words import text, tr

_SHAPES = (
    Shape(text("Failure"), 0),
    Shape(text("Of"), 0),
    Shape(text("First"), 124, True),
    Shape(text("Last"), 124, True),
    Shape(text("Succeeded since"), 124, True),
)
_EXPENDABLE = (2, 4, 1)
_PLACE = re.compile(r"[\w.-]+:\d+")
"""The query language reads a place such as fetch.py:88."""


class FailureTable(WordsTable):
    """A click on a row looks for the tasks that failed so."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_SHAPES, _EXPENDABLE, parent)

    def show_groups(self, groups: Sequence[FailureGroup]) -> None:
        self.show_rows([_row(one) for one in groups])


def failure_words(group: FailureGroup) -> str:
    """ "312 × TimeoutError in fetch.py:88"."""
    exception, place = one_line(group.exception, NAME_MAX), one_line(group.place, NAME_MAX)
    if not place:
        return tr("{n} × {exception}", n=f"{group.count:,}", exception=exception)
    return tr(
        "{n} × {exception} in {place}", n=f"{group.count:,}", exception=exception, place=place
    )


def _row(group: FailureGroup) -> WordsRow:
    names = ", ".join(one_line(name, NAME_MAX) for name in group.names)
    words = (
        failure_words(group),
        names,
        clock(group.first_at),
        clock(group.last_at),
        f"{group.succeeded_since:,}" if group.succeeded_since else DASH,
    )
    keys = (group.count, names, group.first_at, group.last_at, group.succeeded_since)
    query = f"state:failure error:{quoted(group.exception)}"
    if _PLACE.fullmatch(group.place):
        query += f" error:{group.place}"
    if len(group.names) == 1:
        query += f" name:{quoted(group.names[0])}"
    return WordsRow(words, keys, query)

"""Tables and documents on stdout: with rich on a terminal, aligned columns on a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from desktop.cli.context import Context
from desktop.cli.ink import harmless, paint

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text as RichText

RICH_STYLES = {
    "ok": "green",
    "run": "blue",
    "warn": "yellow",
    "bad": "red",
    "off": "dim",
    "title": "bold",
    "fault": "bold red",
    "": "",
}


class Cell(NamedTuple):
    words: str
    style: str = ""
    """A name of :data:`desktop.cli.ink.STYLES`."""


class Table(NamedTuple):
    """Rows of cells under headers; the last column takes the room that is left."""

    headers: tuple[str, ...]
    rows: tuple[tuple[Cell | str, ...], ...]


def print_json(document: Any, *, lines: bool = False) -> None:
    """One JSON document on stdout; ``lines``: on a single line, one of several."""
    import msgspec

    encoded = msgspec.json.encode(document)
    if not lines:
        encoded = msgspec.json.format(encoded, indent=2)
    sys.stdout.write(encoded.decode() + "\n")
    sys.stdout.flush()


def print_table(context: Context, table: Table) -> None:
    if context.terminal:
        console(context).print(rich_table(table))
    else:
        sys.stdout.write("".join(f"{line}\n" for line in plain_table(table)))
        sys.stdout.flush()


def plain_table(table: Table, *, color: bool = False) -> list[str]:
    """Columns aligned by what a terminal shows: a Han character takes two places."""
    from rich.cells import cell_len

    head = tuple(Cell(header, "title") for header in table.headers)
    rows = [head, *table.rows]
    widths = [max(cell_len(_words(cell)) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            paint(_words(cell), _style(cell), color=color) + " " * (width - cell_len(_words(cell)))
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def rich_table(table: Table) -> RichTable:
    from rich.table import Table as RichTable
    from rich.text import Text

    made = RichTable(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for place, header in enumerate(table.headers):
        made.add_column(header, no_wrap=place < len(table.headers) - 1, overflow="ellipsis")
    for row in table.rows:
        made.add_row(*(Text(_words(cell), RICH_STYLES[_style(cell)]) for cell in row))
    return made


def console(context: Context, *, stderr: bool = False) -> Console:
    """A console that shows foreign text as it is: no markup, no emoji, no guessing of colours."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(
        file=stream,
        no_color=not context.paints(stream),
        highlight=False,
        markup=False,
        emoji=False,
    )


def ink(words: str, style: str) -> RichText:
    """Words in a style, for a rich console."""
    from rich.text import Text

    return Text(words, RICH_STYLES[style])


def _words(cell: Cell | str) -> str:
    return harmless(cell.words if isinstance(cell, Cell) else cell)


def _style(cell: Cell | str) -> str:
    return cell.style if isinstance(cell, Cell) else ""

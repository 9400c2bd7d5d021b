"""A table that is redrawn on the terminal while a command waits, and is gone afterwards."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import TYPE_CHECKING, Self

from desktop.cli.context import Context

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table as RichTable

REFRESH_PER_S = 8


class LiveTable(ABC):
    """A context manager; off a terminal it draws nothing."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._live: Live | None = None

    @abstractmethod
    def _table(self) -> RichTable:
        """What is to be seen now."""

    def __enter__(self) -> Self:
        if self._context.terminal:
            from rich.live import Live

            from desktop.cli.render import console

            self._live = Live(
                get_renderable=self._table,
                console=console(self._context),
                refresh_per_second=REFRESH_PER_S,
                transient=True,
            )
            self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.__exit__(kind, error, trace)
            self._live = None

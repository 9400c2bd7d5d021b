"""Text for people and for pipes: states as glyph and word, tables, errors."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from desktop.engine.errors import TrayError
from desktop.engine.model import Problem, ServiceStatus
from desktop.engine.states import ServiceState
from desktop.words import tr

GLYPHS = {
    ServiceState.STOPPED: "○",
    ServiceState.STARTING: "◌",
    ServiceState.RUNNING: "●",
    ServiceState.STOPPING: "◌",
    ServiceState.BACKOFF: "▲",
    ServiceState.FAILED: "✕",
    ServiceState.EXTERNAL: "●",
}


def state_word(state: ServiceState) -> str:
    """The state's name in the present language."""
    return {
        ServiceState.STOPPED: tr("Stopped"),
        ServiceState.STARTING: tr("Starting…"),
        ServiceState.RUNNING: tr("Running"),
        ServiceState.STOPPING: tr("Stopping…"),
        ServiceState.BACKOFF: tr("Waiting to restart"),
        ServiceState.FAILED: tr("Failed"),
        ServiceState.EXTERNAL: tr("Running (not ours)"),
    }[state]


def state_line(service: ServiceStatus) -> str:
    """One service on one line."""
    note = f" – {service.note}" if service.note else ""
    return f"{GLYPHS[service.state]} {service.name}: {state_word(service.state)}{note}"


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def problem_lines(problem: Problem, log_lines: int = 8) -> list[str]:
    """What happened, why, and what to do next; the last log lines below."""
    lines = [str(problem.title)]
    if str(problem.message):
        lines.append(f"  {problem.message}")
    if str(problem.next_step):
        lines.append(f"  → {problem.next_step}")
    lines += [f"  | {plain(line)}" for line in problem.log[-log_lines:]]
    return lines


def problem_document(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "title": str(problem.title),
        "message": str(problem.message),
        "next_step": str(problem.next_step),
        "log": list(problem.log),
    }


def show_error(error: TrayError, *, as_json: bool) -> None:
    """A failed command's words on stderr, and with --json its document on stdout."""
    sys.stderr.write("\n".join(problem_lines(error.problem)) + "\n")
    if as_json:
        print_json({"error": problem_document(error.problem)})


def plain(words: str) -> str:
    """Foreign text made harmless for a terminal: control characters are shown, not obeyed."""
    return "".join(c if c.isprintable() or c == "\t" else repr(c)[1:-1] for c in words)


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, color: bool) -> None:
    """A table: with lines on a terminal, aligned columns on a pipe."""
    if sys.stdout.isatty() and color:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        pretty = Table(*headers, box=None, header_style="bold", pad_edge=False)
        for row in rows:
            pretty.add_row(*(Text(plain(cell)) for cell in row))
        Console().print(pretty)
        return
    cells = [list(headers), *([plain(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    for row in cells:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )

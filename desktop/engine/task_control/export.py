"""Tasks as files and as code: CSV, JSON, and the Python call that sends one again. Pure.

Spreadsheets run what begins like a formula; such a cell gets an apostrophe in front (OWASP, CSV
injection). Code is made of literals only, in which what turns or hides text is escaped.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from desktop.engine.rescue.lost import payload_of
from desktop.engine.task_model import Task

COLUMNS = (
    "id",
    "name",
    "state",
    "worker",
    "queue",
    "args",
    "kwargs",
    "result",
    "exception",
    "retries",
    "root_id",
    "parent_id",
    "sent_at",
    "received_at",
    "started_at",
    "finished_at",
    "runtime_s",
)
"""As ``tasks --json`` names them (cli.md)."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def document(task: Task) -> dict[str, Any]:
    """One task with the fields of ``tasks --json``; what is not known is null."""
    found: dict[str, Any] = {}
    for name in COLUMNS:
        value = getattr(task, name)
        found[name] = None if value == "" else value
    found["state"] = task.state.value
    return found


def json_lines(tasks: Iterable[Task]) -> Iterator[str]:
    """One JSON document a line."""
    for task in tasks:
        yield json.dumps(document(task), ensure_ascii=False, allow_nan=False)


def csv_lines(tasks: Iterable[Task]) -> Iterator[str]:
    """Rows of CSV (RFC 4180) with a head, without their line ends."""
    yield _row(COLUMNS)
    for task in tasks:
        told = document(task)
        yield _row(tuple(_cell(told[name]) for name in COLUMNS))


def as_code(task: Task, *, args: str = "", kwargs: str = "") -> str:
    """The Python call that sends this task again, for a shell with ``app``.

    ``args`` and ``kwargs`` are its real arguments as JSON, where they are known; else they are
    taken from the record if that is whole. Where it is not, the code says so and does not run.
    """
    if not args:
        payload = payload_of(task.args, task.kwargs)
        if not payload:
            return _unknown(task)
        whole = json.loads(payload)
    else:
        whole = [json.loads(args), json.loads(kwargs or "{}")]
    parts = [repr(task.name)]
    if whole[0]:
        parts.append(f"args={whole[0]!r}")
    if whole[1]:
        parts.append(f"kwargs={whole[1]!r}")
    if task.queue:
        parts.append(f"queue={task.queue!r}")
    return f"app.send_task({', '.join(parts)})"


def _unknown(task: Task) -> str:
    shown = " ".join(part for part in (task.args, task.kwargs) if part)
    # As comments, each line of it: nothing of a representation is ever run.
    told = "\n".join(f"# {_printable(line)}" for line in shown.splitlines()[:20])
    queue = f", queue={task.queue!r}" if task.queue else ""
    return f"{told}\napp.send_task({task.name!r}, args=[...], kwargs={{...}}{queue})".lstrip("\n")


def _printable(line: str) -> str:
    return "".join(c if c.isprintable() else " " for c in line)[:2_000]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return repr(value)
    words = str(value).replace("\0", "")
    return f"'{words}" if words.startswith(_FORMULA) else words


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()

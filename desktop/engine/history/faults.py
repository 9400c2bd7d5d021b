"""What went wrong with a task, in two words: the exception's type, and the place. Pure."""

from __future__ import annotations

import re

from desktop.engine.task_model import Task

_TYPE = re.compile(r"\s*[<]?(?:class ')?([A-Za-z_][\w.]{0,200})")
_FRAME = re.compile(r'File "([^"\n]{1,1000})", line (\d{1,9})')
_NOT_THE_PROJECT = re.compile(
    r"[/\\](?:site-packages|dist-packages|lib[/\\]python3?[\d.]*|celery[/\\]app|billiard)[/\\]|^<"
)
_READ_CHARS = 50_000
NAME_MAX_CHARS = 120


def fault_of(task: Task) -> tuple[str, str] | None:
    """(type, place) of the newest exception that is known of it: ("TimeoutError", "fetch.py:88").
    None when none is."""
    if task.exception or task.traceback:
        return exception_type(task.exception, task.traceback), place(task.traceback)
    for attempt in reversed(task.attempts):
        if attempt.exception or attempt.traceback:
            return exception_type(attempt.exception, attempt.traceback), place(attempt.traceback)
    return None


def exception_type(exception: str, traceback: str = "") -> str:
    """The type's own name, from the exception's ``repr`` or the traceback's last line."""
    last = traceback.rstrip().rpartition("\n")[2] if traceback else ""
    for words in (exception, last):
        found = _TYPE.match(words)
        if found:
            return found[1].rpartition(".")[2][:NAME_MAX_CHARS] or found[1][:NAME_MAX_CHARS]
    return exception.strip()[:NAME_MAX_CHARS]


def place(traceback: str) -> str:
    """The innermost frame of the project's own code, "fetch.py:88"; where all are of libraries,
    the innermost; "" without a traceback."""
    frames = _FRAME.findall(traceback[-_READ_CHARS:])
    if not frames:
        return ""
    own = [frame for frame in frames if not _NOT_THE_PROJECT.search(frame[0])]
    path, line = (own or frames)[-1]
    name = re.split(r"[/\\]", path)[-1]
    return f"{name[:NAME_MAX_CHARS]}:{line}"

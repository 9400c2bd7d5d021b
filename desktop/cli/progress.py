"""Shows how services move while a command waits: a line for each move."""

from __future__ import annotations

import sys

from desktop.cli.context import Context
from desktop.cli.render import GLYPHS, state_word
from desktop.engine.snapshot import Snapshot


class Progress:
    """Prints each change of one stack's services once, on stderr."""

    def __init__(self, context: Context, project: str) -> None:
        self._context = context
        self._project = project
        self._told: dict[str, str] = {}
        self._first = True

    def __call__(self, snapshot: Snapshot) -> None:
        stack = next((s for s in snapshot.stacks if s.project == self._project), None)
        if stack is None or self._context.as_json:
            return
        for one in stack.services:
            note = f" – {one.note}" if one.note else ""
            line = f"{state_word(one.state)}{note}"
            if self._told.get(one.name) == line:
                continue
            new = one.name not in self._told
            self._told[one.name] = line
            if not (self._first and new):
                print(f"{GLYPHS[one.state]} {one.name}: {line}", file=sys.stderr, flush=True)
        self._first = False

"""Which workers run tasks without sending events of them, and turning the events on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.control import Control
from desktop.engine.model import Finding
from desktop.engine.states import Severity
from desktop.words import text, textn, verbatim

ASK_TIMEOUT_S = 1.0
NAMED_MAX = 5


class _Looked(NamedTuple):
    total: int
    listening: bool


class Totals(msgspec.Struct):
    """Compares what workers say that they have received, from one look at them to the next, with
    whether any event was heard. Workers without heartbeats are found only by this."""

    seen: dict[tuple[str, int], _Looked] = {}
    silent: frozenset[str] = frozenset()
    """Nodes that worked and sent nothing."""

    def look(
        self, answers: Iterable[NodeAnswer], speaks: Callable[[str, int], bool], *, listening: bool
    ) -> None:
        """``speaks`` tells whether an event of a task was heard of a process."""
        silent, now = set(self.silent), {}
        for one in answers:
            if one.total is None:
                continue
            key = (one.node, one.pid)
            before = self.seen.get(key)
            now[key] = _Looked(one.total, listening)
            if speaks(*key):
                silent.discard(one.node)
            elif before and before.listening and listening and one.total > before.total:
                silent.add(one.node)
        self.seen = now
        self.silent = frozenset(silent & {node for node, _ in now})


def turn_on(control: Control, nodes: Iterable[str]) -> Mapping[str, bool]:
    """Tell these nodes to send events of their tasks from now on, until they restart; which of
    them said that they do. Blocks."""
    nodes = tuple(nodes)
    said = dict(control.replies("enable_events", ASK_TIMEOUT_S, nodes)) if nodes else {}
    return {node: node in said for node in nodes}


def events_off(nodes: Iterable[str], app: str) -> Finding | None:
    """What a person should know of these nodes; None when there is none."""
    names = sorted(nodes)
    if not names:
        return None
    named = ", ".join(names[:NAMED_MAX]) + (" …" if len(names) > NAMED_MAX else "")
    return Finding(
        id="events-off",
        severity=Severity.WARNING,
        title=textn(
            "{n} worker sends no events of its tasks",
            "{n} workers send no events of their tasks",
            len(names),
        ),
        detail=text("What {nodes} runs is not seen here, and not recorded.", nodes=verbatim(named)),
        fix=text(
            "Turn them on in the page Workers, or with: celery -A {app} control enable_events. So "
            "that it stays: worker_send_task_events = True in the app's configuration, or -E on "
            "the worker's command line.",
            app=app,
        ),
    )

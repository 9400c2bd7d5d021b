"""Streams of events as workers would send them, for tests that shuffle, repeat and lose some."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NODES = (("w1@h", 7), ("w2@h", 8))
ENDS: dict[str, dict[str, Any]] = {
    "task-succeeded": {"result": "42", "runtime": 0.5},
    "task-failed": {"exception": "ValueError('no')", "traceback": "Traceback …"},
    "task-revoked": {"terminated": True, "signum": "SIGTERM", "expired": False},
    "task-retried": {"exception": "Retry()", "traceback": "Traceback …"},
}


class Clock:
    """One Lamport clock for all, which no node's wall clock need agree with."""

    def __init__(self) -> None:
        self.now = 0

    def event(self, kind: str, task: str, node: tuple[str, int], **fields: Any) -> dict[str, Any]:
        self.now += 1
        return {
            "type": kind,
            "uuid": task,
            "hostname": node[0],
            "pid": node[1],
            "clock": self.now,
            "timestamp": 1000.0 + self.now,
            "utcoffset": 0,
            **fields,
        }

    def run(
        self, task: str, node: tuple[str, int], end: str | None, retries: int = 0
    ) -> list[dict[str, Any]]:
        """Received, started and (unless None) ended."""
        events = [
            self.event(
                "task-received",
                task,
                node,
                name=f"app.{task}",
                args=f"({task!r},)",
                kwargs="{}",
                root_id=task,
                parent_id="above",
                retries=retries,
                eta="1970-01-01T00:10:00+00:00" if retries else None,
                expires=None,
            ),
            self.event("task-started", task, node),
        ]
        if end:
            events.append(self.event(end, task, node, **ENDS.get(end, {})))
        return events

    def sent(self, task: str) -> dict[str, Any]:
        return self.event(
            "task-sent",
            task,
            ("gen1@h", 9),
            name=f"app.{task}",
            args=f"({task!r},)",
            kwargs="{}",
            queue="mail",
            routing_key="mail",
            exchange="",
            retries=0,
            root_id=task,
            parent_id="above",
        )


@st.composite
def one_run_each(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to eight tasks, each with one run on one node, that came to some end or to none yet."""
    clock = Clock()
    events: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 8))):
        task = f"t{number}"
        if draw(st.booleans()):
            events.append(clock.sent(task))
        end = draw(st.sampled_from(["task-succeeded", "task-failed", "task-revoked", None]))
        events += clock.run(task, draw(st.sampled_from(NODES)), end)
    return events


@st.composite
def disturbed(draw: st.DrawFn, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Some lost, some twice, all in another order."""
    kept = [one for one in events if draw(st.integers(0, 5)) != 0]
    twice = draw(st.lists(st.sampled_from(kept), max_size=6)) if kept else []
    return draw(st.permutations(kept + twice))

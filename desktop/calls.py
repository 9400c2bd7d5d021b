"""What a task was called with, and what is special about its message, as every face tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from desktop.engine.task_model import QueuedMessage
from desktop.quantities import clock
from desktop.words import tr

_NOTHING = frozenset({"", "()", "[]", "{}", "None"})


class Call(Protocol):
    """Whatever knows its arguments as texts."""

    @property
    def args(self) -> str: ...

    @property
    def kwargs(self) -> str: ...


def given(call: Call) -> list[str]:
    """Arguments by place, then those by name; whichever there are."""
    parts = (call.args.strip(), call.kwargs.strip())
    return [part for part in parts if part not in _NOTHING]


def arguments(call: Call) -> str:
    """As they are called: ``('EUR',) {'amount': 3}``; nothing where there are none."""
    return " ".join(given(call))


def message_notes(one: QueuedMessage) -> Iterator[str]:
    """What is special about a message, but for its priority."""
    if one.retries:
        yield tr("retry {n}", n=one.retries)
    if one.redelivered:
        yield tr("delivered before")
    if one.eta is not None:
        yield tr("not before {time}", time=clock(one.eta))
    if one.expires_at is not None:
        yield tr("expires {time}", time=clock(one.expires_at))

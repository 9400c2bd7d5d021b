"""What the page of the tasks says in a sentence: how it stands, what came, and why it is empty."""

from __future__ import annotations

from desktop.engine.model import StackStatus
from desktop.ui.pages.tasks.feed import TaskFeed
from desktop.ui.pages.tasks.situation import Rate, silent_nodes
from desktop.ui.shown_text import NAME_MAX, one_line
from desktop.words import tr, trn

Sentence = tuple[str, str, str]
"""Words, glyph, and the token of its colour."""


def sentence(feed: TaskFeed, rate: Rate, *, reachable: bool, broker_away: bool) -> Sentence:
    """How it stands, in the header."""
    if not feed.loaded:
        return (tr("Looking…") if reachable else tr("Connecting to the engine…")), "", "sub"
    parts = [trn("{count} kept", "{count} kept", feed.kept, count=f"{feed.kept:,}")]
    if not reachable or broker_away:
        return " · ".join((tr("Last known"), *parts)), "state-attention", "warn"
    if rate.per_minute is not None:
        parts.insert(0, tr("{n} per minute", n=f"{rate.per_minute:,}"))
    if feed.following:
        return " · ".join((tr("Live"), *parts)), "state-busy", "run"
    return " · ".join((tr("Held"), *parts)), "pause", "off"


def pill(feed: TaskFeed) -> str:
    """What came while it held; "" when nothing did."""
    if feed.following or not feed.news:
        return ""
    if feed.more_news:
        return tr("More than {n} new tasks", n=f"{feed.news:,}")
    return trn("{n} new task", "{n} new tasks", feed.news)


def emptiness(words: str, *, narrowed: bool, stack: StackStatus | None) -> tuple[str, str]:
    """Why there is no task, and what the button below that does."""
    if words.strip():
        searched = one_line(words.strip(), NAME_MAX)
        return tr("Nothing matches “{words}”.", words=searched), tr("Clear filter")
    if narrowed:
        return tr("No task is in this state."), tr("Clear filter")
    if silent_nodes(stack):
        return tr("Workers are not sending task events."), tr("Turn on events")
    return (
        tr("No tasks yet. They appear here as soon as a worker receives one."),
        tr("Send a test task"),
    )

"""What became of tasks, in words; the counts of many in one sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from desktop.engine.task_commands import TaskActionReport, TaskOutcome, TaskVerb
from desktop.engine.task_control.whereabouts import Seen, Where, Whereabouts
from desktop.words import Text, text, textn, verbatim

OUTCOMES_MAX = 1_000


def outcome(known: Whereabouts, words: Text, *, done: bool = True, new_id: str = "") -> TaskOutcome:
    return TaskOutcome(known.task.id, known.task.name, done, words, new_id)


def has_ended(known: Whereabouts) -> Text:
    return text("It has ended already: {state}.", state=verbatim(known.state or "?"))


def nobody_has_it(seen: Seen) -> Text:
    """No node that answered has it; those that did not may."""
    if seen.silent:
        return text(
            "No worker that answers has it; {nodes} did not answer.",
            nodes=verbatim(", ".join(seen.silent)),
        )
    return text("No worker has it.")


def place_words(known: Whereabouts) -> Text:
    """Where it is, in a sentence."""
    if known.where is Where.RUNS:
        return text("It runs on {node}.", node=verbatim(known.node))
    if known.where is Where.HELD and known.node:
        return text("{node} has it and has not begun it.", node=verbatim(known.node))
    if known.where is Where.HELD:
        return text("A worker has it.")
    if known.where is Where.QUEUED:
        return text("It waits in {queue}.", queue=verbatim(known.queue))
    if known.where is Where.ENDED:
        return has_ended(known)
    return text("Nobody knows where it is.")


def report(
    verb: TaskVerb, outcomes: Sequence[TaskOutcome], *, dry_run: bool = False, undo: bool = False
) -> TaskActionReport:
    """All in one value: the failures first, as they want to be read."""
    done = sum(one.done for one in outcomes)
    shown = sorted(outcomes, key=lambda one: one.done)[:OUTCOMES_MAX]
    return TaskActionReport(
        tuple(shown),
        done,
        len(outcomes) - done,
        _sentence(verb, done, len(outcomes) - done, dry_run=dry_run, undo=undo),
    )


def _sentence(verb: TaskVerb, done: int, left: int, *, dry_run: bool, undo: bool) -> Text:
    if not done and not left:
        return text("No task matches.")
    told = _done_words(verb, done, dry_run=dry_run, undo=undo)
    if not left:
        return told
    if not done:
        return textn("{n} task is left as it is.", "{n} tasks are left as they are.", left)
    not_done = textn("{n} is left as it is.", "{n} are left as they are.", left)
    return text("{done} {left}", done=told, left=not_done)


def _done_words(verb: TaskVerb, n: int, *, dry_run: bool, undo: bool) -> Text:
    if verb is TaskVerb.RUN_AGAIN or undo:
        if dry_run:
            return textn("{n} task would be sent again.", "{n} tasks would be sent again.", n)
        return textn("{n} task was sent again.", "{n} tasks were sent again.", n)
    if verb is TaskVerb.TERMINATE:
        if dry_run:
            return textn("{n} task would be ended.", "{n} tasks would be ended.", n)
        return textn("{n} task was ended.", "{n} tasks were ended.", n)
    if dry_run:
        return textn("{n} task would be revoked.", "{n} tasks would be revoked.", n)
    return textn("{n} task was revoked.", "{n} tasks were revoked.", n)

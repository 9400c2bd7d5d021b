"""A stack's actions on tasks: each looked at first, done, and told as it really went."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from desktop.engine.states import TaskState
from desktop.engine.task_commands import (
    ActOnTasks,
    RegisteredTasks,
    RegisteredTasksReport,
    RunTask,
    TaskActionReport,
    TaskOutcome,
    TaskVerb,
)
from desktop.engine.task_control import again, by_hand, records, revoking, terminating
from desktop.engine.task_control.outcomes import outcome, place_words, report
from desktop.engine.task_control.place import Place, place_of
from desktop.engine.task_control.whereabouts import Seen, Where, Whereabouts, look
from desktop.words import Text, text

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

KEPT_MAX = 1_000
KEPT_CHARACTERS_MAX = 8_000_000
"""Arguments of revoked tasks are kept up to this, for the case that a person wants them back."""

_RAN = frozenset({TaskState.SUCCESS, TaskState.FAILURE})

_Why = Callable[[Whereabouts], Text | None]


class TaskActions:
    """Belongs to one stack, and lives in the engine's loop."""

    def __init__(self, stack: LiveStack) -> None:
        self._stack = stack
        self._note = partial(records.note_sent, stack)
        self._revoked: OrderedDict[str, Whereabouts] = OrderedDict()
        """What was revoked from here, as it was then: a worker that drops a message ends it."""
        self._revoked_size = 0
        self._undone: OrderedDict[str, str] = OrderedDict()
        """What a revocation of was taken back, and the task that was sent instead."""

    async def act(self, command: ActOnTasks) -> TaskActionReport:
        """Raises ServiceError while the broker is down, UsageError for what can't be meant."""
        signal = terminating.check_signal(command.signal)
        place = await place_of(self._stack)
        tasks = await records.concerned(self._stack, command.selection)
        seen = await look(place, tasks)
        known = [seen.of[task.id] for task in tasks]
        if command.undo:
            outcomes = await self._undo(place, known, dry_run=command.dry_run)
        elif command.verb is TaskVerb.REVOKE:
            outcomes = await self._revoke(place, seen, known, dry_run=command.dry_run)
        elif command.verb is TaskVerb.TERMINATE:
            can, cannot = _sorted(known, lambda one: terminating.terminable(one, seen))
            outcomes = cannot + (
                [outcome(one, terminating.will_be_terminated(one, seen, signal)) for one in can]
                if command.dry_run
                else await terminating.terminate(place, seen, can, signal)
            )
        else:
            outcomes = (
                [again.preview(one, place.info) for one in known]
                if command.dry_run
                else await again.run_again(place, known, self._note)
            )
        return report(command.verb, outcomes, dry_run=command.dry_run, undo=command.undo)

    async def run(self, command: RunTask) -> TaskActionReport:
        """Raises UsageError for arguments that do not fit, ServiceError where it can't be sent."""
        place = await place_of(self._stack)
        first: Whereabouts | None = None
        if command.again:
            tasks = await records.concerned(self._stack, by_hand.selection_of(command.again))
            first = (await look(place, tasks)).of[tasks[0].id]
        return await by_hand.run(place, command, first, self._note)

    async def registered(self, _command: RegisteredTasks) -> RegisteredTasksReport:
        """Of the app and of the workers that answer; without a broker, of the app alone."""
        return RegisteredTasksReport(await by_hand.registered(self._stack))

    # --- revoke, and take it back ----------------------------------------------------------------

    async def _revoke(
        self, place: Place, seen: Seen, known: Sequence[Whereabouts], *, dry_run: bool
    ) -> list[TaskOutcome]:
        can, cannot = _sorted(known, lambda one: revoking.revocable(one, seen))
        if dry_run:
            return cannot + [outcome(one, revoking.will_be_revoked(one)) for one in can]
        for one in can:
            self._keep(one)
        return cannot + await revoking.revoke(place, seen, can)

    def _keep(self, one: Whereabouts) -> None:
        self._forget(one.task.id)
        self._revoked[one.task.id] = one
        self._revoked_size += _size(one)
        while len(self._revoked) > KEPT_MAX or self._revoked_size > KEPT_CHARACTERS_MAX:
            self._forget(next(iter(self._revoked)))

    def _forget(self, task_id: str) -> None:
        if gone := self._revoked.pop(task_id, None):
            self._revoked_size -= _size(gone)

    async def _undo(
        self, place: Place, known: Sequence[Whereabouts], *, dry_run: bool
    ) -> list[TaskOutcome]:
        """No worker takes a revocation back: the task is sent once more, under another id."""
        told = await revoking.revoked_ids(place)
        can, cannot = _sorted(
            [self._as_revoked(one) for one in known],
            lambda one: self._not_revoked(one, told),
        )
        if dry_run:
            return cannot + [again.preview(one, place.info) for one in can]
        sent = await again.run_again(place, can, self._note)
        for one in sent:
            if one.done:
                self._forget(one.id)
                self._undone[one.id] = one.new_id
        while len(self._undone) > KEPT_MAX:
            self._undone.popitem(last=False)
        return cannot + sent

    def _as_revoked(self, now: Whereabouts) -> Whereabouts:
        """As it was when it was revoked, where it has not run all the same."""
        then = self._revoked.get(now.task.id)
        state = now.state or now.task.state
        if then is None or now.where is Where.RUNS or state in _RAN:
            return now
        # Its message may still wait: to be dropped, not to run.
        return msgspec.structs.replace(then, where=Where.UNKNOWN)

    def _not_revoked(self, one: Whereabouts, told: frozenset[str]) -> Text | None:
        """Why there is nothing to take back; None: there is."""
        if new_id := self._undone.get(one.task.id):
            return text("It was sent again already, as {id}.", id=new_id)
        state = one.state or one.task.state
        if one.where is Where.RUNS or state in _RAN:
            return text("It was not dropped: {place}", place=place_words(one))
        if one.task.id in told or state is TaskState.REVOKED:
            return None
        return text("It is not revoked.")


def _size(one: Whereabouts) -> int:
    return len(one.args) + len(one.kwargs)


def _sorted(
    known: Sequence[Whereabouts], why_not: _Why
) -> tuple[list[Whereabouts], list[TaskOutcome]]:
    """Those that it can be done to, and of the others why not."""
    can: list[Whereabouts] = []
    cannot: list[TaskOutcome] = []
    for one in known:
        why = why_not(one)
        if why is None:
            can.append(one)
        else:
            cannot.append(outcome(one, why, done=False))
    return can, cannot

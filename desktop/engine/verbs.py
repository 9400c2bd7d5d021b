"""Which verb is done by whom: one line a command that is about a stack."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from desktop.engine import task_answers
from desktop.engine.commands import (
    Answer,
    Census,
    CensusReport,
    Cleanup,
    CleanupLog,
    Done,
    ForceCleanup,
    PlanCleanup,
    Restart,
    RunAgain,
    Start,
    Stop,
    StopExisting,
)
from desktop.engine.live_stack import LiveStack
from desktop.engine.task_commands import ListFilters, ListTasks, SaveFilter, ShowTask, TaskFigures

Verb = Callable[[LiveStack, Any], Awaitable[Answer]]


async def _census(stack: LiveStack, _command: Census) -> Answer:
    return CensusReport(await stack.found.look())


async def _force(stack: LiveStack, command: ForceCleanup) -> Answer:
    stack.cleaner.force(command.picks)
    return Done()


VERBS: dict[type, Verb] = {
    Start: LiveStack.start,
    Stop: LiveStack.stop,
    Restart: lambda stack, command: stack.restart(command.services),
    Census: _census,
    StopExisting: lambda stack, command: stack.cleaner.stop_existing(command.pids),
    PlanCleanup: lambda stack, _: stack.cleaner.plan(),
    Cleanup: lambda stack, command: stack.cleaner.clean(command),
    ForceCleanup: _force,
    CleanupLog: lambda stack, command: stack.cleaner.log(command.limit),
    RunAgain: lambda stack, command: stack.rescuer.run_again(command.ids),
    ListTasks: lambda stack, command: stack.tasks.history.page(command),
    ShowTask: lambda stack, command: task_answers.show_task(stack, command.id),
    TaskFigures: lambda stack, command: stack.tasks.history.figures(command),
    SaveFilter: task_answers.save_filter,
    ListFilters: task_answers.list_filters,
}

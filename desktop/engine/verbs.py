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
from desktop.engine.flower_commands import FlowerLink
from desktop.engine.history_commands import (
    ListFilters,
    ListTasks,
    SaveFilter,
    ShowTask,
    TaskFigures,
)
from desktop.engine.live_stack import LiveStack
from desktop.engine.metrics_commands import ShowMetrics
from desktop.engine.node_commands import DumpNode, ShowNode, TellNode
from desktop.engine.queue_commands import (
    MoveMessages,
    PeekQueue,
    PurgeQueue,
    ShowQueues,
    ShowSchedule,
    WhyTask,
)
from desktop.engine.queues import verbs as queues
from desktop.engine.schedule import verbs as schedule
from desktop.engine.task_commands import ActOnTasks, RegisteredTasks, RunTask
from desktop.engine.why.gather import why

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
    ActOnTasks: lambda stack, command: stack.task_actions.act(command),
    RunTask: lambda stack, command: stack.task_actions.run(command),
    RegisteredTasks: lambda stack, command: stack.task_actions.registered(command),
    TellNode: lambda stack, command: stack.nodes.tell(command),
    ShowNode: lambda stack, command: stack.nodes.show(command),
    DumpNode: lambda stack, command: stack.nodes.dump(command),
    ShowQueues: queues.show,
    PeekQueue: queues.peek,
    PurgeQueue: queues.purge,
    MoveMessages: queues.move,
    ShowSchedule: schedule.show,
    WhyTask: why,
    FlowerLink: lambda stack, _: stack.flower.link(),
    ShowMetrics: lambda stack, _: stack.tasks.metrics(),
}

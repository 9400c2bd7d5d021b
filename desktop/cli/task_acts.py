"""``tasks retry``, ``tasks revoke``: what is done to tasks, said before it is done."""

from __future__ import annotations

import sys

import click
import msgspec

from desktop.cli.arguments import OneOf
from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.ink import harmless, paint
from desktop.cli.render import print_json
from desktop.engine.client import Client
from desktop.engine.control_documents import action_document
from desktop.engine.errors import UsageError, WouldHarm
from desktop.engine.history_commands import Selection
from desktop.engine.task_commands import ActOnTasks, TaskActionReport, TaskOutcome, TaskVerb
from desktop.engine.task_signals import MEANINGS
from desktop.words import Text, text, tr, trn

DONE, FAILED, PARTLY = 0, 1, 4
SIGNALS = tuple(name.lower() for name in MEANINGS)
SHOWN_MAX = 20
"""Outcomes on a terminal; --json has more."""

_SEARCH = text("All tasks that match, in the language of tasks --search.")
_YES = text("Do it to all that match without asking.")
_DRY_RUN = text("Show what would be done, and do nothing.")


@verb(
    "retry",
    example="celery-tray tasks retry 5b0c1a9e-3c7b-4c0e-8b8a-2f6f5d1c7e11",
    more=tr(
        "Sends each once more with its real arguments, as a new task: to its queue, with its "
        "priority and limits. Where the real arguments are not known any more, it says so and "
        "shows what is known; tasks run sends it with those that you give."
    ),
)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--search", metavar="QUERY", help=str(_SEARCH))
@click.option("--yes", is_flag=True, help=str(_YES))
@click.option("--dry-run", is_flag=True, help=str(_DRY_RUN))
def retry(
    context: Context, ids: tuple[str, ...], search: str | None, yes: bool, dry_run: bool
) -> int:
    command = ActOnTasks(
        context.project, TaskVerb.RUN_AGAIN, _selection(ids, search), dry_run=dry_run
    )
    return act(context, command, yes=yes)


@verb(
    "revoke",
    example="celery-tray tasks revoke --terminate 5b0c1a9e-3c7b-4c0e-8b8a-2f6f5d1c7e11",
    more=tr(
        "Workers drop a revoked task when its turn comes; what runs already goes on, unless "
        "--terminate ends the process that runs it. --undo sends a revoked task again: workers "
        "forget no revocation."
    ),
)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--terminate", is_flag=True, help=tr("End those that run, and no others."))
@click.option(
    "--signal",
    type=OneOf(SIGNALS),
    default="term",
    metavar="NAME",
    help=tr("With --terminate: the signal; {names}.", names=", ".join(SIGNALS)),
)
@click.option("--undo", is_flag=True, help=tr("Take a revocation back: send it again."))
@click.option("--search", metavar="QUERY", help=str(_SEARCH))
@click.option("--yes", is_flag=True, help=str(_YES))
@click.option("--dry-run", is_flag=True, help=str(_DRY_RUN))
def revoke(
    context: Context,
    ids: tuple[str, ...],
    terminate: bool,
    signal: str,
    undo: bool,
    search: str | None,
    yes: bool,
    dry_run: bool,
) -> int:
    if terminate and undo:
        raise UsageError(
            "usage",
            text("What was terminated can't be taken back."),
            Text(""),
            text("Run it again: {command}", command="celery-tray tasks retry ID"),
        )
    command = ActOnTasks(
        context.project,
        TaskVerb.TERMINATE if terminate else TaskVerb.REVOKE,
        _selection(ids, search),
        signal=signal.upper(),
        dry_run=dry_run,
        undo=undo,
    )
    return act(context, command, yes=yes)


def _selection(ids: tuple[str, ...], search: str | None) -> Selection:
    if bool(ids) == (search is not None):
        raise UsageError(
            "usage",
            text("Name tasks by their ids, or search for them."),
            text("One of the two, not both."),
            text("See {command}", command="celery-tray tasks --help"),
        )
    return Selection(ids, search)


def act(context: Context, command: ActOnTasks, *, yes: bool) -> int:
    """Do it; where it concerns all that match, only with the person's consent."""
    with context.connect() as client:
        if command.selection.search is not None and not command.dry_run and not yes:
            agreed = _consented(context, client, command)
            if agreed is None:
                return DONE
            command = agreed
        return tell(context, _submit(client, command))


def _consented(context: Context, client: Client, command: ActOnTasks) -> ActOnTasks | None:
    """The command for those that were looked at, where it is told which they are, and for all that
    match otherwise; None: nothing matches, or the person said no."""
    plan = _submit(client, msgspec.structs.replace(command, dry_run=True))
    if not plan.done:
        tell(context, plan)
        return None
    if not context.asks:
        _show(context, plan, to_stderr=True)
        raise WouldHarm(
            "needs-consent",
            text("Nothing was done: {plan}", plan=plan.words),
            Text(""),
            text("To do it: {option}", option="--yes"),
        )
    _show(context, plan, to_stderr=True)
    if not click.confirm(tr("Do it?"), default=False, err=True):
        return None
    if plan.done + plan.failed > len(plan.outcomes):
        return command
    ids = tuple(one.id for one in plan.outcomes if one.done)
    return msgspec.structs.replace(command, selection=Selection(ids))


def _submit(client: Client, command: ActOnTasks) -> TaskActionReport:
    report = client.submit(command)
    assert isinstance(report, TaskActionReport)  # noqa: S101 - what ActOnTasks answers
    return report


def tell(context: Context, report: TaskActionReport) -> int:
    """Say what came of it; returns the exit code."""
    if context.as_json:
        print_json(action_document(report))
    else:
        _show(context, report)
    if not report.failed:
        return DONE
    return PARTLY if report.done else FAILED


def _show(context: Context, report: TaskActionReport, *, to_stderr: bool = False) -> None:
    stream = sys.stderr if to_stderr else sys.stdout
    write = context.warn if to_stderr else context.say
    color = context.paints(stream)
    shown = report.outcomes if not context.terminal else report.outcomes[:SHOWN_MAX]
    for outcome in shown:
        for line in _lines(outcome, color=color):
            write(line)
    left = report.done + report.failed - len(shown)
    if left > 0:
        write(trn("and {n} more", "and {n} more", left))
    if len(report.outcomes) != 1:
        write(harmless(str(report.words)))


def _lines(outcome: TaskOutcome, *, color: bool) -> list[str]:
    glyph = paint("●", "ok", color=color) if outcome.done else paint("▲", "warn", color=color)
    name = f" {harmless(outcome.name)}" if outcome.name else ""
    lines = [f"{glyph} {harmless(outcome.id)}{name}: {harmless(str(outcome.words))}"]
    if not outcome.done and (outcome.args or outcome.kwargs):
        lines.append(f"    --args {harmless(outcome.args)} --kwargs {harmless(outcome.kwargs)}")
    return lines

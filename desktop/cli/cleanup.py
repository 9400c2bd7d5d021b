"""``cleanup``: what would be stopped and why; with consent it is, and no task is lost."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from desktop.cli import cleanup_report as report
from desktop.cli.arguments import Seconds, WholeNumber
from desktop.cli.cleanup_progress import CleanupView
from desktop.cli.context import Context
from desktop.cli.failure import show_problem
from desktop.cli.group import verb
from desktop.cli.render import print_json, print_table
from desktop.engine.cleanup.plan import chosen
from desktop.engine.cleanup.refusals import no_celery
from desktop.engine.cleanup_documents import (
    cleanup_document,
    cleanup_log_document,
    plan_document,
)
from desktop.engine.client import Client
from desktop.engine.commands import (
    Cleanup,
    CleanupLog,
    CleanupLogReport,
    CleanupPlan,
    CleanupReport,
    Pick,
    PlanCleanup,
    PlanRow,
    RunAgain,
    RunAgainReport,
)
from desktop.engine.documents import run_again_document
from desktop.engine.errors import TrayError, UsageError, WouldHarm
from desktop.engine.states import Owner, PlanAction
from desktop.words import Text, text, tr, trn

DONE, FAILED, LEFT, REFUSED = 0, 1, 4, 5
PID_MAX = 2**31 - 1
LOG_ENTRIES = 200


def _complete_pids(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Workers that were seen last, for a shell."""
    from desktop.cli.look import look

    try:
        _, stack = look(ctx.obj if isinstance(ctx.obj, Context) else Context())
    except TrayError:
        return []
    return [
        CompletionItem(str(row.pid), help=row.node)
        for row in stack.workers
        if row.owner not in {Owner.OURS, Owner.REMOTE} and str(row.pid).startswith(incomplete)
    ]


@verb(
    "cleanup",
    example="celery-tray cleanup --dry-run",
    more=tr(
        "Orphans of this app, and workers that are certainly too many, are chosen by themselves; "
        "what somebody else runs only with --all or --pid. Each is looked at again right before "
        "it is asked to end. Running tasks finish first; what still runs after the patience is "
        "left (exit code 4), with --force it is ended and its tasks are given back."
    ),
)
@click.option("--dry-run", is_flag=True, help=tr("Show what would be done, and do nothing."))
@click.option("--yes", is_flag=True, help=tr("Do it without asking."))
@click.option("--all", "all_", is_flag=True, help=tr("External workers of this app too."))
@click.option(
    "--pid",
    "pids",
    multiple=True,
    type=WholeNumber(1, PID_MAX),
    metavar="PID",
    shell_complete=_complete_pids,
    help=tr("Only this process; may be repeated."),
)
@click.option(
    "--patience",
    type=Seconds(),
    help=tr("How long tasks may take; without it the app's hard time limit."),
)
@click.option("--force", is_flag=True, help=tr("End what still runs after the patience."))
@click.option("--log", is_flag=True, help=tr("Show what cleanups did."))
@click.option("--run-again", is_flag=True, help=tr("Send the lost tasks with these ids again."))
@click.argument("ids", nargs=-1, metavar="[ID]...")
def cleanup(
    context: Context,
    dry_run: bool,
    yes: bool,
    all_: bool,
    pids: tuple[int, ...],
    patience: float | None,
    force: bool,
    log: bool,
    run_again: bool,
    ids: tuple[str, ...],
) -> int:
    if bool(ids) != run_again or (all_ and pids) or (log and run_again) or (dry_run and yes):
        raise contradiction()
    with context.connect() as client:
        if log:
            return _show_log(context, client)
        if run_again:
            return _run_again(context, client, ids)
        answer = client.submit(PlanCleanup(context.project))
        assert isinstance(answer, CleanupPlan)  # noqa: S101 - what PlanCleanup answers
        plan = answer.rows
        rows = chosen(plan, _picks(plan, pids) if pids else None, all_of_app=all_)
        if dry_run:
            _show_plan(context, plan, rows)
            return DONE
        if rows and not yes and not _consents(context, plan, rows):
            return REFUSED
        picks = tuple(Pick(row.worker.pid, row.worker.create_time) for row in rows)
        command = Cleanup(context.project, picks, patience_s=patience, force=force)
        return _tell(context, plan, rows, _submit(context, client, command))


def _picks(plan: tuple[PlanRow, ...], pids: tuple[int, ...]) -> tuple[Pick, ...]:
    """The processes with these pids. Raises :class:`TrayError` for one that is not to be stopped:
    then none is."""
    picks = []
    for pid in pids:
        row = next(
            (r for r in plan if r.worker.pid == pid and r.worker.owner is not Owner.REMOTE), None
        )
        if row is None:
            raise no_celery(pid)
        if row.action is PlanAction.LEAVE:
            raise not_to_be_stopped(row)
        picks.append(Pick(pid, row.worker.create_time))
    return tuple(picks)


def _show_plan(context: Context, plan: tuple[PlanRow, ...], rows: tuple[PlanRow, ...]) -> None:
    if context.as_json:
        print_json(plan_document(plan, rows))
        return
    if not rows:
        context.say(report.nothing(plan))
    else:
        context.say(
            trn("{n} process would be stopped:", "{n} processes would be stopped:", len(rows))
        )
        print_table(context, report.to_stop(rows))
    left = tuple(row for row in plan if row not in rows)
    if left:
        context.say("")
        context.say(tr("Left alone:"))
        print_table(context, report.left_alone(left))


def _consents(context: Context, plan: tuple[PlanRow, ...], rows: tuple[PlanRow, ...]) -> bool:
    """Whether a person agrees, after seeing the plan. Without one the answer is no."""
    if not context.asks:
        if context.as_json:
            print_json(cleanup_document(plan, rows, CleanupReport()))
        else:
            _show_plan(context, plan, rows)
        show_problem(context, needs_consent().problem)
        return False
    _show_plan(context, plan, rows)
    question = trn(
        "Stop {n} process? Its tasks finish first.",
        "Stop {n} processes? Their tasks finish first.",
        len(rows),
    )
    if click.confirm(question, default=False, err=True):
        return True
    context.warn(tr("Nothing was done."))
    return False


def _submit(context: Context, client: Client, command: Cleanup) -> CleanupReport:
    try:
        with CleanupView(context, command.project) as view:
            answer = client.submit(command, view)
    except KeyboardInterrupt:
        context.warn(
            tr(
                "It goes on in the background. See {command}",
                command="celery-tray cleanup --log",
            )
        )
        raise
    assert isinstance(answer, CleanupReport)  # noqa: S101 - what Cleanup answers
    return answer


def _tell(
    context: Context, plan: tuple[PlanRow, ...], rows: tuple[PlanRow, ...], done: CleanupReport
) -> int:
    if context.as_json:
        print_json(cleanup_document(plan, rows, done))
    else:
        if not rows:
            context.say(report.nothing(plan))
        for line in report.result(context, done):
            context.say(line)
    for left in done.left:
        context.warn(report.left_line(left))
    return LEFT if done.left else DONE


def _show_log(context: Context, client: Client) -> int:
    answer = client.submit(CleanupLog(context.project, LOG_ENTRIES))
    assert isinstance(answer, CleanupLogReport)  # noqa: S101 - what CleanupLog answers
    if context.as_json:
        print_json(cleanup_log_document(answer.entries))
    elif answer.entries:
        print_table(context, report.log_table(answer.entries))
    else:
        context.say(tr("No cleanup has done anything yet."))
    return DONE


def _run_again(context: Context, client: Client, ids: tuple[str, ...]) -> int:
    answer = client.submit(RunAgain(context.project, ids))
    assert isinstance(answer, RunAgainReport)  # noqa: S101 - what RunAgain answers
    if context.as_json:
        print_json(run_again_document(answer))
    else:
        for task in answer.sent:
            context.say(report.sent_line(task))
    for failed in answer.failed:
        show_problem(context, failed.problem)
    return FAILED if answer.failed else DONE


# --- words ---------------------------------------------------------------------------------------


def contradiction() -> UsageError:
    return UsageError(
        "contradiction",
        text("These options contradict each other."),
        text("One of each: --dry-run or --yes; --all or --pid; --log or --run-again with its ids."),
        text("See {command}", command="celery-tray cleanup --help"),
    )


def not_to_be_stopped(row: PlanRow) -> WouldHarm:
    return WouldHarm(
        "not-to-be-stopped",
        text("Process {pid} is not stopped from here.", pid=str(row.worker.pid)),
        row.why,
        text("To stop what Celery Tray looks after: celery-tray stop")
        if row.worker.owner is Owner.OURS
        else Text(""),
    )


def needs_consent() -> TrayError:
    return WouldHarm(
        "needs-consent",
        text("Nothing was stopped: nobody could be asked."),
        Text(""),
        text("To do it without a question: celery-tray cleanup --yes"),
    )

"""What went wrong, for people and for programs."""

from __future__ import annotations

import sys

from desktop.cli.context import Context
from desktop.cli.ink import harmless, paint
from desktop.engine.errors import TrayError
from desktop.engine.model import Problem


def problem_lines(problem: Problem, *, color: bool = False, log_lines: int = 8) -> list[str]:
    """What happened, why, and what to do next; the last log lines below."""
    lines = [paint(harmless(str(problem.title)), "fault", color=color)]
    # A message may have several lines: what an app said when it was imported.
    lines += [f"  {harmless(line)}" for line in str(problem.message).splitlines()]
    if str(problem.next_step):
        lines.append(f"  → {harmless(str(problem.next_step))}")
    if log_lines:
        lines += [
            paint(f"  | {harmless(line)}", "off", color=color) for line in problem.log[-log_lines:]
        ]
    return lines


def show_problem(context: Context, problem: Problem) -> None:
    """A problem's words on stderr."""
    context.warn("\n".join(problem_lines(problem, color=context.paints(sys.stderr))))


def show_error(context: Context, error: TrayError) -> None:
    """A failed command's words on stderr, and with --json its document on stdout."""
    show_problem(context, error.problem)
    if context.as_json:
        from desktop.cli.render import print_json
        from desktop.engine.documents import problem_document

        print_json(
            {"error": {**(problem_document(error.problem) or {}), "exit_code": error.exit_code}}
        )

"""Whose a Celery process is, by what started it; each verdict with its evidence in words.

Parent 1 alone makes no orphan: ``celery multi``, ``--detach`` and ``setsid`` give that from birth.
What is not certain is somebody's.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.identify import Kinship, Main
from desktop.engine.census.interpreter import file_name, python_program
from desktop.engine.states import Owner
from desktop.words import Text, text

_SERVICE_MANAGERS = frozenset({"systemd", "launchd", "init"})
_OUR_ENGINE = "desktop.engine"


class Verdict(msgspec.Struct, frozen=True):
    owner: Owner
    started_by: str
    """"celery-tray", "terminal", "launchd", "systemd", "multi", "script" or "unknown"."""
    why: tuple[Text, ...]


def classify(
    main: Main, kinship: Kinship, records: Collection[tuple[int, float]], username: str
) -> Verdict:
    """``records`` are the (pid, create time) of what we started, ``username`` is who we are."""
    facts = main.facts
    ancestors = kinship.ancestors(facts)
    if any(one.is_same(*record) for one in (facts, *ancestors) for record in records):
        return Verdict(Owner.OURS, "celery-tray", (text("Celery Tray started it."),))
    started_by, evidence = _launcher(main, ancestors)
    why = [evidence]
    owner = Owner.EXTERNAL
    if started_by == "unknown":
        reason = _orphaned(main, kinship)
        if reason:
            owner, why = Owner.ORPHAN, [reason]
    if facts.username and facts.username != username:
        why.append(text("It belongs to the user {user}.", user=facts.username))
    if facts.denied:
        why.append(text("Some of its details may not be read."))
    return Verdict(owner, started_by, tuple(why))


def _launcher(main: Main, ancestors: tuple[ProcessFacts, ...]) -> tuple[str, Text]:
    facts = main.facts
    manager = _service_manager(facts)
    engine = next((one for one in ancestors if _OUR_ENGINE in one.argv), None)
    if engine:
        return "celery-tray", text(
            "Another Celery Tray started it (process {pid}).", pid=engine.pid
        )
    if manager:
        return manager, text("{manager} runs it as a service.", manager=manager)
    if main.command.by_multi:
        return "multi", text("celery multi started it.")
    launchers = [one for one in ancestors if one.name not in _SERVICE_MANAGERS]
    if facts.terminal:
        return "terminal", text("It runs in the terminal {terminal}.", terminal=facts.terminal)
    if launchers:
        return "script", text(
            "{name} started it (process {pid}).",
            name=_program(launchers[0]),
            pid=launchers[0].pid,
        )
    return "unknown", text("What started it is unknown.")


def _service_manager(facts: ProcessFacts) -> str:
    # Both variables are inherited by all that a service starts, a desktop's programs included: so
    # only the service's own process counts, or the child of a script that is the service.
    service = facts.environ.get("SYSTEMD_EXEC_PID")
    if service == str(facts.pid) or (service == str(facts.ppid) and not facts.terminal):
        return "systemd"
    if facts.ppid == 1 and facts.environ.get("XPC_SERVICE_NAME", "0") not in {"", "0"}:
        return "launchd"
    return ""


def _orphaned(main: Main, kinship: Kinship) -> Text | None:
    """The evidence that a process is nobody's any more, when that is certain."""
    facts = main.facts
    if main.stray:
        return text("It is a pool process whose worker is gone.")
    if main.command.pidfile:
        return None
    if facts.lost_parent:
        return text("The program that started it ended while it ran, and it has no terminal.")
    if facts.group is None or facts.session is None:
        return None
    # A member of a group whose leader is gone, in a session that is not its group's: the job of a
    # shell, whose first process ended. Daemons are alone in a session of their own.
    deserted = facts.group not in {facts.pid, facts.session} and facts.group not in (
        kinship.processes
    )
    if deserted:
        return text("The program that started it is gone, and it has no terminal.")
    return None


def _program(facts: ProcessFacts) -> str:
    """A name that a person knows a process by: of a script, not of its interpreter."""
    program = python_program(facts.argv)
    if program:
        return program.module or file_name(program.script)
    return facts.name or "".join(facts.argv[:1])

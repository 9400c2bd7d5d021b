"""What started a Celery process, in words: a terminal and whose, an IDE, ssh, cron, a service."""

from __future__ import annotations

import msgspec

from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.hosts import ide_of, is_cron, is_ssh, multiplexer_of, terminal_of
from desktop.engine.census.identify import Main
from desktop.engine.census.interpreter import file_name, python_program
from desktop.engine.census.shells import shell_text
from desktop.engine.model import Keeper
from desktop.words import Text, text

_SERVICE_MANAGERS = frozenset({"systemd", "launchd", "init"})
_MANAGED = {"systemd": "systemd", "systemd-user": "systemd", "launchd": "launchd"}


class Launcher(msgspec.Struct, frozen=True):
    """What started a process."""

    started_by: str
    """"celery-tray", "terminal", "launchd", "systemd", "container", "multi", "script" or
    "unknown"."""
    why: tuple[Text, ...]


def launcher_of(main: Main, ancestors: tuple[ProcessFacts, ...], keeper: Keeper | None) -> Launcher:
    """By its keeper, its terminal and those it descends from, the surest first."""
    facts = main.facts
    kept = _kept(keeper)
    if keeper and keeper.kind == "celery-tray":
        return Launcher("celery-tray", kept)
    if keeper and keeper.kind == "container":
        return Launcher("container", kept)
    if keeper and (manager := _MANAGED.get(keeper.kind)):
        return Launcher(manager, kept)
    if main.command.by_multi:
        return Launcher("multi", (text("celery multi started it."), *kept))
    if facts.terminal:
        return Launcher("terminal", (_terminal(facts, ancestors), *kept))
    launchers = [one for one in ancestors if one.name not in _SERVICE_MANAGERS]
    if not launchers:
        return Launcher("script", kept) if kept else Launcher("unknown", ())
    return Launcher("script", (*(() if kept else (_started(launchers),)), *kept, *_host(launchers)))


def _kept(keeper: Keeper | None) -> tuple[Text, ...]:
    if keeper is None:
        return ()
    if keeper.kind == "celery-tray":
        return (text("Another Celery Tray started it (process {pid}).", pid=keeper.pid),)
    if keeper.kind == "container":
        return (text("It runs in the container {name}.", name=keeper.name),)
    if manager := _MANAGED.get(keeper.kind):
        if keeper.name == manager:
            return (text("{manager} runs it as a service.", manager=manager),)
        return (
            text("{manager} runs it as the service {name}.", manager=manager, name=keeper.name),
        )
    if keeper.kind == "shell-loop":
        return (
            text(
                "A loop in {name} starts it again when it ends (process {pid}).",
                name=keeper.name,
                pid=keeper.pid,
            ),
        )
    if keeper.name != keeper.kind:
        return (
            text(
                "{keeper} runs it as {name} (process {pid}).",
                keeper=keeper.kind,
                name=keeper.name,
                pid=keeper.pid,
            ),
        )
    return (text("{keeper} runs it (process {pid}).", keeper=keeper.kind, pid=keeper.pid),)


def _terminal(facts: ProcessFacts, ancestors: tuple[ProcessFacts, ...]) -> Text:
    for one in ancestors:
        if name := multiplexer_of(one) or ide_of(one) or terminal_of(one):
            return text(
                "It runs in the terminal {terminal} of {program}.",
                terminal=facts.terminal,
                program=name,
            )
        if is_ssh(one):
            return text("It runs in the terminal {terminal}, over ssh.", terminal=facts.terminal)
    return text("It runs in the terminal {terminal}.", terminal=facts.terminal)


def _started(launchers: list[ProcessFacts]) -> Text:
    nearest = launchers[0]
    if name := ide_of(nearest):
        return text("{name} started it (process {pid}).", name=name, pid=nearest.pid)
    if is_cron(nearest):
        return text("cron started it (process {pid}).", pid=nearest.pid)
    if is_ssh(nearest):
        return text("It was started over ssh (process {pid}).", pid=nearest.pid)
    return text("{name} started it (process {pid}).", name=program_name(nearest), pid=nearest.pid)


def _host(launchers: list[ProcessFacts]) -> tuple[Text, ...]:
    """What the nearest launcher runs in, when that says more."""
    for one in launchers[1:]:
        if name := ide_of(one):
            return (text("That runs in {name} (process {pid}).", name=name, pid=one.pid),)
        if is_cron(one):
            return (text("cron started that (process {pid}).", pid=one.pid),)
        if is_ssh(one):
            return (text("That was started over ssh (process {pid}).", pid=one.pid),)
    return ()


def program_name(facts: ProcessFacts) -> str:
    """A name that a person knows a process by: of a script, not of its interpreter."""
    program = python_program(facts.argv)
    if program:
        return program.module or file_name(program.script)
    if script := shell_text(facts.argv)[1]:
        return file_name(script)
    return facts.name or "".join(facts.argv[:1])

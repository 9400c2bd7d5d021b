"""The service that a Celery process is: a unit of systemd, a job of launchd. Pure."""

from __future__ import annotations

from desktop.engine.census.cgroup import unit_of
from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.identify import Kinship
from desktop.engine.census.interpreter import file_name, is_interpreter, python_program
from desktop.engine.census.shells import is_shell, shell_text
from desktop.engine.model import Keeper

_WRAPPERS = frozenset(
    {"env", "nice", "ionice", "chrt", "timeout", "flock", "setpriv", "sudo", "su", "runuser"}
    | {"tini", "dumb-init", "docker-init", "catatonit", "uv", "poetry", "pipenv", "pdm", "hatch"}
    | {"direnv", "stdbuf", "time", "numactl", "dotenv", "doppler", "aws-vault", "chamber"}
    | {"watchfiles", "watchmedo"}
)
"""Programs that only run another, and end with it or stand for it."""
_CARRIERS = frozenset(
    {"cron", "crond", "atd", "ssh", "sshd", "dbus", "dbus-broker", "docker", "containerd", "podman"}
    | {"gdm", "gdm3", "lightdm", "sddm", "display-manager", "gnome-terminal-server", "tmux"}
    | {"screen", "emacs", "jupyter", "code-server", "supervisor", "supervisord", "snapd"}
)
"""Services that carry what people start in them."""


def service_of(
    facts: ProcessFacts, ancestors: tuple[ProcessFacts, ...], kinship: Kinship
) -> Keeper | None:
    """The service that ``facts`` is; None when it is none, or only runs inside one.

    Not one in a terminal: those are people's.
    """
    if facts.terminal:
        return None
    above = tuple(one for one in ancestors if one.name not in {"systemd", "init", "launchd"})
    return _systemd(facts, above, kinship) or _launchd(facts, above)


def only_runs(one: ProcessFacts) -> bool:
    """Whether it is a shell with a text, or another program that only runs the next."""
    if is_shell(one.argv):
        return any(shell_text(one.argv))
    name = file_name(one.argv[0]) if one.argv else one.name
    if is_interpreter(name):
        program = python_program(one.argv)
        name = (program.module or file_name(program.script)) if program else ""
    return name in _WRAPPERS


def _systemd(
    facts: ProcessFacts, above: tuple[ProcessFacts, ...], kinship: Kinship
) -> Keeper | None:
    """A control group and ``SYSTEMD_EXEC_PID`` are inherited by all that a service starts, a
    desktop's programs included. So between the service's first process and the worker only shells
    and wrappers may stand, or a Python program that is the service."""
    unit, users = unit_of(facts.cgroup)
    kind = "systemd-user" if users else "systemd"
    started = facts.environ.get("SYSTEMD_EXEC_PID", "")
    service = int(started) if started.isascii() and started.isdigit() else 0
    chain = (facts, *above)
    pids = [one.pid for one in chain]
    if service in pids:
        between = chain[1 : pids.index(service) + 1]
        return Keeper(kind, unit or "systemd") if all(map(_may_be_service, between)) else None
    if not unit or service in kinship.processes:
        return None  # of a service that runs, but did not start this
    if unit.partition(".")[0].partition("@")[0] in _CARRIERS or unit.startswith("org."):
        return None
    return Keeper(kind, unit) if all(map(_may_be_service, above)) else None


def _launchd(facts: ProcessFacts, above: tuple[ProcessFacts, ...]) -> Keeper | None:
    # What a graphical program starts inherits "application.…" (or "0").
    label = facts.environ.get("XPC_SERVICE_NAME", "0")
    if label in {"", "0"} or label.startswith("application."):
        return None
    return Keeper("launchd", label) if all(map(_may_be_service, above)) else None


def _may_be_service(one: ProcessFacts) -> bool:
    if only_runs(one):
        return True
    program = python_program(one.argv)
    return program is not None and not program.module.startswith("jupyter")

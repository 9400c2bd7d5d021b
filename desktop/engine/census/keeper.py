"""What would start a Celery process again if it ended, or ends with it.

Looked for among the process's ancestors, through shells and programs that only run another, and
the outermost counts: of a watcher that honcho runs, honcho. A container counts before all, because
nothing in it is ours to signal.

Kinds, and what was measured of each on Linux with a worker (prefork, one task of 18 s running;
watchfiles 1.3, watchdog 7.1, honcho 2.0, supervisor 4.3, bash 5.2):

=============  ===========================================  =====================================
kind           the worker ends by itself (or by TERM)       the keeper is sent TERM
=============  ===========================================  =====================================
watchfiles     stays; starts it again at the next change    INT to the worker, KILL 5 s later:
                                                            **the task was lost**
watchmedo      starts it again at once                      INT to its group, KILL 10 s later:
                                                            **lost**
honcho         ends all the others (TERM to their groups;   TERM to all groups, pool processes
               KILL 5 s after the first has ended)          included: **lost within 1 s**
supervisor     exit 0: stays (``autorestart=unexpected``),  TERM, KILL after ``stopwaitsecs``
               starts it again with ``autorestart=true``    (10 s): **lost**
shell-loop     starts it again at once (``until`` only      ends at once, the worker goes on:
               after a failure)                             the task was finished
systemd,       as ``Restart=`` / ``KeepAlive`` says          not to be signalled: ``systemctl
launchd                                                     stop``, ``launchctl bootout``
container      ends the container when it is its first      not to be signalled
               process; the restart policy decides
=============  ===========================================  =====================================

A KILL of watchfiles, watchmedo, honcho, supervisord or the loop's shell leaves the worker and its
task alone in every case: it runs on, takes a warm TERM, and nobody starts it again. For the two
watchers and the loop that loses nothing but the watcher. supervisord and the Procfile runners
look after other programs too: those need a person (``supervisorctl stop NAME``).

The other kinds ("foreman", "overmind", "circus", "pm2", "nodemon", "runit", "s6", "celery-tray"
…) were not measured: ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from desktop.engine.census.cgroup import container_of
from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.identify import Kinship
from desktop.engine.census.interpreter import file_name, python_program
from desktop.engine.census.services import only_runs, service_of
from desktop.engine.census.shells import is_shell, shell_text, starts_again
from desktop.engine.model import Keeper

_PROGRAMS = {
    "watchfiles": "watchfiles",
    "honcho": "honcho",
    "foreman": "foreman",
    "goreman": "goreman",
    "hivemind": "hivemind",
    "overmind": "overmind",
    "supervisord": "supervisor",
    "circusd": "circus",
    "pm2": "pm2",
    "nodemon": "nodemon",
    "entr": "entr",
    "reflex": "reflex",
    "watchexec": "watchexec",
    "runsv": "runit",
    "s6-supervise": "s6",
}
_MODULES = {
    "watchfiles": "watchfiles",
    "watchfiles.cli": "watchfiles",
    "honcho": "honcho",
    "honcho.command": "honcho",
    "supervisor.supervisord": "supervisor",
    "circus.circusd": "circus",
}
_WATCHMEDO = frozenset({"watchmedo", "watchdog.watchmedo"})
_OTHER_INTERPRETERS = frozenset({"ruby", "node", "nodejs"})
_OUR_ENGINE = "desktop.engine"

_OF_ONE = frozenset(
    {"shell-loop", "watchfiles", "watchmedo", "nodemon", "entr", "reflex", "watchexec"}
)
"""Those that run one program, and end with it or may: what keeps them, keeps it."""


class Reader(Protocol):
    """The part of :class:`~desktop.engine.census.surroundings.Surroundings` that is needed."""

    pid_namespace: str
    container: str

    def script(self, shell: ProcessFacts, path: str) -> str: ...


def keeper_of(facts: ProcessFacts, kinship: Kinship, reader: Reader) -> Keeper | None:
    """The keeper of the Celery main ``facts``; None when nobody is seen to be one."""
    if container := _container(facts, reader):
        return Keeper("container", container)
    ancestors = kinship.ancestors(facts)
    for one in ancestors:
        if _OUR_ENGINE in one.argv:
            return Keeper("celery-tray", "Celery Tray", one.pid, one.create_time)
    found = _above(facts, ancestors, kinship, reader)
    if found and found.kind not in _OF_ONE:
        return found
    return service_of(facts, ancestors, kinship) or found


def _above(
    facts: ProcessFacts,
    ancestors: tuple[ProcessFacts, ...],
    kinship: Kinship,
    reader: Reader,
) -> Keeper | None:
    """The outermost keeper before a program that goes on by itself when its child ends."""
    found = None
    below = [facts]
    first = kinship.processes.get(1)
    # In a container that we are in ourselves, a keeper may be process 1.
    for one in (*ancestors, *((first,) if first else ())):
        if kept := _kept_by(one, below, reader):
            kind, name = kept
            if kind == "supervisor":
                name = _program_name(facts) or name
            keeps = one if kind == "shell-loop" else _main_of(one, kinship)
            found = Keeper(kind, name, keeps.pid, keeps.create_time)
            if kind not in _OF_ONE:
                break
        elif not only_runs(one):
            break
        below.append(one)
    return found


def _main_of(one: ProcessFacts, kinship: Kinship) -> ProcessFacts:
    """honcho forks once for each of its programs: only the first of the same program keeps."""
    while (parent := kinship.processes.get(one.ppid)) and parent.argv == one.argv:
        one = parent
    return one


def _container(facts: ProcessFacts, reader: Reader) -> str:
    name = container_of(facts.cgroup)
    if name and name != reader.container:
        return name
    namespace = facts.pid_namespace
    if namespace and reader.pid_namespace and namespace != reader.pid_namespace:
        return name or namespace
    return ""


def _kept_by(
    one: ProcessFacts, below: Iterable[ProcessFacts], reader: Reader
) -> tuple[str, str] | None:
    """Kind and name of the keeper that ``one`` is of what runs ``below`` it."""
    if is_shell(one.argv):
        text, path = shell_text(one.argv)
        text = text or (reader.script(one, path) if path else "")
        if text and starts_again(text, {name for process in below for name in _called(process)}):
            return "shell-loop", file_name(path) or one.name or file_name(one.argv[0])
        return None
    program = python_program(one.argv)
    if program is None:
        # A title says "PM2 v5: God Daemon"; Ruby and Node run scripts of their own.
        first = file_name("".join(one.argv[:1]).partition(" ")[0]) or one.name
        script = one.argv[1:2] if first in _OTHER_INTERPRETERS else ()
        names = (first.lower(), one.name, *map(file_name, script))
        kind = next((_PROGRAMS[name] for name in names if name in _PROGRAMS), "")
        return (kind, kind) if kind else None
    name = program.module or file_name(program.script)
    if name in _WATCHMEDO:
        restarts = {"auto-restart", "tricks", "tricks-from"} & set(program.words)
        return ("watchmedo", "watchmedo") if restarts else None
    kind = _MODULES.get(program.module, "") or _PROGRAMS.get(file_name(program.script), "")
    return (kind, kind) if kind else None


def _called(process: ProcessFacts) -> Iterable[str]:
    """What a shell's text may call a process: its program, or the script that it runs."""
    if process.argv and process.argv[0].startswith("["):
        yield "celery"  # retitled
        return
    program = python_program(process.argv)
    script = program.script if program else shell_text(process.argv)[1]
    if script:
        yield file_name(script)
    if process.argv and (not script or script.endswith((".py", ".sh"))):
        yield file_name(process.argv[0])
    if program and (program.module or script.endswith(".py")):
        yield from (program.module or "python", "python", "python3")


def _program_name(facts: ProcessFacts) -> str:
    """supervisord's name for it, as ``supervisorctl`` takes it."""
    name = facts.environ.get("SUPERVISOR_PROCESS_NAME", "")
    group = facts.environ.get("SUPERVISOR_GROUP_NAME", "")
    return f"{group}:{name}" if group and name and group != name else name

"""When a Celery process is nobody's any more.

It has to have lost its launcher (no ancestor but process 1 or a service manager), to have no
terminal and no keeper. Then, in this order:

1. A pool process or embedded beat whose main is gone is an orphan.
2. What was meant to stay is none: ``celery multi`` made it; its pid file names it; ``nohup``,
   ``setsid`` or a daemon tool was the command that a shell ran (bash and zsh leave its path in
   ``_``), or its streams are as nohup leaves them; all its streams lead to /dev/null, as
   ``--detach`` and daemon libraries make them; somebody left it there by ``ssh host command``.
   All these run for weeks after their terminal has been closed, and should. A variable that we
   have with the same value ourselves proves nothing: both inherited it from further up.
3. An orphan is one whose parent ended while we watched, long after its start.
4. An orphan is one that wrote to a terminal that has been closed, or writes to a pipe that nobody
   reads, also when it leads a session: its launcher can't come back to it. (``celery worker &``
   and ``disown`` in a terminal that was closed are of this kind.)
5. Leaders of their sessions are none: ``setsid`` and services look like that.
6. An orphan is the job of a shell or a script whose first process is gone: a member of a group
   without its leader. When the session is the group's, that may be a daemon which forked twice,
   and the streams have to tell: a daemon's are /dev/null (2). Where streams can't be read, it is
   somebody's.
7. An orphan is a job with a group of its own whose session's leader is gone: a terminal, an ssh
   login or a launcher has ended. Again only if the streams can be read.

The rest is external: what is not certain is somebody's. Nothing here needs to have watched,
except 3: a new engine comes to the same verdict for a job of a terminal, a script or an IDE.
"""

from __future__ import annotations

from typing import Protocol

from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.identify import Kinship, Main
from desktop.engine.census.interpreter import file_name, python_program
from desktop.engine.census.node_name import simple_name
from desktop.engine.census.stdio import Stdio
from desktop.words import Text, text

_STAYS = frozenset({"nohup", "setsid", "daemonize", "daemon", "start-stop-daemon", "systemd-run"})
_OUR_ENGINE = "desktop.engine"


class Reader(Protocol):
    """The part of :class:`~desktop.engine.census.surroundings.Surroundings` that is needed."""

    def stdio(self, pid: int) -> Stdio | None: ...
    def pid_in(self, path: str, folder: str) -> int | None: ...
    def own(self, name: str) -> str: ...


def orphaned(main: Main, kinship: Kinship, reader: Reader) -> Text | None:
    """The evidence that a process without launcher, terminal and keeper is nobody's any more;
    None when that is not certain."""
    if main.stray:
        return text("It is a pool process whose worker is gone.")
    facts = main.facts
    streams = reader.stdio(facts.pid)
    if main.command.by_multi or _meant_to_stay(main, streams, reader):
        return None
    if facts.lost_parent:
        return _left_behind(facts)
    if streams and streams.terminal_gone and facts.session != facts.pid:
        return text("The terminal that it was started in is closed.")
    if streams and streams.unread:
        return text("The program that read its output is gone, and it has no terminal.")
    if facts.group is None or facts.session is None or facts.session == facts.pid:
        return None
    running = kinship.processes
    if facts.group != facts.pid and facts.group not in running:
        if facts.group == facts.session and streams is None:
            return None
        return text("The program that started it is gone, and it has no terminal.")
    if facts.group == facts.pid and facts.session not in running and streams:
        return text("The session that it was started in is over, and it has no terminal.")
    return None


def _meant_to_stay(main: Main, streams: Stdio | None, reader: Reader) -> bool:
    facts = main.facts
    if main.command.pidfile:
        path = simple_name(main.command.pidfile, main.command.node)
        # One that can't be read counts: somebody manages it by that file.
        if reader.pid_in(path, facts.cwd) in {None, facts.pid}:
            return True
    command = facts.environ.get("_", "")
    if file_name(command) in _STAYS and command != reader.own("_"):
        return True
    login = facts.environ.get("SSH_CONNECTION", "")
    if login and "SSH_TTY" not in facts.environ and login != reader.own("SSH_CONNECTION"):
        return True
    if _OUR_ENGINE in facts.lost_to:
        return True  # services outlive the engine that started them, by design
    return bool(streams and (streams.null or streams.kept))


def _left_behind(facts: ProcessFacts) -> Text:
    program = python_program(facts.lost_to)
    name = program.module or file_name(program.script) if program else ""
    name = name or file_name("".join(facts.lost_to[:1])).removeprefix("-")
    if name:
        return text("{name}, which started it, ended while it ran. It has no terminal.", name=name)
    return text("The program that started it ended while it ran, and it has no terminal.")

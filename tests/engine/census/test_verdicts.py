"""Mains, families, launchers and owners, from made-up process tables: what can't be staged."""

from __future__ import annotations

from typing import Any

import pytest

from desktop.engine.census.classify import Ownership, classify
from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.identify import Commands, Kinship, Main, identify
from desktop.engine.census.stdio import Stdio
from desktop.engine.states import Owner

CELERY = ("/v/bin/python", "/v/bin/celery", "-A", "shop", "worker")


def process(pid: int, ppid: int, *argv: str, **more: Any) -> ProcessFacts:
    defaults: dict[str, Any] = {
        "create_time": 1000.0 + pid,
        "detailed": True,
        "cwd": "/srv/shop",
        "username": "me",
        "session": pid,
        "group": pid,
        "exe": "/usr/bin/python3.11",
    }
    return ProcessFacts(pid=pid, ppid=ppid, argv=argv or CELERY, **{**defaults, **more})


INIT = process(1, 0, "/sbin/init", name="systemd")


def table(*processes: ProcessFacts) -> Kinship:
    return Kinship({one.pid: one for one in (INIT, *processes)})


def mains(*processes: ProcessFacts) -> dict[int, Main]:
    return {main.facts.pid: main for main in found(table(*processes))}


def found(kinship: Kinship) -> tuple[Main, ...]:
    return identify(kinship, Commands().among(kinship.processes, "box"))


class Around:
    """What would be read of a process outside of the process table."""

    pid_namespace = "pid:[1]"
    container = ""

    def __init__(
        self,
        streams: Stdio | None = None,
        scripts: dict[str, str] | None = None,
        pidfiles: dict[str, int] | None = None,
        own: dict[str, str] | None = None,
    ) -> None:
        self._own = own or {}
        self._streams = streams
        self._scripts = scripts or {}
        self._pidfiles = pidfiles or {}

    def stdio(self, pid: int) -> Stdio | None:
        return self._streams

    def script(self, shell: ProcessFacts, path: str) -> str:
        return self._scripts.get(path, "")

    def own(self, name: str) -> str:
        return self._own.get(name, "")

    def pid_in(self, path: str, folder: str) -> int | None:
        return self._pidfiles.get(path)


def verdict(pid: int, *processes: ProcessFacts, records: Any = (), around: Any = None) -> Ownership:
    kinship = table(*processes)
    [main] = [main for main in found(kinship) if main.facts.pid == pid]
    return classify(main, kinship, records, "me", around or Around())


def test_forks_with_the_same_command_line_belong_to_their_main() -> None:
    them = mains(
        process(10, 1),
        process(11, 10),
        process(12, 10),
        process(13, 12, "ffmpeg"),
        process(14, 11),
        process(15, 10, "/v/bin/python", "-c", "from billiard.spawn import spawn_main; x"),
        process(16, 10, "/v/bin/python", "-c", "from billiard.semaphore_tracker import main"),
    )
    assert set(them) == {10}
    assert them[10].children == (11, 12, 15)
    assert set(them[10].family) == {11, 12, 13, 14, 15, 16}
    assert them[10].command.pool == "prefork"


def test_titled_children_belong_to_a_main_that_is_not_titled_yet() -> None:
    them = mains(process(10, 1), process(11, 10, "[celeryd:", "a@box:ForkPoolWorker-1]"))
    assert set(them) == {10}
    assert them[10].children == (11,)


def test_another_worker_started_by_a_worker_is_a_main() -> None:
    assert set(mains(process(10, 1), process(11, 10, *CELERY, "-n", "other"))) == {10, 11}


def test_a_launcher_that_detaches_is_no_worker() -> None:
    assert set(mains(process(10, 1, *CELERY, "-D"), process(11, 10))) == {11}


def test_what_no_python_runs_is_no_celery() -> None:
    assert mains(process(10, 1, "celery", "worker", exe="/opt/shells/celery")) == {}
    assert set(mains(process(10, 1, "celery", "worker", exe="", denied=("exe",)))) == {10}


def test_parents_in_a_circle_are_survived() -> None:
    kinship = table(process(10, 11, "a"), process(11, 10, "b"))
    assert kinship.family(10) == (11,)
    assert [one.pid for one in kinship.ancestors(kinship.processes[10])] == [11]


def test_a_record_makes_ours_with_a_margin_for_the_create_time() -> None:
    one = process(10, 1)
    ours = verdict(10, one, records=[(10, one.create_time + 1.2)])
    assert (ours.owner, ours.started_by) == (Owner.OURS, "celery-tray")
    reused = verdict(10, one, records=[(10, one.create_time - 60)])
    assert reused.owner is Owner.EXTERNAL


JOB = {"group": 9, "session": 8}
"""A job of a shell: in a group and a session of others."""


@pytest.mark.parametrize(
    ("facts", "around", "owner", "started_by"),
    [
        (process(10, 1, **JOB), [], Owner.ORPHAN, "unknown"),
        (process(10, 1, **JOB), [process(9, 1, "sh")], Owner.EXTERNAL, "unknown"),
        (
            process(10, 7, **JOB),
            [process(7, 1, "systemd", name="systemd")],
            Owner.ORPHAN,
            "unknown",
        ),
        # setsid and services lead their sessions; daemons are alone in one.
        (process(10, 1), [], Owner.EXTERNAL, "unknown"),
        (process(10, 1, group=9, session=9), [], Owner.EXTERNAL, "unknown"),
        (process(10, 1, group=10, session=8), [], Owner.EXTERNAL, "unknown"),
        (process(10, 1, lost_parent=True), [], Owner.ORPHAN, "unknown"),
        (process(10, 1, *CELERY, "--pidfile=x", **JOB), [], Owner.EXTERNAL, "unknown"),
        (process(10, 1, *CELERY, "--executable=x", **JOB), [], Owner.EXTERNAL, "multi"),
        (process(10, 1, terminal="/dev/pts/1", **JOB), [], Owner.EXTERNAL, "terminal"),
        (process(10, 1, environ={"SYSTEMD_EXEC_PID": "10"}), [], Owner.EXTERNAL, "systemd"),
        (
            process(10, 9, environ={"SYSTEMD_EXEC_PID": "9"}, **JOB),
            [process(9, 1, "bash", "run.sh")],
            Owner.EXTERNAL,
            "systemd",
        ),
        (
            # A desktop's own service starts all that a person starts there.
            process(10, 9, environ={"SYSTEMD_EXEC_PID": "8"}),
            [process(9, 8, "ide"), process(8, 1, "gnome-shell")],
            Owner.EXTERNAL,
            "script",
        ),
        (
            process(10, 9, environ={"SYSTEMD_EXEC_PID": "9"}, terminal="/dev/pts/1"),
            [process(9, 1, "gnome-terminal-server")],
            Owner.EXTERNAL,
            "terminal",
        ),
        (
            process(10, 1, environ={"XPC_SERVICE_NAME": "org.shop.worker"}),
            [],
            Owner.EXTERNAL,
            "launchd",
        ),
        (process(10, 1, environ={"XPC_SERVICE_NAME": "0"}, **JOB), [], Owner.ORPHAN, "unknown"),
        (process(10, 9), [process(9, 1, "supervisord")], Owner.EXTERNAL, "script"),
        (
            process(10, 9),
            [process(9, 1, "/v/bin/python", "-P", "-m", "desktop.engine", "--home", "/x")],
            Owner.EXTERNAL,
            "celery-tray",
        ),
        (
            process(10, 1, "[celeryd:", "a@box:ForkPoolWorker-1]"),
            [],
            Owner.ORPHAN,
            "unknown",
        ),
    ],
)
def test_whose_it_is(
    facts: ProcessFacts, around: list[ProcessFacts], owner: Owner, started_by: str
) -> None:
    found = verdict(10, facts, *around)
    assert (found.owner, found.started_by) == (owner, started_by)
    assert all(str(why) for why in found.why)


def test_another_users_and_what_may_not_be_read_is_said() -> None:
    found = verdict(10, process(10, 1, username="bob", denied=("cwd", "environ")))
    assert [str(why) for why in found.why[1:]] == [
        "It belongs to the user bob.",
        "Some of its details may not be read.",
    ]


def test_a_launcher_has_the_name_of_its_script() -> None:
    def who(*argv: str) -> str:
        return str(verdict(10, process(10, 9), process(9, 1, *argv, name="name")).why[0])

    assert who("python", "/srv/run_all.py", "x") == "run_all.py started it (process 9)."
    assert who("python", "-m", "shop.run", "start") == "shop.run started it (process 9)."
    assert who("bash", "-e", "bin/start.sh") == "start.sh started it (process 9)."
    assert who("python", "-c", "code") == "name started it (process 9)."


ALONE = {"group": 9, "session": 9}
"""Of a launcher with a session of its own that is gone, or a daemon that forked twice."""
TERMINAL = {"group": 10, "session": 8}
"""A job of a terminal's shell that is gone."""
FILES = Stdio()
CLOSED = Stdio(terminal_gone=True)
UNREAD = Stdio(unread=True)
SHELL = process(8, 1, "-bash")
NOHUP = {"_": "/usr/bin/nohup"}


@pytest.mark.parametrize(
    ("facts", "streams", "orphan"),
    [
        (process(10, 1, **ALONE), FILES, True),
        (process(10, 1, **ALONE), Stdio(null=True), False),
        (process(10, 1, **ALONE), None, False),
        (process(10, 1, **TERMINAL), FILES, True),
        (process(10, 1, **TERMINAL), CLOSED, True),
        (process(10, 1, **TERMINAL), Stdio(kept=True), False),
        (process(10, 1, **TERMINAL), None, False),
        (process(10, 1, **TERMINAL, environ=NOHUP), FILES, False),
        (process(10, 1, **TERMINAL, environ={"_": "/v/bin/celery"}), FILES, True),
        (process(10, 1, **JOB), None, True),
        (process(10, 1, **JOB), Stdio(null=True), False),
        # A leader of its session: setsid, a service.
        (process(10, 1), FILES, False),
        (process(10, 1), CLOSED, False),
        (process(10, 1), UNREAD, True),
        (process(10, 1, lost_parent=True), FILES, True),
        (process(10, 1, lost_parent=True), Stdio(null=True), False),
        (process(10, 1, lost_parent=True, environ=NOHUP), FILES, False),
        # An engine of another folder has left; its services go on.
        (process(10, 1, lost_parent=True, lost_to=("py", "-m", "desktop.engine")), FILES, False),
        # ssh host 'celery worker &' is left there on purpose; a login's terminal is not.
        (process(10, 1, **ALONE, environ={"SSH_CONNECTION": "1"}), UNREAD, False),
        (process(10, 1, **TERMINAL, environ={"SSH_CONNECTION": "1", "SSH_TTY": "2"}), CLOSED, True),
        (process(10, 1, *CELERY, "--executable=x", **ALONE), FILES, False),
    ],
)
def test_an_orphan_is_told_without_having_watched(
    facts: ProcessFacts, streams: Stdio | None, orphan: bool
) -> None:
    found = verdict(10, facts, around=Around(streams))
    assert (found.owner is Owner.ORPHAN) is orphan
    assert found.started_by in {"unknown", "multi"}
    assert all(str(why) for why in found.why)


def test_a_job_whose_session_goes_on_is_somebodys() -> None:
    found = verdict(10, process(10, 1, **TERMINAL), SHELL, around=Around(FILES))
    assert found.owner is Owner.EXTERNAL


def test_a_mark_that_we_inherited_ourselves_proves_nothing() -> None:
    one = process(10, 1, **TERMINAL, environ=NOHUP)
    assert verdict(10, one, around=Around(FILES, own=NOHUP)).owner is Owner.ORPHAN


@pytest.mark.parametrize(
    ("pidfiles", "owner"),
    [({"w1.pid": 10}, Owner.EXTERNAL), ({}, Owner.EXTERNAL), ({"w1.pid": 77}, Owner.ORPHAN)],
)
def test_a_pid_file_that_names_it_or_cant_be_read_is_somebodys(
    pidfiles: dict[str, int], owner: Owner
) -> None:
    one = process(10, 1, *CELERY, "-n", "w1@box", "--pidfile=%n.pid", **JOB)
    assert verdict(10, one, around=Around(FILES, pidfiles=pidfiles)).owner is owner


def test_an_orphan_tells_what_it_lost_and_where_it_was_started() -> None:
    one = process(10, 1, lost_parent=True, lost_to=("python", "/srv/run_all.py"))
    assert [str(why) for why in verdict(10, one).why] == [
        "run_all.py, which started it, ended while it ran. It has no terminal.",
        "It was started in /srv/shop.",
    ]

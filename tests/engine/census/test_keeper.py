"""Keepers and launchers that can't be staged here, from made-up process tables."""

from __future__ import annotations

from typing import Any

import pytest

from desktop.engine.census.facts import ProcessFacts
from desktop.engine.model import Keeper
from desktop.engine.states import Owner
from tests.engine.census.test_verdicts import CELERY, Around, process, verdict

ID = "ab12" * 16
UNIT = {"cgroup": "/system.slice/shop.service"}
USERS = {"cgroup": "/user.slice/user-1.slice/user@1.service/app.slice/shop.service"}
Table = list[ProcessFacts]


def kept(*table: ProcessFacts, around: Any = None) -> tuple[str, str, int] | None:
    keeper = verdict(10, *table, around=around).keeper
    return keeper and (keeper.kind, keeper.name, keeper.pid)


def main(ppid: int = 1, **more: Any) -> ProcessFacts:
    return process(10, ppid, **more)


LOOP = ("bash", "-c", "while true; do celery -A shop worker; done")


@pytest.mark.parametrize(
    ("table", "keeper"),
    [
        ([main()], None),
        ([main(9), process(9, 1, "/v/bin/python", "/v/bin/circusd", "c.ini")], ("circus", 9)),
        ([main(9), process(9, 1, "ruby", "/usr/bin/foreman", "start")], ("foreman", 9)),
        ([main(9), process(9, 1, "PM2 v5.3: God Daemon (/root/.pm2)")], ("pm2", 9)),
        ([main(9), process(9, 1, "runsv", "mail")], ("runit", 9)),
        ([main(9), process(9, 1, "python", "-m", "watchfiles", "celery")], ("watchfiles", 9)),
        ([main(9), process(9, 1, "python", "/v/bin/watchmedo", "log")], None),
        ([main(9), process(9, 1, "vim", "/etc/supervisord")], None),
        # Through shells and wrappers, but not through a program that goes on by itself.
        (
            [main(8), process(8, 9, "timeout", "9", *CELERY), process(9, 1, *LOOP)],
            ("shell-loop", 9),
        ),
        ([main(8), process(8, 9, "python", "-m", "pytest"), process(9, 1, *LOOP)], None),
        ([main(8), process(8, 9, "-bash"), process(9, 1, "supervisord")], None),
        ([main(8), process(8, 9, "code"), process(9, 1, "supervisord")], None),
        # What keeps the watcher or the loop, keeps the worker.
        ([main(8), process(8, 9, *LOOP), process(9, 1, "supervisord")], ("supervisor", 9)),
        (
            [
                main(7),
                process(7, 8, "watchfiles", "x"),
                process(8, 9, "sh", "-c", "watchfiles x"),
                process(9, 1, "honcho", "start"),
            ],
            ("honcho", 9),
        ),
        ([main(9), process(9, 8, "supervisord"), process(8, 1, *LOOP)], ("supervisor", 9)),
        # honcho's forks.
        ([main(8), process(8, 9, "honcho"), process(9, 1, "honcho")], ("honcho", 9)),
    ],
)
def test_who_keeps_it(table: Table, keeper: tuple[str, int] | None) -> None:
    found = verdict(10, *table).keeper
    assert (found and (found.kind, found.pid)) == keeper


def test_a_keeper_is_known_by_its_create_time() -> None:
    above = process(9, 1, "supervisord")
    names = {"SUPERVISOR_PROCESS_NAME": "mail_00", "SUPERVISOR_GROUP_NAME": "mail"}
    found = verdict(10, main(9, environ=names), above)
    assert found.keeper == Keeper("supervisor", "mail:mail_00", 9, above.create_time)
    assert [str(why) for why in found.why] == ["supervisor runs it as mail:mail_00 (process 9)."]


def test_a_loop_in_a_script_is_read_from_its_file() -> None:
    table = [main(9), process(9, 1, "sh", "bin/keep.sh")]
    loop = Around(scripts={"bin/keep.sh": "while :; do celery worker; done"})
    assert kept(*table, around=loop) == ("shell-loop", "keep.sh", 9)
    assert kept(*table, around=Around(scripts={"bin/keep.sh": "celery worker"})) is None
    assert kept(*table) is None


@pytest.mark.parametrize(
    ("table", "keeper"),
    [
        ([main(**UNIT)], ("systemd", "shop.service")),
        ([main(**UNIT, environ={"SYSTEMD_EXEC_PID": "10"})], ("systemd", "shop.service")),
        ([main(**USERS, environ={"SYSTEMD_EXEC_PID": "10"})], ("systemd-user", "shop.service")),
        ([main(9, **UNIT), process(9, 1, "sh", "run.sh")], ("systemd", "shop.service")),
        ([main(9, **UNIT), process(9, 1, *LOOP)], ("systemd", "shop.service")),
        # What multi and --detach left in their unit.
        ([main(**UNIT, environ={"SYSTEMD_EXEC_PID": "7"})], ("systemd", "shop.service")),
        # Services that carry what people start.
        ([main(cgroup="/system.slice/cron.service")], None),
        ([main(cgroup="/system.slice/ssh.service")], None),
        ([main(cgroup="/a/user@1.service/app.slice/app-kde-x@1.service")], None),
        ([main(cgroup="/a/user@1.service/session.slice/org.gnome.Shell@x.service")], None),
        ([main(**UNIT, terminal="/dev/pts/2")], None),
        ([main(9, **UNIT), process(9, 1, "sshd", name="sshd")], None),
        ([main(9, **USERS), process(9, 1, "code", name="code")], None),
        (
            [main(**UNIT, environ={"SYSTEMD_EXEC_PID": "7"}), process(7, 1, "jupyterhub")],
            None,
        ),
    ],
)
def test_a_systemd_service_only_when_it_is_really_its(table: Table, keeper: Any) -> None:
    found = verdict(10, *table)
    assert found.owner is Owner.EXTERNAL
    assert (found.keeper and (found.keeper.kind, found.keeper.name)) == keeper
    assert (found.started_by == "systemd") is bool(keeper)


def test_launchd_starts_jobs_and_not_what_a_graphical_program_starts() -> None:
    job = main(environ={"XPC_SERVICE_NAME": "org.shop.worker"})
    assert kept(job) == ("launchd", "org.shop.worker", 0)
    ide = main(environ={"XPC_SERVICE_NAME": "application.com.jetbrains.pycharm.1.2"})
    assert kept(ide) is None


@pytest.mark.parametrize(
    ("facts", "around", "name"),
    [
        (main(cgroup=f"/docker/{ID}"), Around(), ID[:12]),
        (main(pid_namespace="pid:[2]"), Around(), "pid:[2]"),
        (main(pid_namespace="pid:[1]"), Around(), None),
        (main(pid_namespace=""), Around(), None),
    ],
)
def test_a_container_is_told_by_its_control_group_or_its_pids(
    facts: ProcessFacts, around: Around, name: str | None
) -> None:
    found = verdict(10, facts, around=around)
    assert (found.keeper and found.keeper.name) == name
    assert found.owner is Owner.EXTERNAL
    assert found.started_by == ("container" if name else "unknown")


def test_in_our_own_container_process_1_may_keep_it() -> None:
    around = Around()
    around.container = ID[:12]
    inside = main(cgroup=f"/docker/{ID}")
    assert kept(inside, around=around) is None
    first = process(1, 0, "/usr/bin/python3", "/usr/bin/supervisord", "-n")
    assert kept(inside, first, around=around) == ("supervisor", "supervisor", 1)


@pytest.mark.parametrize(
    ("argv", "name", "terminal", "words"),
    [
        (("tmux: server",), "tmux: server", "/dev/pts/1", "the terminal /dev/pts/1 of tmux."),
        (("SCREEN", "-S", "x"), "screen", "/dev/pts/1", "the terminal /dev/pts/1 of screen."),
        (("sshd: me@pts/1",), "sshd", "/dev/pts/1", "the terminal /dev/pts/1, over ssh."),
        (("konsole",), "konsole", "/dev/pts/1", "the terminal /dev/pts/1 of Konsole."),
        (("/opt/code/code",), "code", "/dev/pts/1", "the terminal /dev/pts/1 of VS Code."),
        (("/opt/code/code",), "code", "", "VS Code started it (process 9)."),
        (
            ("/Applications/PyCharm CE.app/Contents/MacOS/pycharm",),
            "pycharm",
            "",
            "PyCharm started it (process 9).",
        ),
        (
            ("java", "-Didea.paths.selector=PyCharmCE2023.1", "com.intellij.idea.Main"),
            "java",
            "",
            "PyCharm started it (process 9).",
        ),
        (("java", "-jar", "x"), "java", "", "java started it (process 9)."),
        (("/usr/sbin/cron", "-f"), "cron", "", "cron started it (process 9)."),
        (("sshd: me@notty",), "sshd", "", "It was started over ssh (process 9)."),
    ],
)
def test_a_launcher_by_the_name_people_know(
    argv: tuple[str, ...], name: str, terminal: str, words: str
) -> None:
    found = verdict(10, main(9, terminal=terminal), process(9, 1, *argv, name=name))
    assert words in str(found.why[0])
    assert found.started_by == ("terminal" if terminal else "script")
    assert found.owner is Owner.EXTERNAL


def test_what_the_launcher_runs_in_is_told_too() -> None:
    shell = process(9, 8, "bash", "run.sh", name="bash")
    ide = process(8, 1, "/snap/pycharm/bin/pycharm.sh", name="pycharm")
    assert [str(why) for why in verdict(10, main(9), shell, ide).why] == [
        "run.sh started it (process 9).",
        "That runs in PyCharm (process 8).",
    ]

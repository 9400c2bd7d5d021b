"""The process table read incrementally, on real processes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from desktop.engine.census.scan import ENVIRON, ENVIRON_PREFIX, SLICES, Scan

Start = Callable[..., subprocess.Popen[bytes]]
HOLD = "import sys, time; print(flush=True); time.sleep(300)"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a program and returns when it runs."""
    children = []

    def begin(*argv: str, **how: object) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            argv, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **how
        )  # type: ignore[call-overload]
        assert child.stdout
        child.stdout.readline()
        children.append(child)
        return child

    yield begin
    for child in children:
        child.kill()
        child.communicate()


def hold(mark: str) -> tuple[str, ...]:
    return (sys.executable, "-c", HOLD, mark)


def matters(argv: tuple[str, ...]) -> bool:
    return "wanted" in argv


def test_what_matters_is_read_in_full_and_the_rest_in_outline(start: Start, tmp_path: Path) -> None:
    env = {**os.environ, "CELERY_APP": "shop", "OTHER": "x"}
    wanted, plain = start(*hold("wanted"), env=env), start(*hold("plain"))
    found = Scan(matters).look()

    facts = found[wanted.pid]
    assert facts.argv == hold("wanted")
    assert facts.is_same(wanted.pid, psutil.Process(wanted.pid).create_time())
    assert (facts.ppid, facts.cwd, facts.detailed) == (os.getpid(), str(tmp_path), True)
    assert facts.environ == {
        name: value
        for name, value in env.items()
        if name.startswith(ENVIRON_PREFIX) or name in ENVIRON
    }
    assert facts.exe == str(Path(sys.executable).resolve())
    assert (facts.session, facts.group) == (os.getsid(0), os.getpgid(0))
    assert facts.denied == ()
    assert not found[plain.pid].detailed
    assert found[plain.pid].cwd == ""


def test_what_has_ended_is_gone_and_what_is_new_is_found(start: Start) -> None:
    scan = Scan(matters)
    first = start(*hold("wanted"))
    assert first.pid in scan.look()
    second = start(*hold("wanted"))
    first.kill()
    # Not waited for yet: it is a zombie, which is no running process either.
    os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)
    found = scan.look()
    assert first.pid not in found
    assert found[second.pid].detailed
    first.wait()
    assert first.pid not in scan.look()


def test_only_what_is_new_or_matters_is_read_again(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, plain = start(*hold("wanted")), start(*hold("plain"))
    scan = Scan(matters, settled_after_s=-1.0)
    scan.look()
    read: list[int] = []
    cmdline = psutil.Process.cmdline
    monkeypatch.setattr(
        psutil.Process, "cmdline", lambda self: [read.append(self.pid), cmdline(self)][1]
    )
    new = start(*hold("new"))
    for _ in range(SLICES):
        scan.look()
    assert read.count(wanted.pid) == SLICES
    assert read.count(plain.pid) == 1, "verified once a round: its pid could be another's now"
    assert 1 <= read.count(new.pid) <= 2


def test_a_shell_that_becomes_the_program_is_noticed(start: Start) -> None:
    words = " ".join(f"'{word}'" for word in hold("wanted"))
    shell = start("bash", "-c", f"echo; read; exec {words}")
    scan = Scan(matters)
    assert not scan.look()[shell.pid].detailed
    assert shell.stdin
    assert shell.stdout
    shell.stdin.write(b"\n")
    shell.stdin.flush()
    shell.stdout.readline()
    assert scan.look()[shell.pid].detailed


def test_a_process_whose_environment_is_wiped_keeps_what_was_read(
    start: Start, titles: Path
) -> None:
    code = (
        "import sys, time; print(flush=True); sys.stdin.readline();"
        "import setproctitle; setproctitle.setproctitle('another title');"
        "print(flush=True); time.sleep(300)"
    )
    env = {**os.environ, "CELERY_APP": "shop", "PYTHONPATH": str(titles)}
    child = start(sys.executable, "-c", code, "wanted", env=env)
    scan = Scan(matters)
    assert scan.look()[child.pid].environ["CELERY_APP"] == "shop"
    assert child.stdin
    assert child.stdout
    child.stdin.write(b"\n")
    child.stdin.flush()
    child.stdout.readline()
    facts = scan.look()[child.pid]
    assert " ".join(facts.argv).strip() == "another title"
    assert facts.environ["CELERY_APP"] == "shop"
    assert "CELERY_APP" not in Scan(lambda argv: True).look()[child.pid].environ


def test_a_terminal_opened_after_the_first_pass_is_seen(start: Start) -> None:
    scan = Scan(matters)
    scan.look()
    holder, terminal = pty.openpty()
    code = "import fcntl, sys, termios; fcntl.ioctl(int(sys.argv[2]), termios.TIOCSCTTY, 0);" + HOLD
    child = start(
        *(sys.executable, "-c", code, "wanted", str(terminal)),
        pass_fds=(terminal,),
        start_new_session=True,
    )
    assert scan.look()[child.pid].terminal == os.ttyname(terminal)
    os.close(holder)
    os.close(terminal)


def test_a_parent_that_ends_while_we_watch_is_a_fact(start: Start) -> None:
    code = (
        "import subprocess, sys;"
        f"child = subprocess.Popen([sys.executable, '-c', {HOLD!r}, 'wanted']);"
        "child.wait()"
    )
    parent = start(sys.executable, "-c", code)
    scan = Scan(matters, settled_after_s=-1.0)
    [facts] = [one for one in scan.look().values() if one.ppid == parent.pid]
    assert not facts.lost_parent
    parent.kill()
    parent.wait()
    now = scan.look()[facts.pid]
    assert now.lost_parent
    assert now.ppid != parent.pid
    psutil.Process(facts.pid).kill()


def test_denied_access_is_a_fact(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    child = start(*hold("wanted"))

    def denied(self: psutil.Process) -> None:
        raise psutil.AccessDenied(self.pid)

    for field in ("cwd", "environ", "exe"):
        monkeypatch.setattr(psutil.Process, field, denied)
    facts = Scan(matters).look()[child.pid]
    assert (facts.cwd, facts.environ, facts.exe) == ("", {}, "")
    assert set(facts.denied) == {"cwd", "environ", "exe"}
    monkeypatch.setattr(psutil.Process, "cmdline", denied)
    facts = Scan(matters).look()[child.pid]
    assert (facts.argv, facts.denied) == ((), ("argv",))


def test_a_pid_that_is_another_process_now_is_read_anew(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = start(*hold("wanted"))
    scan = Scan(matters)
    scan.look()
    monkeypatch.setattr(psutil.Process, "is_running", lambda self: self.pid != child.pid)
    monkeypatch.setattr(psutil.Process, "cmdline", lambda self: ["other"])
    facts = scan.look()[child.pid]
    assert (facts.argv, facts.detailed) == (("other",), False)


def test_memory_is_summed_over_what_still_runs(start: Start) -> None:
    one, other = start(*hold("wanted")), start(*hold("plain"))
    scan = Scan(matters)
    scan.look()
    alone = scan.rss_bytes([one.pid])
    both = scan.rss_bytes([one.pid, other.pid])
    assert alone
    assert both
    assert both > alone > 1_000_000
    one.kill()
    one.wait()
    assert scan.rss_bytes([one.pid]) is None

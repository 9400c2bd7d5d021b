"""Why a service ended, from what real programs write."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.engine.exits import explain, shown
from desktop.engine.model import Problem, ServiceSpec, StaysAlive
from desktop.engine.states import ServiceKind
from tests.ports import free_port

SPEC = ServiceSpec("web", ServiceKind.COMMAND, (), "", StaysAlive())


def ended(code: int | None, *lines: str, quick: bool = True) -> Problem:
    return explain(SPEC, code=code, ran_for_s=0.1, quick=quick, log_tail=lines)


def run(*argv: str, cwd: Path | None = None, **environment: str) -> Problem:
    """How a real program ends."""
    done = subprocess.run(
        argv,
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=30,
        check=False,
    )
    return ended(done.returncode, *done.stdout.splitlines())


def python(script: str) -> Problem:
    return run(sys.executable, "-c", script)


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ("import pandas_of_nobody.frame", "module-missing", "pandas_of_nobody"),
        ("from os import nothing_there", "import-failed", "nothing_there"),
        ("def broken(:", "syntax-error", "mistake"),
        ("raise MemoryError", "out-of-memory", "memory"),
        ("open('/proc/1/mem', 'w').write('x'); raise PermissionError(13, 'Permission denied')",
         "permission-denied", "permission"),
        ("raise OSError(28, 'No space left on device')", "disk-full", "disk"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed", "killed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "segfault", "compiled"),
        ("import os; os.abort()", "aborted", "abort"),
        ("raise SystemExit(7)", "ended", "exit code 7"),
    ],
)  # fmt: skip
def test_a_python_program(script: str, code: str, words: str) -> None:
    problem = python(script)
    assert problem.code == code and words in str(problem.message)
    assert str(problem.next_step)


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert run("redis-server", "--port", str(port)).code == "address-in-use"
        problem = python(f"import socket; socket.create_server(('127.0.0.1', {port}))")
    assert problem.code == "address-in-use" and "web" in str(problem.next_step)


def test_a_configuration_that_redis_does_not_understand() -> None:
    assert run("redis-server", "--colour", "red").code == "config-refused"


def test_an_app_that_celery_can_not_load(tmp_path: Path) -> None:
    celery = (sys.executable, "-m", "celery", "-A")
    problem = run(*celery, "nowhere", "worker", cwd=tmp_path)
    assert problem.code == "app-missing"
    (tmp_path / "shop.py").write_text("import module_of_nobody\n")
    problem = run(*celery, "shop", "worker", cwd=tmp_path)
    assert problem.code == "module-missing" and "module_of_nobody" in str(problem.message)


def test_a_broker_that_refuses(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "from celery import Celery\n"
        f"app = Celery('shop', broker='redis://:geheim@127.0.0.1:{free_port()}/0')\n"
        "app.conf.broker_connection_retry_on_startup = False\n"
        "app.conf.broker_transport_options = {'max_retries': 0, 'retry_policy': None}\n"
    )
    send = "import shop; shop.app.send_task('x', retry=False)"
    problem = run(sys.executable, "-c", send, cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert problem.code == "broker-refused" and "geheim" not in str(problem)


def test_a_broker_of_an_unknown_kind() -> None:
    problem = python("import kombu; kombu.Connection('unix:///run/r.sock').connect()")
    assert problem.code == "broker-unknown" and "unix" in str(problem.message)


def test_programs_of_a_shell() -> None:
    assert run("sh", "-c", "program-of-nobody").code == "command-missing"
    assert run("sh", "-c", "/etc/passwd").code in {"not-executable", "permission-denied"}
    assert run("sh", "-c", f"{sys.executable} -c 'raise SystemExit(137)'").code == "killed"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('npm error Missing script: "dev"', "script-missing"),
        ("npm ERR! missing script: dev", "script-missing"),
        ("Error: listen EADDRINUSE: address already in use :::8000", "address-in-use"),
        ("# Can't open the append-only file: Permission denied", "aof-unreadable"),
        ("redis.exceptions.ReadOnlyError: You can't write against a read only replica.",
         "redis-replica"),
        ("redis.exceptions.OutOfMemoryError: command not allowed when used memory > 'maxmemory'.",
         "redis-memory"),
        ("redis.exceptions.ResponseError: MISCONF Redis is configured to save RDB", "redis-disk"),
        ("ValueError: 'master_name' transport option must be specified.", "master-name"),
        ("redis.exceptions.AuthenticationError: invalid username-password pair",
         "broker-password"),
        ("sqlalchemy.exc.OperationalError: no such table", "ended"),
    ],
)  # fmt: skip
def test_what_programs_write(line: str, code: str) -> None:
    problem = ended(1, "starting", line, "bye")
    assert problem.code == code
    assert "{" not in f"{problem.title}{problem.message}{problem.next_step}"


def test_a_fork_that_macos_forbids_is_told_in_spite_of_its_signal() -> None:
    line = (
        "objc[123]: +[__NSCFConstantString initialize] may have been in progress in another"
        " thread when fork() was called."
    )
    assert "OBJC_DISABLE" in str(ended(-signal.SIGABRT, line).next_step)


def test_a_signal_is_not_explained_by_an_older_error() -> None:
    assert ended(-signal.SIGKILL, "ModuleNotFoundError: No module named 'old'").code == "killed"
    assert "SIGTERM" in str(ended(-signal.SIGTERM, "Permission denied").message)


def test_an_end_without_error_is_not_explained_by_an_older_one() -> None:
    assert "exit code 0" in str(ended(0, "Cannot connect to redis://h").message)


def test_the_end_of_an_adopted_process_is_not_known() -> None:
    assert "not known" in str(ended(None).message)
    assert ended(None, "OSError: [Errno 28] No space left on device").code == "disk-full"


def test_too_quickly_and_after_running_are_told_apart() -> None:
    assert "too quickly" in str(ended(1).title)
    assert "after running" in str(ended(1, quick=False).title)


def test_lines_are_fit_to_be_shown() -> None:
    hostile = "\x1b[31mred\x1b[0m\x07 \u202eredis://:geheim@h/0 \x1b]0;title\x07 工人 \tend\r"
    assert shown(hostile) == "red redis://***@h/0  工人 \tend"
    assert ended(1, hostile).log == (shown(hostile),)

"""What the disk and other programs may do to us: words, a next step, an exit code, nothing lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.paths import stack_id
from tests.cli.conftest import COMMAND, Cli
from tests.live.conftest import Stack, until


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 1 MB, where one may be mounted; fills it up."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> None:
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass


def one_clear_problem(err: str, *words: str) -> None:
    for word in words:
        assert word in err, err
    assert "Traceback" not in err
    assert "Errno" not in err


def test_a_log_folder_that_is_a_file(on_stack: Cli, stack: Stack) -> None:
    folder = stack.home.stack(stack_id(stack.folder))
    folder.make()
    folder.logs.rmdir()
    folder.logs.write_text("not a folder")
    done = on_stack("start")
    assert done.code == 1
    one_clear_problem(done.err, str(folder.logs), "folder that you may write to")
    assert folder.logs.read_text() == "not a folder"
    folder.logs.unlink()
    assert on_stack("start", "redis").code == 0


def test_a_log_file_that_is_a_folder(on_stack: Cli, stack: Stack) -> None:
    folder = stack.home.stack(stack_id(stack.folder))
    folder.make()
    log = folder.log("redis")
    log.mkdir()
    done = on_stack("start", "redis")
    assert done.code == 1
    one_clear_problem(done.err, "redis can't be started.", str(log))


def test_a_corrupt_lock_is_no_hindrance(on_stack: Cli, stack: Stack) -> None:
    stack.home.make()
    for path in (stack.home.root / "engine.lock", stack.home.socket):
        path.write_bytes(b"\xff\x00 nonsense \xfe")
    assert on_stack("start", "redis").code == 0
    assert stack.service("redis").pid


def test_a_corrupt_record_is_told_and_nothing_is_lost(on_stack: Cli, stack: Stack) -> None:
    stack.start("redis")
    before = stack.service("redis")
    os.kill(stack.engine_pid(), signal.SIGKILL)
    (record,) = stack.home.stack(stack_id(stack.folder)).records.glob("*.json")
    record.write_bytes(record.read_bytes()[:40])
    until(lambda: on_stack("status", "--json").document["engine"] is None)
    told = on_stack("start", "redis", "--json")
    assert told.code == 0, told.err
    status = on_stack("status", "--json").document
    (redis,) = (one for one in status["services"] if one["name"] == "redis")
    assert redis["state"] == "external", "it answers, and no record says that it is ours"
    (finding,) = (one for one in status["findings"] if one["id"] == "record-broken")
    assert ".broken-" in finding["detail"]
    os.kill(before.pid or 0, signal.SIGTERM)


def test_a_record_of_another_boot_only_goes(on_stack: Cli, stack: Stack) -> None:
    stack.start("redis")
    redis = stack.service("redis").pid
    os.kill(stack.engine_pid(), signal.SIGKILL)
    (record,) = stack.home.stack(stack_id(stack.folder)).records.glob("*.json")
    words = record.read_text()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert boot in words
    record.write_text(words.replace(boot, "another-boot"))
    until(lambda: on_stack("status", "--json").document["engine"] is None)
    assert on_stack("stop", "--json").document["stopped"] == []
    assert redis and Path(f"/proc/{redis}").exists(), "it is not known to be ours"
    os.kill(redis, signal.SIGTERM)


def test_a_full_disk_starts_nothing_and_says_so(
    on_stack: Cli, stack: Stack, full_disk: Path
) -> None:
    fill(full_disk)
    done = on_stack("start", "--home", str(full_disk / "home"))
    assert done.code == 1
    one_clear_problem(done.err, "No space left on device", str(full_disk))
    assert on_stack("status", "--home", str(full_disk / "home"), "--json").code == 3


def test_a_disk_that_fills_up_while_things_run_loses_nothing(
    on_stack: Cli, stack: Stack, full_disk: Path
) -> None:
    home = ("--home", str(full_disk / "home"))
    assert on_stack("start", "redis", *home).code == 0
    redis = on_stack("status", "--json", *home).document["services"][0]["pid"]
    fill(full_disk)
    refused = on_stack("start", "worker1", "--json", *home)
    assert refused.code in {1, 4}, refused.out
    one_clear_problem(refused.err, "No space left on device")
    assert on_stack("status", "--json", *home).document["services"][0]["pid"] == redis
    (full_disk / "filler").unlink()
    assert on_stack("start", "worker1", *home).code == 0
    assert on_stack("stop", *home).code == 0


def test_a_port_held_by_somebody_is_named_before_anything_starts(
    on_stack: Cli, stack: Stack
) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", stack.web_port))
        held.listen()
        done = on_stack("start", "web", "--json")
        assert done.code == 4
        one_clear_problem(done.err, f"Port {stack.web_port} is taken.", f"pid {os.getpid()}")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[monitor]\nport = 70000", ("port", "65535")),
        ("[monitor]\nprot = 8001", ("prot", "port")),
        ('[monitor]\nport = "8001"', ("port", "whole number")),
        ("[monitor\nport = 1", ("line 2",)),
    ],
)
def test_a_broken_configuration_starts_nothing(cli: Cli, line: str, words: tuple[str, ...]) -> None:
    (cli.folder / "celery-tray.toml").write_text(f'app = "web.celery_app"\n{line}\n')
    done = cli("start", "--json")
    assert done.code == 2
    one_clear_problem(done.err, "celery-tray.toml", *words)
    assert done.document["error"]["title"]
    assert cli("status", "--json").code == 2


def test_a_mistake_that_was_corrected_was_told_instead_of_the_next_one(
    on_stack: Cli, stack: Stack
) -> None:
    file = on_stack.folder / "celery-tray.toml"
    whole = file.read_text()
    for mistake in ("first", "second"):
        file.write_text(f"{mistake} = 1\n{whole}")
        for _ in range(2):
            assert on_stack("start").code == 2
        done = on_stack("status")
        assert done.code == 2
        one_clear_problem(done.err, mistake)
    file.write_text(whole)
    assert on_stack("status").code == 3


@pytest.mark.parametrize("command", ["status", "status --json", "start redis", "logs"])
def test_streams_that_are_closed_or_full(stack: Stack, command: str) -> None:
    stack.start("redis")
    where = ("--home", str(stack.home.root), "--project", stack.project)
    program = [*COMMAND, *command.split(), *where]
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *program], timeout=60, check=False
    )
    assert closed.returncode == (4 if "status" in command else 0)
    with Path("/dev/full").open("w") as disk:
        full = subprocess.run(
            program, timeout=60, check=False, stdout=disk, stderr=subprocess.PIPE, text=True
        )
    assert full.returncode == 1
    one_clear_problem(full.stderr, "No space left on device", "Free the disk")

"""A server of our own: starts, answers, keeps its data, and is private."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import redis

from desktop.engine import redis_server
from desktop.engine.errors import ServiceError
from desktop.engine.exits import explain
from desktop.engine.model import RedisPing, ServiceSpec
from desktop.engine.redis_problems import check
from desktop.engine.redis_server import find_server, server_command
from desktop.engine.states import ServiceKind
from tests.engine.conftest import wait_until
from tests.engine.redis_servers import Servers, answers
from tests.ports import free_port

HOSTILE = "a \"b\" 'c' \\ #\n\trequirepass x\r é 🔑 @:/?%"


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    made = Servers(tmp_path)
    yield made
    made.end()


@pytest.fixture(params=["redis-server", "bundled"])
def program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    kind = str(request.param)
    monkeypatch.setenv(redis_server.OVERRIDE, "bundled" if kind == "bundled" else "")
    return kind


def started(servers: Servers, url: str, data: Path) -> redis.Redis:
    """Starts the server for ``url`` and waits until it answers there."""
    servers.spawn(*server_command(url, data).argv)
    client = redis.Redis.from_url(url.replace("redis+socket", "unix"))
    wait_until(lambda: answers(client))
    return client


async def test_it_starts_answers_and_keeps_its_data(
    servers: Servers, tmp_path: Path, program: str
) -> None:
    url, data = f"redis://127.0.0.1:{free_port()}/20", tmp_path / "data"
    assert server_command(url, data).origin == program
    client = started(servers, url, data)
    assert (await check(url)).answers
    client.lpush("celery", "task")
    client.shutdown(nosave=True)
    again = started(servers, url, data)
    assert again.lrange("celery", 0, -1) == [b"task"]
    assert again.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_killed_server_starts_again_from_a_file_cut_short(
    servers: Servers, tmp_path: Path
) -> None:
    url, data = f"redis://127.0.0.1:{free_port()}/0", tmp_path / "data"
    process = servers.spawn(*server_command(url, data).argv)
    client = redis.Redis.from_url(url)
    wait_until(lambda: answers(client))
    client.lpush("celery", "first")
    wait_until(lambda: client.info()["aof_pending_bio_fsync"] == 0)
    client.lpush("celery", "second")
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    newest = max((data / "appendonlydir").glob("*.incr.aof"))
    os.truncate(newest, newest.stat().st_size - 5)
    assert started(servers, url, data).lrange("celery", 0, -1) == [b"first"]


def test_it_is_private(servers: Servers, tmp_path: Path, program: str) -> None:
    url, data = f"redis://0.0.0.0:{free_port()}/0", tmp_path / "data"
    client = started(servers, url.replace("0.0.0.0", "127.0.0.1"), data)
    assert client.config_get("bind") == {"bind": "127.0.0.1"}
    assert client.config_get("protected-mode") == {"protected-mode": "yes"}
    server_command(url, data)
    assert "bind 127.0.0.1\n" in (data / "redis.conf").read_text()
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "redis.conf").stat().st_mode) == 0o600


@pytest.mark.parametrize("user", ["", "default", "anna"])
async def test_any_password_is_taken_whole(
    servers: Servers, tmp_path: Path, program: str, user: str
) -> None:
    url = f"redis://{user}:{quote(HOSTILE, safe='')}@127.0.0.1:{free_port()}/0"
    started(servers, url, tmp_path / "data")
    assert (await check(url)).answers
    other = await check(url.replace(quote(HOSTILE, safe=""), "other"))
    assert other.problem and other.problem.code == "redis-password-wrong"
    bare = await check("redis://" + url.partition("@")[2])
    assert bare.problem and bare.problem.code == "redis-password-needed"


async def test_a_socket_of_this_user_alone(servers: Servers, tmp_path: Path, program: str) -> None:
    path = tmp_path / "a b.sock"
    url = f"redis+socket://{tmp_path}/a%20b.sock"
    client = started(servers, url, tmp_path / "data")
    assert (await check(url)).answers
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert client.config_get("port") == {"port": "0"}


@pytest.mark.parametrize("host", ["localhost", "[::1]"])
async def test_names_of_this_machine(servers: Servers, tmp_path: Path, host: str) -> None:
    url = f"redis://{host}:{free_port()}/0"
    started(servers, url, tmp_path / "data")
    assert (await check(url)).answers


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("redis://db.example:6379/0", "redis-remote"),
        ("sentinel://127.0.0.1:26379", "redis-remote"),
        ("rediss://127.0.0.1:6379/0", "redis-tls-start"),
    ],
)
def test_what_is_not_ours_to_start(tmp_path: Path, url: str, code: str) -> None:
    with pytest.raises(ServiceError) as refusal:
        server_command(url, tmp_path)
    assert refusal.value.problem.code == code


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ServiceError) as refusal:
        server_command("redis://127.0.0.1:1/0", tmp_path / "data")
    assert refusal.value.problem.code == "redis-folder"


@pytest.mark.parametrize(
    ("said", "used"), [("v=6.0.16", False), ("v=6.2.0", True), ("v=10.1.0", True), ("", False)]
)
def test_a_server_that_is_too_old_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, used: bool
) -> None:
    program = tmp_path / "redis-server"
    program.write_text(f"#!/bin/sh\necho 'Redis server {said} sha=0'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(redis_server, "FOLDERS", ())
    monkeypatch.delenv(redis_server.OVERRIDE, raising=False)
    assert (find_server()[0] == str(program)) is used


def test_a_damaged_file_of_data_is_told(servers: Servers, tmp_path: Path) -> None:
    import subprocess

    url, data = f"redis://127.0.0.1:{free_port()}/0", tmp_path / "data"
    client = started(servers, url, data)
    client.lpush("celery", "task")
    client.shutdown(nosave=True)
    newest = max((data / "appendonlydir").glob("*.incr.aof"))
    newest.write_bytes(b"nonsense\r\n" + newest.read_bytes())
    ended = subprocess.run(
        server_command(url, data).argv, capture_output=True, text=True, timeout=20, check=False
    )
    spec = ServiceSpec("redis", ServiceKind.REDIS, (), "", RedisPing(url))
    problem = explain(
        spec,
        code=ended.returncode,
        ran_for_s=0.1,
        quick=True,
        log_tail=tuple(ended.stdout.splitlines()),
    )
    assert problem.code == "aof-corrupt" and "redis-check-aof" in str(problem.next_step)

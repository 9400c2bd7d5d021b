"""Each reason why a Redis can't be used, from real servers: its own words, its next step."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import redis
import trustme

from desktop.engine import ports
from desktop.engine.redis_problems import RedisCheck, check, loaded
from tests.engine.conftest import wait_until
from tests.engine.redis_servers import Servers, answers, listener
from tests.ports import free_port

REMOTE = "[::ffff:127.0.0.1]"
"""An address that counts as another machine's, and leads back to this one."""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    made = Servers(tmp_path)
    yield made
    made.end()


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    return tmp_path


def encrypted(servers: Servers, folder: Path, clients: str = "no") -> int:
    port = free_port()
    place = folder / f"tls-{port}"
    place.mkdir()
    tls = [f"tls-port {port}", f"tls-cert-file {folder}/cert.pem", f"tls-auth-clients {clients}"]
    tls += [f"tls-key-file {folder}/key.pem", f"tls-ca-cert-file {folder}/ca.pem"]
    servers.run(place, ["port 0", "save ''", f"dir {place}", *tls])
    wait_until(lambda: not ports.is_free(port))
    return port


def refused(found: RedisCheck, code: str) -> tuple[str, str]:
    """What is said and what is to be done, after checking that all of it is there."""
    assert not found.answers and not found.startable
    problem = found.problem
    assert problem is not None and problem.code == code
    words = [str(one) for one in (problem.title, problem.message, problem.next_step)]
    assert all(words) and not re.search(r"[{}]", "".join(words))
    return " ".join(words[:2]), words[2]


async def test_a_redis_that_answers_is_told_with_its_place_and_version(servers: Servers) -> None:
    port = servers.start()
    found = await check(f"redis://127.0.0.1:{port}/3")
    assert found.answers and found.problem is None
    assert re.fullmatch(rf"127\.0\.0\.1:{port} · \d+\.\d+\.\d+", str(found.detail))


async def test_a_look_changes_nothing_in_the_server(servers: Servers) -> None:
    port = servers.start("appendonly yes")
    client = redis.Redis(port=port)
    before = client.info()["rdb_changes_since_last_save"]
    await check(f"redis://127.0.0.1:{port}/0")
    assert client.info()["rdb_changes_since_last_save"] == before
    assert client.dbsize() == 0
    seen = {name for name in client.info("commandstats") if name.startswith("cmdstat_")}
    assert seen <= {
        "cmdstat_" + name
        for name in ("ping", "info", "config|get", "client|setinfo", "dbsize", "select", "hello")
    } | {"cmdstat_client|maint_notifications"}


# --- passwords and permissions -------------------------------------------------------------------


async def test_a_missing_password_is_asked_for(servers: Servers) -> None:
    port = servers.start("requirepass geheim")
    said, step = refused(await check(f"redis://127.0.0.1:{port}/0"), "redis-password-needed")
    assert "wants a password" in said and "redis://:PASSWORD@" in step


@pytest.mark.parametrize("login", [":falsch", "nobody:falsch"])
async def test_a_wrong_password_is_told_and_not_shown(servers: Servers, login: str) -> None:
    port = servers.start("requirepass geheim")
    found = await check(f"redis://{login}@127.0.0.1:{port}/0")
    said, step = refused(found, "redis-password-wrong")
    assert login.partition(":")[0] in said and "%40" in step
    assert "falsch" not in str(found)


async def test_the_right_password_answers(servers: Servers) -> None:
    port = servers.start('requirepass "a b@/:"')
    assert (await check(f"redis://:a%20b%40%2F%3A@127.0.0.1:{port}/0")).answers


async def test_a_password_that_nobody_set_is_told(servers: Servers) -> None:
    port = servers.start()
    found = await check(f"redis://:geheim@127.0.0.1:{port}/0")
    said, step = refused(found, "redis-password-not-set")
    assert "has no password" in said and "Take the password out" in step


async def test_a_user_without_permission_is_named(servers: Servers) -> None:
    port = servers.start("user anna on >geheim ~* -@all +select")
    found = await check(f"redis://anna:geheim@127.0.0.1:{port}/1")
    said, step = refused(found, "redis-not-permitted")
    assert "anna" in said and "ACL SETUSER anna" in step


async def test_a_user_who_may_not_ask_for_information_may_still_use_it(servers: Servers) -> None:
    port = servers.start("user anna on >geheim ~* +@all -info -config")
    found = await check(f"redis://anna:geheim@127.0.0.1:{port}/1")
    assert found.answers and str(found.detail) == f"127.0.0.1:{port}"


async def test_protected_mode_is_told_by_its_own_words() -> None:
    with _says(b"-DENIED Redis is running in protected mode because protected mode is en\r\n") as p:
        said, step = refused(await check(f"redis://127.0.0.1:{p}/0"), "redis-protected")
    assert "protected mode" in said and "requirepass" in step


# --- TLS -----------------------------------------------------------------------------------------


async def test_a_plain_address_of_an_encrypted_redis(servers: Servers, certificates: Path) -> None:
    port = encrypted(servers, certificates)
    said, step = refused(await check(f"redis://127.0.0.1:{port}/0"), "redis-tls-needed")
    assert "encrypted" in said and "rediss://" in step


async def test_a_certificate_of_an_unknown_authority(servers: Servers, certificates: Path) -> None:
    port = encrypted(servers, certificates)
    said, step = refused(await check(f"rediss://127.0.0.1:{port}/0"), "redis-certificate")
    assert "not trusted" in said and "ssl_ca_certs" in step
    trusted = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificates}/ca.pem"
    assert (await check(trusted)).answers
    unchecked = f"rediss://127.0.0.1:{port}/0?ssl_cert_reqs=CERT_NONE"
    assert (await check(unchecked)).answers


async def test_a_certificate_for_another_name(servers: Servers, certificates: Path) -> None:
    port = encrypted(servers, certificates)
    url = f"rediss://127.0.0.2:{port}/0?ssl_ca_certs={certificates}/ca.pem"
    said, _ = refused(await check(url), "redis-certificate-name")
    assert "127.0.0.2" in said


async def test_a_server_that_wants_a_certificate(servers: Servers, certificates: Path) -> None:
    port = encrypted(servers, certificates, clients="yes")
    url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificates}/ca.pem"
    _, step = refused(await check(url), "redis-certificate-wanted")
    assert "ssl_certfile" in step


async def test_a_certificate_file_that_is_not_there(servers: Servers, certificates: Path) -> None:
    port = encrypted(servers, certificates)
    url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificates}/none.pem"
    refused(await check(url), "redis-certificate-file")


@pytest.mark.alone
async def test_an_encrypted_address_of_a_plain_redis(servers: Servers) -> None:
    port = servers.start()
    found = await check(f"rediss://127.0.0.1:{port}/0", timeout_s=1.5)
    said, step = refused(found, "redis-tls-not-spoken")
    assert "does not encrypt" in said and "redis://" in step


# --- sockets -------------------------------------------------------------------------------------


async def test_a_socket_that_answers_is_used(servers: Servers, tmp_path: Path) -> None:
    path = tmp_path / "r.sock"
    servers.start(f"unixsocket {path}")
    found = await check(f"redis+socket://{path}?virtual_host=2")
    assert found.answers and str(path) in str(found.detail)


async def test_a_missing_socket_can_be_started(tmp_path: Path) -> None:
    assert (await check(f"redis+socket://{tmp_path}/r.sock")).startable


async def test_a_socket_left_behind_can_be_started(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "r.sock"))
    assert (await check(f"redis+socket://{tmp_path}/r.sock")).startable


async def test_the_socket_s_folder_is_missing(tmp_path: Path) -> None:
    url = f"redis+socket://{tmp_path}/none/r.sock"
    _, step = refused(await check(url), "redis-socket-folder")
    assert "folder" in step


async def test_a_file_in_the_socket_s_place_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "r.sock"
    precious.write_text("precious")
    refused(await check(f"redis+socket://{precious}"), "redis-not-a-socket")
    assert precious.read_text() == "precious"


def test_a_socket_of_somebody_else_is_told() -> None:
    from desktop.engine.redis_errors import not_reached

    refusal = not_reached("redis+socket:///run/r.sock", PermissionError(13, "Permission denied"))
    assert refusal and refusal.problem.code == "redis-socket-denied" and refusal.lasting


async def test_an_address_that_celery_does_not_know(tmp_path: Path) -> None:
    _, step = refused(await check(f"unix://{tmp_path}/r.sock"), "redis-unix-scheme")
    assert f"redis+socket://{tmp_path}/r.sock" in step


# --- nobody there --------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.9", "0.0.0.0"])
async def test_nothing_on_this_machine_can_be_started(host: str) -> None:
    found = await check(f"redis://{host}:{free_port()}/0")
    assert not found.answers and found.startable and not found.lasting
    assert found.problem and found.problem.code == "redis-absent"


async def test_another_machine_that_refuses_is_never_started() -> None:
    found = await check(f"redis://{REMOTE}:{free_port()}/0")
    _, step = refused(found, "redis-remote-refused")
    assert "never started from here" in step


async def test_a_name_that_nobody_has() -> None:
    said, _ = refused(await check("redis://none.invalid:6379/0"), "redis-no-such-host")
    assert "none.invalid" in said


@pytest.mark.parametrize("number", [101, 113])
def test_no_way_on_the_network(number: int) -> None:
    from desktop.engine.redis_errors import not_reached

    error = redis.ConnectionError("Error connecting")
    error.__cause__ = OSError(number, os.strerror(number))
    refusal = not_reached("redis://db.example:6379/0", error)
    assert refusal and refusal.problem.code == "redis-no-route" and not refusal.absent


async def test_another_machine_that_does_not_even_connect() -> None:
    with listener(backlog=0) as server:
        port = server.getsockname()[1]
        crowd = [socket.socket() for _ in range(4)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        found = await check(f"redis://{REMOTE}:{port}/0", timeout_s=1.5)
        for one in crowd:
            one.close()
    said, _ = refused(found, "redis-remote-silent")
    assert "firewall" in said


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:70000/0", "redis://127.0.0.1:x/0", "redis://127.0.0.1:1/0?colour=1"]
)
async def test_an_address_that_is_none(url: str) -> None:
    refused(await check(url), "redis-address")


# --- somebody else there -------------------------------------------------------------------------


class _Page(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


async def test_a_web_server_in_redis_s_place_is_named() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        found = await check(f"redis://127.0.0.1:{web.server_port}/0")
        web.shutdown()
    said, step = refused(found, "redis-foreign")
    assert f"(pid {os.getpid()})" in said and "another port" in step


@pytest.mark.alone
async def test_a_silent_program_in_redis_s_place_is_named_in_time() -> None:
    with listener() as server:
        begun = time.monotonic()
        found = await check(f"redis://127.0.0.1:{server.getsockname()[1]}/0", timeout_s=1.6)
        assert time.monotonic() - begun < 2.5
    said, _ = refused(found, "redis-foreign")
    assert f"(pid {os.getpid()})" in said


@pytest.mark.alone
async def test_a_stopped_redis_is_told_from_a_stranger(servers: Servers, tmp_path: Path) -> None:
    port = free_port()
    process = servers.run(tmp_path, [f"port {port}", "save ''", "bind 127.0.0.1"])
    wait_until(lambda: answers(redis.Redis(port=port)))
    process.send_signal(signal.SIGSTOP)
    try:
        found = await check(f"redis://127.0.0.1:{port}/0", timeout_s=1.6)
    finally:
        process.send_signal(signal.SIGCONT)
    said, _ = refused(found, "redis-busy")
    assert f"(pid {process.pid})" in said and not found.lasting


async def test_a_stranger_on_another_machine() -> None:
    with _says(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        refused(await check(f"redis://{REMOTE}:{port}/0"), "redis-foreign")


@pytest.mark.parametrize("answer", [b"*-1\r\n" * 9, b":1\r\n" * 9, b"$3\r\n\xff\xfe\x00\r\n" * 9])
async def test_nonsense_is_no_crash(answer: bytes) -> None:
    with _says(answer) as port:
        assert isinstance(await check(f"redis://127.0.0.1:{port}/0", timeout_s=1.0), RedisCheck)


class _says:  # noqa: N801  reads as a sentence
    """A server that answers every connection with these bytes."""

    def __init__(self, words: bytes) -> None:
        self._words = words

    def __enter__(self) -> int:
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        return int(self._server.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
                with connection:
                    connection.sendall(self._words)
                    connection.recv(4096)
            except OSError:
                if self._server.fileno() < 0:
                    return


# --- a Redis that can't be used as it is ---------------------------------------------------------


async def test_a_database_that_is_not_there(servers: Servers) -> None:
    port = servers.start("databases 4")
    said, step = refused(await check(f"redis://127.0.0.1:{port}/7"), "redis-no-database")
    assert "database 7" in said and "databases" in step


@pytest.mark.parametrize("database", [0, 1])
async def test_a_cluster(servers: Servers, database: int) -> None:
    port = servers.start("cluster-enabled yes", f"cluster-port {free_port()}")
    said, _ = refused(await check(f"redis://127.0.0.1:{port}/{database}"), "redis-cluster")
    assert "cluster" in said


async def test_a_replica_names_its_master(servers: Servers) -> None:
    master = servers.start()
    port = servers.start(f"replicaof 127.0.0.1 {master}")
    wait_until(lambda: redis.Redis(port=port).info()["master_link_status"] == "up")
    said, step = refused(await check(f"redis://127.0.0.1:{port}/0"), "redis-replica")
    assert f"127.0.0.1:{master}" in said and "master" in step


async def test_no_more_connections(servers: Servers) -> None:
    port = servers.start("maxclients 1")
    client = redis.Redis(port=port, max_connections=1)
    with client:
        wait_until(lambda: answers(client))
        found = await check(f"redis://127.0.0.1:{port}/0")
    _, step = refused(found, "redis-clients")
    assert "maxclients" in step and not found.lasting


async def test_one_that_loads_its_data_is_waited_for(servers: Servers, tmp_path: Path) -> None:
    first = servers.start("rdbcompression no")
    client = redis.Redis(port=first)
    pipe = client.pipeline(transaction=False)
    for number in range(300):
        pipe.set(f"key {number}", "x" * 100)
    pipe.execute()
    folder = tmp_path / str(first)
    client.shutdown(save=True)
    port = free_port()
    lines = ["save ''", f"port {port}", f"dir {folder}"]
    # Milliseconds are lost on every key (Redis's own means of testing this).
    lines += ["key-load-delay 3000", "loading-process-events-interval-bytes 1024"]
    servers.run(folder, lines)
    wait_until(lambda: not ports.is_free(port))
    url = f"redis://127.0.0.1:{port}/0"
    found = await check(url)
    said, step = refused(found, "redis-loading")
    assert found.loading and not found.lasting and "loading its data" in said and "Wait" in step
    assert (await loaded(url, for_s=0)).loading
    assert (await loaded(url, for_s=30)).answers


# --- a Redis that can be used, with something to know --------------------------------------------


async def test_a_full_memory_is_told(servers: Servers) -> None:
    port = servers.start("maxmemory 100kb", "maxmemory-policy noeviction")
    found = await check(f"redis://127.0.0.1:{port}/0")
    assert found.answers and found.problem and found.problem.code == "redis-memory"


async def test_an_eviction_that_would_lose_tasks_is_told(servers: Servers) -> None:
    port = servers.start("maxmemory 100mb", "maxmemory-policy allkeys-lru")
    found = await check(f"redis://127.0.0.1:{port}/0")
    assert found.answers and found.problem and found.problem.code == "redis-evicts"
    assert "allkeys-lru" in str(found.problem.message)


async def test_a_disk_that_takes_nothing_is_told(servers: Servers) -> None:
    # It asks for a save to a folder that is gone, as a full disk or lost permissions would end.
    port = servers.start("save 3600 1000", "enable-debug-command yes")
    client = redis.Redis(port=port)
    folder = servers.folder / str(port)
    (folder / "redis.conf").unlink()
    folder.rmdir()
    client.bgsave()
    wait_until(lambda: client.info()["rdb_last_bgsave_status"] == "err")
    found = await check(f"redis://127.0.0.1:{port}/0")
    assert found.answers and found.problem and found.problem.code == "redis-disk"


# --- sentinels -----------------------------------------------------------------------------------


@pytest.fixture
def watched(servers: Servers) -> tuple[int, int]:
    """Ports of a sentinel and of the master that it watches."""
    master = servers.start("requirepass geheim")
    sentinel = servers.start(
        f"sentinel monitor mymaster 127.0.0.1 {master} 1",
        "sentinel auth-pass mymaster geheim",
        mode="--sentinel",
    )
    return sentinel, master


async def test_the_master_that_a_sentinel_names_is_asked(watched: tuple[int, int]) -> None:
    sentinel, master = watched
    url = f"sentinel://:geheim@127.0.0.1:{free_port()};sentinel://:geheim@127.0.0.1:{sentinel}"
    found = await check(url, master_name="mymaster")
    assert found.answers and str(found.detail).startswith(f"mymaster · 127.0.0.1:{master} · ")
    assert (await check(url)).answers
    wrong = await check(f"sentinel://:falsch@127.0.0.1:{sentinel}/0")
    refused(wrong, "redis-password-wrong")


async def test_a_master_that_the_sentinel_does_not_know(watched: tuple[int, int]) -> None:
    found = await check(f"sentinel://127.0.0.1:{watched[0]}", master_name="other")
    said, step = refused(found, "redis-sentinel-master")
    assert "other" in said and "mymaster" in said and "master_name" in step


async def test_no_sentinel_answers_and_none_is_started() -> None:
    port = free_port()
    found = await check(f"sentinel://127.0.0.1:{port};sentinel://127.0.0.1:{free_port()}/0")
    said, step = refused(found, "redis-sentinel-silent")
    assert f"127.0.0.1:{port}" in said and "never started" in step


async def test_a_redis_is_no_sentinel(servers: Servers) -> None:
    port = servers.start()
    _, step = refused(await check(f"sentinel://127.0.0.1:{port}"), "redis-not-sentinel")
    assert "redis://" in step


@pytest.mark.parametrize("database", [0, 1])
async def test_a_sentinel_is_no_redis(watched: tuple[int, int], database: int) -> None:
    found = await check(f"redis://127.0.0.1:{watched[0]}/{database}")
    _, step = refused(found, "redis-is-sentinel")
    assert "sentinel://" in step

"""The downloads app beside curl, nginx and itself: how long, how much memory."""

from __future__ import annotations

import getpass
import grp
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.benchmarks.measurement import Measurement, Settings, in_turn, measured, seconds
from tests.benchmarks.processes import running, surroundings
from tests.ports import free_port
from tests.web.downloads.rig import Rig, until
from web.downloads.records import Records

MB = 1_000_000
LARGE = 1000 * MB
GIGABIT = 125 * MB
"""Bytes a second of a fast line, for which people wait."""
WAIT_S = 300.0
NGINX = """
user {user} {group}; daemon off; worker_processes 1;
pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 64; }}
http {{
  access_log off; sendfile on; tcp_nopush on; default_type application/octet-stream;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def measure_download(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """1 GB through the task and the file service, over curl of the same origin."""
    with _rig(folder) as rig, _origin() as origin:
        numbers = itertools.count()

        def ours(rate: int, target: Path) -> float:
            def whole() -> None:
                one = rig.submit(f"{origin}/{LARGE}/{rate}/{next(numbers)}.bin")
                value = rig.ended(one, WAIT_S)
                if value["state"] != "SUCCESS":
                    raise RuntimeError(str(value["error"]))
                _curl(rig.url + value["file"]["href"], target)
                rig.api.request("DELETE", f"/api/downloads/{one}")

            return seconds(whole)

        def curl(rate: int) -> float:
            url = f"{origin}/{LARGE}/{rate}/x.bin"
            return seconds(lambda: _curl(url, folder / "saved"))

        nowhere, again = Path(os.devnull), folder / "again"
        how = "submit, fetch, check, fsync; then out of the file service, {}; over `curl -o FILE`"
        for name, goal, rate, target in (
            ("download", 1.3, GIGABIT, nowhere),  # on the disk once, as curl's
            ("download-saved", None, GIGABIT, again),
            ("download-loopback", None, 0, nowhere),
        ):
            pairs = in_turn(
                lambda rate=rate, target=target: ours(rate, target),
                lambda rate=rate: curl(rate),
                settings.rounds,
            )
            speed = "1 Gbit/s" if rate else "the speed of the loopback"
            said = how.format("to nowhere" if target is nowhere else "to a second file")
            yield measured(name, goal, pairs, f"1 GB at {speed}: {said}")


def measure_memory(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """A pool process's highest memory at 1 GB, over the same at 1 MB."""
    with _rig(folder) as rig, _origin() as origin:
        numbers = itertools.count()

        def peak(size: int) -> float:
            rig.restart_worker()
            value = rig.ended(rig.submit(f"{origin}/{size}/0/{next(numbers)}.bin"), WAIT_S)
            if value["state"] != "SUCCESS":
                raise RuntimeError(str(value["error"]))
            found = max(_highest_rss(child.pid) for child in rig.process("worker").children())
            rig.api.request("DELETE", f"/api/downloads/{value['id']}")
            return found

        pairs = in_turn(lambda: peak(LARGE), lambda: peak(MB), settings.rounds)
    how = (
        "highest RSS of the pool process that fetched 1 GB, over one that fetched 1 MB; each fresh"
    )
    yield measured("download-memory", 1.05, pairs, how, "MiB")


def measure_serving(folder: Path, settings: Settings) -> Iterator[Measurement]:
    """1 GB out of the file service, over nginx and `python -m http.server` with the same file."""
    with _rig(folder, worker=False) as rig:
        url, file = _stored(rig)

        def ours() -> float:
            return seconds(lambda: _curl(url, Path(os.devnull)))

        for name, goal, argv in _peers(file, folder):
            port = free_port()
            with running(argv(port), surroundings()):
                peer = f"http://127.0.0.1:{port}/{file.name}"
                until(lambda peer=peer: _answers(peer))
                pairs = in_turn(
                    ours,
                    lambda peer=peer: seconds(lambda: _curl(peer, Path(os.devnull))),
                    settings.quick_rounds,
                )
            how = f"1 GB by curl to nowhere; over {name} with the same file"
            yield measured(f"file-service-{name}", goal, pairs, how)


def _peers(file: Path, folder: Path) -> Iterator[tuple[str, float | None, object]]:
    """nginx, where it is installed, has a goal: 0.8 of its throughput. Python's own server, which
    spends its time in the same system calls, is told for comparison."""
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

    def nginx_argv(port: int) -> list[str]:
        mine = {"user": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}
        text = NGINX.format(folder=folder, port=port, root=file.parent, **mine)
        (folder / "nginx.conf").write_text(text)
        return [str(nginx), "-p", str(folder), "-c", str(folder / "nginx.conf")]

    def http_server_argv(port: int) -> list[str]:
        own = ["--bind", "127.0.0.1", "-d", str(file.parent), str(port)]
        return [sys.executable, "-m", "http.server", *own]

    if nginx:
        yield "nginx", 1.25, nginx_argv
    yield "http.server", None, http_server_argv


def _stored(rig: Rig) -> tuple[str, Path]:
    """Address and path of a whole file in the store."""
    name = "large.bin"
    found = {"state": "SUCCESS", "name": name, "size_bytes": str(LARGE), "sha256": "0" * 64}
    record = Records.fresh("http://example.org/", "", "", "") | found
    file = rig.store / record["id"] / name
    file.parent.mkdir()
    with file.open("wb") as output:
        for _ in range(LARGE // MB):
            output.write(os.urandom(MB))
    Records(rig.broker).put(record)
    return rig.url + str(rig.get(record["id"])["file"]["href"]), file


@contextmanager
def _rig(folder: Path, *, worker: bool = True) -> Iterator[Rig]:
    rig = Rig(folder / "rig")
    try:
        rig.start("redis")
        rig.start("web", *(["worker"] if worker else []))
        yield rig
    finally:
        rig.close()


@contextmanager
def _origin() -> Iterator[str]:
    argv = [sys.executable, "-m", "tests.benchmarks.steady_origin"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


def _curl(url: str, target: Path) -> None:
    argv = ["curl", "-sSf", "-o", str(target), url]
    subprocess.run(argv, check=True, timeout=WAIT_S)
    if target != Path(os.devnull):
        target.unlink()


def _answers(url: str) -> bool:
    argv = ["curl", "-sSf", "-I", "-o", os.devnull, url]
    return subprocess.run(argv, check=False, capture_output=True).returncode == 0


def _highest_rss(pid: int) -> float:
    """In MiB, as Linux keeps it; elsewhere what it is now."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return float(psutil.Process(pid).memory_info().rss / 1024**2)
    (line,) = [one for one in status.read_text().splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) / 1024

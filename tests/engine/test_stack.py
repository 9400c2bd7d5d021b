"""Configurations become services; what is started from them runs the right code."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from celery import Celery

from desktop.engine import app_info, config, stack
from desktop.engine.app_info import AppInfo
from desktop.engine.commands import WorkerOptions
from desktop.engine.credentials import FLOWER_VARIABLE, flower_credentials
from desktop.engine.interpreter import OURS
from desktop.engine.model import CeleryPing, HttpOk, RedisPing, ServiceSpec, StaysAlive, TcpOpen
from desktop.engine.states import ServiceKind
from desktop.launch import own_command
from desktop.paths import Home, StackHome
from tests.engine.projects import environment, sample

HOST = socket.gethostname()


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "VIRTUAL_ENV", "REMAP_SIGTERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tray_home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def home(tray_home: Home) -> StackHome:
    made = tray_home.stack("stack")
    made.make()
    return made


Specs = Callable[..., dict[str, ServiceSpec]]


@pytest.fixture
def specs(tmp_path: Path, tray_home: Home, home: StackHome) -> Specs:
    """The specs of a configuration's text, by name; None is the bundled app without one."""

    def made(content: str | None, **more: Any) -> dict[str, ServiceSpec]:
        project = None
        if content is not None:
            project = tmp_path / "project"
            project.mkdir(exist_ok=True)
            (project / "celery-tray.toml").write_text(content)
        loaded = config.load(project, tray_home)
        return {spec.name: spec for spec in stack.specs(loaded, home, tray_home, **more)}

    return made


def options(spec: ServiceSpec) -> list[str]:
    return list(spec.argv[spec.argv.index("worker") + 1 :])


def value(spec: ServiceSpec, option: str) -> str | None:
    words = options(spec)
    return words[words.index(option) + 1] if option in words else None


OWN = 'app = "shop.celery:app"\npython = "/py/bin/python"\n'


# --- the bundled app -----------------------------------------------------------------------------


def test_the_simple_mode_is_redis_one_worker_monitor_and_web(specs: Specs) -> None:
    made = specs(None)
    assert list(made) == ["redis", "worker1", "beat", "monitor", "web", "flower"]
    assert [name for name, spec in made.items() if spec.enabled] == [
        "redis",
        "worker1",
        "monitor",
        "web",
    ]
    assert [made[name].port for name in ("redis", "monitor", "web", "flower")] == [
        6379,
        8001,
        8000,
        5555,
    ]
    assert made["redis"].argv == ()
    assert made["redis"].probe == RedisPing("redis://127.0.0.1:6379/0")


def test_our_worker_is_our_module_in_a_folder_that_shadows_nothing(
    specs: Specs, home: StackHome
) -> None:
    worker = specs(None)["worker1"]
    assert worker.argv[:7] == own_command("celery", "-A", "web.celery_app", "worker")
    assert worker.cwd == str(home.run)
    assert worker.node == f"worker1@{HOST}" == value(worker, "-n")
    assert worker.probe == CeleryPing(worker.node, "redis://127.0.0.1:6379/0")
    assert value(worker, "-c") == str(config.auto_concurrency())
    assert value(worker, "-Q") is None
    assert {"--loglevel=info", "-E", "--without-mingle"} <= set(options(worker))
    assert worker.env["CELERY_BROKER_URL"] == "redis://127.0.0.1:6379/0"
    assert worker.env["CELERY_TRAY_FILES"] == str(home.files)
    assert "CELERY_TRAY_ALLOW_PRIVATE" not in worker.env


def test_a_worker_waits_for_redis_and_the_servers_do_not(specs: Specs) -> None:
    made = specs(None)
    assert made["worker1"].needs == made["beat"].needs == made["flower"].needs == ("redis",)
    assert made["monitor"].needs == made["web"].needs == ()


def test_no_stop_of_a_worker_runs_out_of_patience(
    specs: Specs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMAP_SIGTERM", "SIGQUIT")
    worker = specs(None)["worker1"]
    assert worker.stop_patience_s is None
    assert worker.env["REMAP_SIGTERM"] == ""


def test_everything_of_the_bundled_app_can_be_set(specs: Specs, tmp_path: Path) -> None:
    made = specs(
        'app = "web.celery_app"\n[redis]\nurl = "redis://:pw@127.0.0.1:7000/1"\n'
        "[web]\nport = 7002\n[monitor]\nport = 7001\n[flower]\nport = 7003\nenabled = true\n"
        '[downloads]\nallow_private = true\nfiles = "store"\n[worker.a]\nqueues = ["celery"]\n'
        'pool = "solo"\nmax_tasks_per_child = 5\nloglevel = "debug"\nconcurrency = 3\n'
    )
    worker = made["a"]
    assert worker.env["CELERY_BROKER_URL"] == "redis://:pw@127.0.0.1:7000/1"
    assert worker.env["CELERY_TRAY_FILES"] == str((tmp_path / "project" / "store").resolve())
    assert worker.env["CELERY_TRAY_ALLOW_PRIVATE"] == made["web"].env["CELERY_TRAY_ALLOW_PRIVATE"]
    assert (value(worker, "-Q"), value(worker, "-P"), value(worker, "-c")) == (
        "celery",
        "solo",
        "3",
    )
    assert {"--max-tasks-per-child=5", "--loglevel=debug"} <= set(options(worker))
    assert made["web"].argv == own_command("web.downloads", "--port", "7002")
    assert made["web"].probe == HttpOk("http://127.0.0.1:7002/healthz")
    assert made["monitor"].probe == HttpOk("http://127.0.0.1:7001/healthz")
    assert made["monitor"].url == "http://127.0.0.1:7001/"
    assert made["redis"].url == "redis://***@127.0.0.1:7000/1"


def test_the_monitor_is_told_where_a_proxy_shows_it(specs: Specs) -> None:
    made = specs(
        'app = "web.celery_app"\n[monitor]\nport = 7001\nurl_prefix = "celery/"\nread_only = true\n'
        'origins = ["https://Ops.example.com/", "http://ops:8080"]\n'
    )
    monitor = made["monitor"]
    told = " ".join(monitor.argv)
    assert "--url-prefix /celery --origin https://ops.example.com --origin http://ops:8080" in told
    assert "--read-only" in monitor.argv
    assert monitor.probe == HttpOk("http://127.0.0.1:7001/celery/healthz")
    assert monitor.url == "http://127.0.0.1:7001/celery/"


def test_no_secret_is_on_a_command_line_or_in_a_shown_address(specs: Specs) -> None:
    made = specs(
        'app = "web.celery_app"\n[redis]\nurl = "redis://:pa55word@127.0.0.1:7000/1"\n'
        "[flower]\nenabled = true\n"
    )
    shown = " ".join(word for spec in made.values() for word in (*spec.argv, spec.url))
    assert "pa55word" not in shown


def test_the_full_mode_has_a_worker_for_each_queue(tray_home: Home, home: StackHome) -> None:
    loaded = config.load(OURS / "resources" / "samples" / "full-mode", tray_home)
    made = {spec.name: spec for spec in stack.specs(loaded, home, tray_home)}
    assert value(made["download_worker"], "-Q") == "download_queue,celery"
    assert value(made["maintenance_worker"], "-c") == "1"
    assert made["beat"].enabled
    assert made["beat"].probe == StaysAlive()


# --- a worker asked for on the command line ------------------------------------------------------


def test_a_named_worker_is_added_beside_the_configured(specs: Specs) -> None:
    asked = WorkerOptions("download_worker", 2, ("download_queue",), "threads", "debug")
    made = specs(None, worker=asked)
    assert [name for name, spec in made.items() if spec.kind is ServiceKind.WORKER] == [
        "worker1",
        "download_worker",
    ]
    worker = made["download_worker"]
    assert (value(worker, "-c"), value(worker, "-Q"), value(worker, "-P")) == (
        "2",
        "download_queue",
        "threads",
    )


def test_a_known_worker_is_changed_where_something_is_said(specs: Specs) -> None:
    content = OWN + '[worker.a]\nqueues = ["x"]\nconcurrency = 3\n[worker.b]\n'
    made = specs(content, worker=WorkerOptions("a", concurrency=5))
    assert (value(made["a"], "-c"), value(made["a"], "-Q")) == ("5", "x")
    assert [name for name in made if name in "ab"] == ["a", "b"]


# --- a project's own app -------------------------------------------------------------------------


def test_a_projects_worker_runs_in_its_folder_with_its_interpreter(
    specs: Specs, tmp_path: Path
) -> None:
    worker = specs(OWN)["worker1"]
    assert worker.argv[:6] == ("/py/bin/python", "-m", "celery", "-A", "shop.celery:app", "worker")
    assert worker.cwd == str((tmp_path / "project").resolve())
    assert worker.env["PATH"].startswith("/py/bin:")
    assert value(worker, "-c") is None
    assert "CELERY_BROKER_URL" not in worker.env


def test_the_broker_is_the_apps_own_unless_the_configuration_names_one(specs: Specs) -> None:
    info = AppInfo(broker_url="redis://10.0.0.1:7777/2", queues=("celery",), consumed=("celery",))
    made = specs(OWN, info=info)
    assert made["redis"].probe == RedisPing("redis://10.0.0.1:7777/2")
    assert made["redis"].port is None
    assert made["worker1"].probe == CeleryPing(f"worker1@{HOST}", "redis://10.0.0.1:7777/2")
    named = specs(OWN + '[redis]\nurl = "redis://127.0.0.1:1/0"', info=info)
    assert named["redis"].probe == RedisPing("redis://127.0.0.1:1/0")
    assert named["worker1"].env["CELERY_BROKER_URL"] == "redis://127.0.0.1:1/0"


def test_without_a_redis_broker_there_is_no_redis(specs: Specs) -> None:
    made = specs(OWN, info=AppInfo(broker_url="amqp://guest@localhost//"))
    assert "redis" not in made
    assert made["worker1"].needs == ()


def test_the_broker_of_an_app_that_has_not_said_it_is_not_guessed(specs: Specs) -> None:
    assert "redis" not in specs(OWN)
    assert "redis" in specs(OWN + '[redis]\nurl = "redis://127.0.0.1:1/0"')


def test_a_worker_on_all_queues_gets_those_that_celery_would_leave_out(specs: Specs) -> None:
    info = AppInfo(queues=("celery", "email"), consumed=("celery",))
    assert value(specs(OWN, info=info)["worker1"], "-Q") == "celery,email"
    fixed = msgspec.structs.replace(info, create_missing_queues=False)
    assert value(specs(OWN, info=fixed)["worker1"], "-Q") is None
    named = specs(OWN + '[worker.a]\nqueues = ["celery"]', info=info)
    assert value(named["a"], "-Q") == "celery"


def test_a_project_has_a_web_server_only_when_it_names_one(specs: Specs) -> None:
    assert "web" not in specs(OWN)
    web = specs(OWN + '[web]\ncommand = ["serve"]\nport = 7002')["web"]
    assert (web.argv, web.probe, web.port) == (("serve",), TcpOpen("127.0.0.1", 7002), 7002)
    named = specs(OWN + '[web]\ncommand = ["serve"]\nurl = "http://localhost:7003/up"')["web"]
    assert (named.probe, named.port) == (HttpOk("http://localhost:7003/up"), 7003)


def test_the_projects_own_services(specs: Specs, tmp_path: Path) -> None:
    made = specs(
        OWN
        + '[env]\nMODE = "dev"\n'
        + '[service.page]\ncommand = ["npm", "run"]\nready = "http://127.0.0.1:5173/"\n'
        + '[service.db]\ncommand = ["db"]\nready = "[::1]:5432"\ncwd = "data"\n'
        + '[service.clock]\ncommand = ["tick"]\nready = 2\nneeds = ["db"]\nenv = { MODE = "x" }\n'
        + '[service.plain]\ncommand = ["run"]\nenabled = false\n'
    )
    assert (made["page"].probe, made["page"].port) == (HttpOk("http://127.0.0.1:5173/"), 5173)
    assert (made["db"].probe, made["db"].port) == (TcpOpen("::1", 5432), 5432)
    assert made["db"].cwd == str((tmp_path / "project" / "data").resolve())
    assert (made["clock"].probe, made["clock"].needs) == (StaysAlive(2.0), ("db",))
    assert (made["page"].env["MODE"], made["clock"].env["MODE"]) == ("dev", "x")
    assert (made["plain"].probe, made["plain"].enabled) == (StaysAlive(), False)
    assert made["worker1"].env["MODE"] == "dev"


def test_flower_is_the_projects_own_where_it_has_one(specs: Specs, home: StackHome) -> None:
    ours = specs(OWN, info=AppInfo(broker_url="redis://:pw@127.0.0.1:1/0"))["flower"]
    assert ours.argv[:4] == (*own_command("celery"),)[:4]
    assert ours.cwd == str(home.run)
    assert ours.env["CELERY_BROKER_URL"] == "redis://:pw@127.0.0.1:1/0"
    theirs = specs(OWN, info=AppInfo(flower_version="2.0"))["flower"]
    assert theirs.argv[:5] == ("/py/bin/python", "-m", "celery", "-A", "shop.celery:app")


# --- started for real ----------------------------------------------------------------------------


class Started:
    """Programs started as the specs say."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._children: list[subprocess.Popen[bytes]] = []

    def __call__(self, spec: ServiceSpec) -> subprocess.Popen[bytes]:
        with self.log(spec).open("wb") as output:
            child = subprocess.Popen(
                spec.argv,
                cwd=spec.cwd,
                env={k: v for k, v in {**os.environ, **spec.env}.items() if v},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._children.append(child)
        return child

    def log(self, spec: ServiceSpec) -> Path:
        return self._folder / f"{spec.name}.log"

    def end(self) -> None:
        for child in self._children:
            child.terminate()
        for child in self._children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(15)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    programs = Started(tmp_path)
    yield programs
    programs.end()


def told_by(url: str, task: str, queue: str) -> Any:
    app = Celery("asker", broker=url, backend=url, set_as_current=False)
    with app.connection_for_write() as connection:
        answer = app.send_task(task, queue=queue, connection=connection)
    return answer.get(timeout=30, disable_sync_subtasks=False)


@pytest.mark.parametrize(
    ("name", "variable", "task", "module", "queue"),
    [
        ("shop", "SHOP_REDIS_URL", "shop.tasks.whoami", "shop/tasks.py", "celery"),
        ("web-clash", "CLASH_REDIS_URL", "web.whoami", "web/celery_app.py", "celery"),
    ],
)
def test_a_sample_projects_worker_runs_its_own_code(
    name: str,
    variable: str,
    task: str,
    module: str,
    queue: str,
    tmp_path: Path,
    tray_home: Home,
    home: StackHome,
    server: Any,
    started: Started,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As bad as it gets: our own code is on the path that the engine was started with.
    monkeypatch.setenv("PYTHONPATH", str(OURS))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    monkeypatch.setenv(variable, server.url)
    project = sample(name, tmp_path)
    python = environment(project / ".venv")
    loaded = config.load(project, tray_home)
    info = app_info.ask(loaded, home)
    assert info.broker_url == server.url
    made = {spec.name: spec for spec in stack.specs(loaded, home, tray_home, info=info)}
    worker = next(spec for spec in made.values() if spec.kind is ServiceKind.WORKER)
    started(worker)
    told = told_by(server.url, task, queue)
    assert told["file"] == str(project / module)
    assert told["python"] == str(python)


def test_the_samples_web_server_and_service_answer_from_its_environment(
    tmp_path: Path,
    tray_home: Home,
    home: StackHome,
    started: Started,
    closed_port: int,
    wait_until: Callable[..., None],
) -> None:
    project = sample("shop", tmp_path)
    environment(project / ".venv")
    file = project / "celery-tray.toml"
    file.write_text(file.read_text().replace("8102", str(closed_port)))
    loaded = config.load(project, tray_home)
    made = {spec.name: spec for spec in stack.specs(loaded, home, tray_home)}
    assert made["stock"].probe == TcpOpen("127.0.0.1", closed_port)
    started(made["stock"])

    def answers() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", closed_port), 1) as link:
                link.sendall(b"tea\n")
                return link.recv(16) == b"3\n"
        except OSError:
            return False

    wait_until(answers)


def test_our_own_worker_is_not_shadowed_by_what_lies_around(
    specs: Specs,
    tmp_path: Path,
    server: Any,
    started: Started,
    monkeypatch: pytest.MonkeyPatch,
    wait_until: Callable[..., None],
) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "web").mkdir(parents=True)
    (theirs / "web" / "__init__.py").write_text("raise SystemExit('theirs')")
    monkeypatch.chdir(theirs)
    monkeypatch.setenv("PYTHONPATH", str(theirs))
    worker = specs(f'app = "web.celery_app"\n[redis]\nurl = "{server.url}"')["worker1"]
    child = started(worker)
    log = started.log(worker)
    wait_until(lambda: " ready." in log.read_text() or child.poll() is not None)
    assert "web.downloads.tasks.download" in log.read_text()
    assert "maintenance_queue" in log.read_text()


def test_beat_stays_and_keeps_its_schedule_out_of_the_project(
    specs: Specs,
    home: StackHome,
    server: Any,
    started: Started,
    wait_until: Callable[..., None],
) -> None:
    beat = specs(f'app = "web.celery_app"\n[redis]\nurl = "{server.url}"')["beat"]
    child = started(beat)
    wait_until(lambda: any(home.run.glob("beat-schedule*")) or child.poll() is not None)
    assert child.poll() is None


def test_flower_asks_for_its_generated_credentials(
    specs: Specs,
    server: Any,
    started: Started,
    closed_port: int,
    wait_until: Callable[..., None],
    tray_home: Home,
) -> None:
    import httpx

    flower = specs(
        f'app = "web.celery_app"\n[redis]\nurl = "{server.url}"\n'
        f"[flower]\nenabled = true\nport = {closed_port}"
    )["flower"]
    assert isinstance(flower.probe, HttpOk)
    url = flower.probe.url
    login = flower_credentials(tray_home)
    env = {**flower.env, FLOWER_VARIABLE: login.basic_auth}
    started(msgspec.structs.replace(flower, env=env))

    def ready() -> bool:
        try:
            return httpx.get(url).status_code < 400
        except httpx.TransportError:
            return False

    wait_until(ready)
    assert httpx.get(flower.url).status_code == 401
    assert httpx.get(flower.url, auth=("admin", "admin123")).status_code == 401
    assert httpx.get(flower.url, auth=(login.user, login.password)).status_code < 400

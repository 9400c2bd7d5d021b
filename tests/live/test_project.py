"""A person's own project: their app, interpreter, folder and programs, under our engine."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from desktop.engine.commands import Stop
from desktop.engine.states import ServiceState
from tests.engine.projects import environment, sample
from tests.live.conftest import Stack, until
from tests.ports import free_ports

MakeProject = Callable[[str, str], "Project"]


class Project(Stack):
    """A sample project in its own virtual environment, on free ports."""

    def __init__(self, name: str, folder: Path, configuration: str) -> None:
        self._name, self._configuration = name, configuration
        self.ports = tuple(free_ports(3))
        super().__init__(folder)

    def configure(self, more: str = "") -> None:
        self.folder.rmdir()
        sample(self._name, self.folder.parent).rename(self.folder)
        self.python = environment(self.folder / ".venv")
        words = {"redis": self.redis_url, "monitor": self.monitor_port, "ports": self.ports}
        (self.folder / "celery-tray.toml").write_text(self._configuration.format(**words))

    def run(self, code: str) -> str:
        """What ``code`` prints when the project's own interpreter runs it in its folder."""
        return subprocess.run(
            [self.python, "-c", code],
            cwd=self.folder,
            env={
                **os.environ,
                **dict.fromkeys(("SHOP_REDIS_URL", "CLASH_REDIS_URL"), self.redis_url),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout.strip()


@pytest.fixture
def make_project(tmp_path: Path) -> Iterator[MakeProject]:
    made: list[Project] = []

    def make(name: str, configuration: str) -> Project:
        made.append(Project(name, tmp_path, configuration))
        return made[-1]

    yield make
    for one in made:
        one.end()


SHOP = """app = "shop.celery:app"
[env]
SHOP_REDIS_URL = "{redis}"
[redis]
url = "{redis}"
[worker.orders]
queues = ["celery"]
concurrency = 2
[worker.mail]
queues = ["email"]
concurrency = 1
pool = "threads"
[web]
command = ["python", "-m", "shop.web", "--port", "{ports[0]}"]
url = "http://127.0.0.1:{ports[0]}/"
[monitor]
port = {monitor}
[service.stock]
command = ["python", "-m", "shop.stock", "--port", "{ports[1]}"]
ready = "127.0.0.1:{ports[1]}"
"""

SMALL = """app = "shop.celery:app"
[env]
SHOP_REDIS_URL = "{redis}"
[redis]
url = "{redis}"
[worker.orders]
concurrency = 1
autoreload = true
[monitor]
enabled = false
"""

SLOW = """
from shop.celery import app


@app.task
def slow(seconds):
    import time

    time.sleep(seconds)
    return seconds
"""


def test_a_project_with_workers_a_web_server_and_one_more_program(
    make_project: MakeProject,
) -> None:
    shop = make_project("shop", SHOP)
    report = shop.start()
    assert not report.failed
    assert set(report.ready) == {"redis", "orders", "mail", "web", "monitor", "stock"}
    told = json.loads(
        shop.run(
            "import json; from shop.tasks import whoami, confirm\n"
            "assert 'confirmed' in confirm.delay(7).get(timeout=30)\n"
            "print(json.dumps(whoami.delay().get(timeout=30)))"
        )
    )
    assert told["file"] == str(shop.folder / "shop" / "tasks.py")
    assert told["python"] == str(shop.python)
    page = httpx.get(f"http://127.0.0.1:{shop.ports[0]}/")
    assert page.text == "The shop is open.\n"
    assert httpx.get(f"http://127.0.0.1:{shop.monitor_port}/healthz").status_code == 200
    stopped = shop.stop()
    assert set(stopped.stopped) == set(report.ready)
    until(lambda: not shop.left_over())


def test_a_project_whose_package_is_called_web_runs_its_own_code_and_we_ours(
    make_project: MakeProject,
) -> None:
    clash = make_project(
        "web-clash",
        'app = "web.celery_app"\n[env]\nCLASH_REDIS_URL = "{redis}"\n[redis]\nurl = "{redis}"\n'
        "[monitor]\nport = {monitor}\n",
    )
    report = clash.start()
    assert not report.failed
    told = json.loads(
        clash.run(
            "import json; from web.celery_app import whoami\n"
            "print(json.dumps(whoami.delay().get(timeout=30)))"
        )
    )
    assert told["file"] == str(clash.folder / "web" / "celery_app.py")
    monitor = httpx.get(f"http://127.0.0.1:{clash.monitor_port}/api/status").json()
    assert monitor["stack"]["project"] == str(clash.folder)


def test_an_app_that_does_not_import_is_told_and_once_mended_it_starts(
    make_project: MakeProject,
) -> None:
    shop = make_project("shop", SMALL)
    tasks = shop.folder / "shop" / "tasks.py"
    code = tasks.read_text()
    tasks.write_text("import no_such_library\n" + code)
    report = shop.start()
    (failed,) = report.failed
    assert failed.service == "orders"
    assert "no_such_library" in str(failed.problem.message)
    assert "redis" in report.ready
    orders = shop.service("orders")
    assert (orders.state, orders.pid) == (ServiceState.FAILED, None)
    tasks.write_text(code)
    assert "orders" in shop.start().ready


def test_a_missing_interpreter_is_told(make_project: MakeProject) -> None:
    shop = make_project("shop", 'python = "nowhere/bin/python"\n' + SMALL)
    (failed,) = shop.start().failed
    assert failed.service == "orders"
    assert "nowhere/bin/python" in str(failed.problem.title) + str(failed.problem.message)


def test_a_worker_takes_up_changed_code_and_finishes_its_task_first(
    make_project: MakeProject,
) -> None:
    shop = make_project("shop", SMALL)
    tasks = shop.folder / "shop" / "tasks.py"
    tasks.write_text(tasks.read_text() + SLOW)
    shop.start()
    before = shop.service("orders").pid
    task = shop.run("from shop.tasks import slow; print(slow.delay(3).id)")
    until(lambda: shop.status().tasks.active == 1)
    tasks.write_text(tasks.read_text().replace("return sum(prices)", "return -sum(prices)"))
    after = until(lambda: (pid := shop.service("orders").pid) != before and pid)
    assert after
    until(lambda: shop.service("orders").state is ServiceState.RUNNING)
    answer = shop.run(
        "from shop.celery import app; from shop.tasks import total\n"
        f"print(app.AsyncResult('{task}').get(timeout=30), total.delay([1, 2]).get(timeout=30))"
    )
    assert answer == "3 -3"


def test_code_that_does_not_import_is_not_taken_up(make_project: MakeProject) -> None:
    shop = make_project("shop", SMALL)
    tasks = shop.folder / "shop" / "tasks.py"
    shop.start()
    before = shop.service("orders").pid
    code = tasks.read_text()
    tasks.write_text(code + "\nthis is no Python\n")
    log = shop.home.root / "engine.log"
    until(lambda: "not taken up" in log.read_text())
    assert shop.service("orders").pid == before
    tasks.write_text(code + "\nMORE = 1\n")
    until(lambda: shop.service("orders").pid not in {None, before})


def test_a_stop_waits_for_running_tasks_and_says_how_many(make_project: MakeProject) -> None:
    shop = make_project("shop", SHOP)
    tasks = shop.folder / "shop" / "tasks.py"
    tasks.write_text(tasks.read_text() + SLOW)
    shop.start("orders")
    ids = shop.run("from shop.tasks import slow; print(*(slow.delay(4).id for _ in range(2)))")
    until(lambda: shop.status().tasks.active == 2)
    with shop.client() as client:
        busy = client.submit(Stop(shop.project, ("orders",), patience_s=0.5))
    assert busy.busy == ("orders",)  # type: ignore[union-attr]
    assert "finishing 2 tasks" in str(shop.service("orders").note)
    assert "orders" in shop.stop("orders").stopped or shop.service("orders").pid is None
    code = (
        "from shop.celery import app\n"
        f"print(*(app.AsyncResult(i).get(timeout=10) for i in '{ids}'.split()))"
    )
    assert shop.run(code) == "4 4"


def test_a_forced_stop_gives_running_tasks_back(make_project: MakeProject) -> None:
    shop = make_project("shop", SMALL)
    tasks = shop.folder / "shop" / "tasks.py"
    tasks.write_text(tasks.read_text() + SLOW)
    shop.start("orders")
    task = shop.run("from shop.tasks import slow; print(slow.delay(6).id)")
    until(lambda: shop.status().tasks.active == 1)
    begun = time.monotonic()
    assert shop.stop("orders", force=True).stopped == ("orders",)
    assert time.monotonic() - begun < 6, "it did not wait for the task"
    shop.start("orders")
    answer = f"from shop.celery import app\nprint(app.AsyncResult('{task}').get(timeout=30))"
    assert shop.run(answer) == "6"

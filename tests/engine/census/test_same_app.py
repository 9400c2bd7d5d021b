"""Does a worker belong to a stack's app? By its module, its folder and its broker."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import web
from desktop.engine.census.same_app import same_app
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner, Role

BROKER = "redis://:secret@127.0.0.1:6379/0"


def row(app: str, cwd: Path | str, **more: Any) -> WorkerRow:
    values: dict[str, Any] = {"role": Role.WORKER, "owner": Owner.EXTERNAL, **more}
    return WorkerRow(pid=10, create_time=1.0, app=app, cwd=str(cwd), **values)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "shop")


def make_project(folder: Path, package: str = "shop") -> Path:
    (folder / package).mkdir(parents=True)
    (folder / package / "__init__.py").touch()
    (folder / package / "celery.py").touch()
    return folder


def is_same(worker: WorkerRow, project: Path | str, app: str = "shop.celery:app") -> bool:
    return same_app(worker, app=app, project=str(project), broker=BROKER)


@pytest.mark.parametrize("app", ["shop", "shop.celery", "shop.celery:app", "shop.celery.app"])
@pytest.mark.parametrize("ours", ["shop", "shop.celery", "shop.celery:app", "shop:app"])
def test_an_app_has_many_spellings(app: str, ours: str, project: Path) -> None:
    assert is_same(row(app, project), project, ours)


@pytest.mark.parametrize("app", ["store", "shop.reports", "shop.celery2", "my.shop", "shopping"])
def test_another_app_is_another(app: str, project: Path) -> None:
    assert not is_same(row(app, project), project)


def test_an_attribute_may_follow_a_dot_or_a_colon(project: Path) -> None:
    assert is_same(row("shop.main.queue", project), project, "shop.main:queue")
    assert not is_same(row("shop.main.queue", project), project, "shop.other:queue")


def test_the_same_name_in_another_folder_is_another(project: Path, tmp_path: Path) -> None:
    other = make_project(tmp_path / "copy")
    assert not is_same(row("shop", other), project)
    nested = make_project(project / "vendor")
    assert not is_same(row("shop", nested), project)
    assert not is_same(row("shop", tmp_path), project)


def test_a_link_to_the_project_is_the_project(project: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(project)
    assert is_same(row("shop", link), project)


def test_a_package_below_the_project_is_the_projects(tmp_path: Path) -> None:
    project = tmp_path / "outer"
    make_project(project / "src")
    assert is_same(row("shop", project / "src"), project)


def test_the_projects_interpreter_imports_the_projects_app(project: Path) -> None:
    python = project / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to("/usr/bin/env")
    assert is_same(row("shop", "/", python=str(python)), project)
    assert not is_same(row("shop", "/", python="/usr/bin/python3"), project)


def test_a_folder_that_can_not_be_read_counts_as_the_same(project: Path) -> None:
    assert is_same(row("shop", ""), project)
    assert not is_same(row("store", ""), project)


def test_a_worker_that_names_no_app_is_known_by_the_projects_folder(
    project: Path, tmp_path: Path
) -> None:
    assert is_same(row("", project), project)
    assert is_same(row("", project / "shop"), project)
    assert not is_same(row("", tmp_path), project)
    assert not is_same(row("", ""), project)
    assert not is_same(row("", project), "", "web.celery_app")


def test_the_bundled_app_is_what_a_folder_without_its_own_imports(tmp_path: Path) -> None:
    def bundled(cwd: Path | str, app: str = "web.celery_app") -> bool:
        return is_same(row(app, cwd), "", "web.celery_app")

    own = tmp_path / "mine"
    (own / "web").mkdir(parents=True)
    source = next(iter(web.__path__))
    assert bundled(tmp_path)
    assert bundled("")
    assert bundled(Path(source).parent)
    assert bundled(tmp_path, "web.celery_app:celery_app")
    assert bundled(tmp_path, "web.celery_app.celery_app")
    assert bundled(own)
    (own / "web" / "celery_app.py").touch()
    assert not bundled(own)
    assert not bundled(tmp_path, "web.tasks")


def test_a_project_called_web_is_not_the_bundled_app(tmp_path: Path) -> None:
    project = make_project(tmp_path / "site", "web")
    shutil.move(project / "web" / "celery.py", project / "web" / "celery_app.py")
    worker = row("web.celery_app", project)
    assert is_same(worker, project, "web.celery_app")
    assert not is_same(worker, "", "web.celery_app")
    assert not is_same(row("web.celery_app", tmp_path), project, "web.celery_app")


@pytest.mark.parametrize(
    ("broker", "same"),
    [
        ("", True),
        ("redis://***@localhost:6379/0", True),
        ("redis://127.0.0.1", True),
        ("redis://[::1]:6379//", True),
        ("redis://127.0.0.1:6379/1", False),
        ("redis://127.0.0.1:6380/0", False),
        ("redis://elsewhere/0", False),
        ("amqp://localhost//", False),
        ("redis://127.0.0.1:notaport/0", False),
    ],
)
def test_a_worker_on_another_broker_is_not_beside_us(
    broker: str, same: bool, project: Path
) -> None:
    assert is_same(row("shop", project, broker=broker), project) is same


def test_only_workers_of_this_machine_count(project: Path) -> None:
    assert not is_same(row("shop", project, role=Role.BEAT), project)
    assert not is_same(row("shop", project, owner=Owner.REMOTE), project)

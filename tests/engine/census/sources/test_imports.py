"""Which files an app is made of, read from its source alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.engine.census.sources import imports
from desktop.engine.census.sources.imports import Imports

ROOT = Path(__file__).parents[4]
PROJECT = {
    "shop/__init__.py": "",
    "shop/celery.py": (
        "from celery import Celery\n"
        "from . import settings\n"
        "app = Celery('shop', include=['shop.tasks.mail'])\n"
    ),
    "shop/settings.py": "from shop.prices import LIST\n",
    "shop/prices.py": "LIST = []\n",
    "shop/web.py": "import shop.celery\n",
    "shop/tasks/__init__.py": "",
    "shop/tasks/mail.py": (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from shop.web import view\n"
        "def send():\n    from ..texts import greeting\n"
    ),
    "shop/texts.py": "greeting = ''\n",
    "texts.py": "",
}
LOADED = """
import sys
from web.celery_app import app
app.loader.import_default_modules()
from web.downloads import cleaning, fetch, files, records, tickets, watch
print("\\n".join(m.__file__ for n, m in sys.modules.items() if n.partition(".")[0] == "web"))
"""


def make(folder: Path, files: dict[str, str]) -> Path:
    for name, source in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return folder


def found(app: str, folder: Path) -> set[str]:
    files = Imports().files(app, str(folder))
    return {str(Path(file).relative_to(folder.resolve())) for file in files}


@pytest.mark.parametrize("app", ["shop", "shop.celery", "shop.celery:app", "shop.celery.app"])
def test_what_an_app_imports_and_names_and_nothing_else(tmp_path: Path, app: str) -> None:
    make(tmp_path, PROJECT)
    assert found(app, tmp_path) == {
        "shop/__init__.py",
        "shop/celery.py",
        "shop/settings.py",
        "shop/prices.py",
        "shop/tasks/__init__.py",
        "shop/tasks/mail.py",
        "shop/texts.py",
    }


def test_tasks_that_celery_discovers_by_itself(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            "site/__init__.py": "",
            "site/celery.py": "import os\nos.environ['X'] = 'site.settings'\n"
            "app.autodiscover_tasks()\n",
            "site/settings.py": "INSTALLED_APPS = ['orders', 'django.contrib.auth']\n",
            "orders/__init__.py": "",
            "orders/tasks.py": "from .prices import total\n",
            "orders/prices.py": "",
            "orders/views.py": "",
        },
    )
    assert found("site", tmp_path) == {
        "site/__init__.py",
        "site/celery.py",
        "site/settings.py",
        "orders/__init__.py",
        "orders/tasks.py",
        "orders/prices.py",
    }


def test_a_package_in_src_is_found_and_one_elsewhere_is_not(tmp_path: Path) -> None:
    make(tmp_path / "src", {"mine.py": ""})
    assert found("mine", tmp_path) == {"src/mine.py"}
    assert Imports().files("yours", str(tmp_path)) == ()


def test_what_does_not_parse_is_a_file_of_the_app_all_the_same(tmp_path: Path) -> None:
    make(tmp_path, {"mine.py": "import rest\n", "rest.py": "import more\n", "more.py": ""})
    kept = Imports()
    before = kept.files("mine", str(tmp_path))
    assert len(before) == 3
    (tmp_path / "rest.py").write_text("def broken(:\n")
    assert kept.files("mine", str(tmp_path)) == before, "what runs was made of all three"
    (tmp_path / "rest.py").write_bytes(b"\x00\xff")
    assert kept.files("mine", str(tmp_path)) == before


def test_a_new_import_is_followed(tmp_path: Path) -> None:
    make(tmp_path, {"mine.py": "", "more.py": ""})
    kept = Imports()
    assert len(kept.files("mine", str(tmp_path))) == 1
    (tmp_path / "mine.py").write_text("import more\n")
    assert len(kept.files("mine", str(tmp_path))) == 2


def test_circles_and_endless_projects_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, {f"m{n}.py": f"import m{n + 1}, m0\n" for n in range(20)})
    assert len(found("m0", tmp_path)) == 20
    monkeypatch.setattr(imports, "FILES_MAX", 5)
    assert len(found("m0", tmp_path)) == 5


def test_of_the_bundled_app_exactly_the_loaded_modules() -> None:
    """With those that it loads when it runs its first task. Neither the web server's files nor
    the tray's: a change there does not touch a worker."""
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert set(Imports().files("web.celery_app", str(ROOT))) == set(loaded)

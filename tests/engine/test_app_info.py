"""What an app says of itself, asked in its own interpreter, and why it could not be asked."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from desktop.engine import app_info, config
from desktop.engine.errors import ServiceError
from desktop.paths import Home, StackHome
from tests.engine.projects import environment, sample


@pytest.fixture
def home(tmp_path: Path) -> StackHome:
    return Home(tmp_path / "home").stack("stack")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has Celery and is not ours."""
    return environment(tmp_path_factory.mktemp("python") / ".venv")


Make = Callable[..., config.StackConfig]


@pytest.fixture
def make(tmp_path: Path, python: Path) -> Make:
    """A project with this app module, loaded."""

    def made(
        source: str, more: str = "", app: str = "mine:app", **files: str
    ) -> config.StackConfig:
        project = tmp_path / "project"
        project.mkdir(exist_ok=True)
        for name, content in {"mine": source, **files}.items():
            module = project / f"{name}.py"
            if not module.exists() or module.read_text() != content:
                module.write_text(content)
        (project / "celery-tray.toml").write_text(f'app = "{app}"\npython = "{python}"\n{more}')
        return config.load(project, Home(tmp_path / "home"))

    return made


def refused(stack: config.StackConfig, home: StackHome, timeout_s: float = 30) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        app_info.ask(stack, home, timeout_s)
    assert str(caught.value.problem.next_step)
    assert caught.value.exit_code == 1
    return caught.value


PLAIN = "from celery import Celery\napp = Celery('mine', broker='redis://127.0.0.1:1/3')\n"


# --- answers -------------------------------------------------------------------------------------


def test_a_sample_in_its_own_environment_tells_what_it_is(tmp_path: Path, home: StackHome) -> None:
    project = sample("shop", tmp_path)
    python = environment(project / ".venv")
    info = app_info.ask(config.load(project, Home(tmp_path)), home)
    assert info.name == "shop"
    assert info.module_file == str(project / "shop" / "celery.py")
    assert info.broker_url == info.result_backend == "redis://127.0.0.1:6379/0"
    assert info.queues == ("celery", "email")
    assert info.consumed == ("celery",)
    assert info.tasks == ("shop.tasks.confirm", "shop.tasks.total", "shop.tasks.whoami")
    assert (info.time_limit_s, info.acks_late) == (300, True)
    assert info.celery_version
    assert info.python_version
    assert str(project / "shop" / "tasks.py") in info.sources
    assert not any(str(python.parent.parent) in source for source in info.sources)


def test_a_package_called_web_is_theirs_not_ours(tmp_path: Path, home: StackHome) -> None:
    project = sample("web-clash", tmp_path)
    environment(project / ".venv")
    info = app_info.ask(config.load(project, Home(tmp_path)), home)
    assert info.name == "clash"
    assert info.module_file == str(project / "web" / "celery_app.py")


def test_the_bundled_app_is_what_we_know_of_it(tmp_path: Path, home: StackHome) -> None:
    bundled = config.load(None, Home(tmp_path))
    known = app_info.cached(bundled, home)
    assert known == app_info.ask(bundled, home)
    assert known is not None
    # The same app asked as if it were a project's: what it really is.
    asked = app_info._ask(
        msgspec.structs.replace(bundled, python=sys.executable, project=str(tmp_path)), 30
    )
    varying = ("module_file", "celery_version", "python_version", "flower_version", "sources")
    same = dict.fromkeys(varying[:-1], "") | {"sources": ()}
    assert msgspec.structs.replace(asked, **same) == known


def test_queues_of_routes_and_tasks_are_known(make: Make, home: StackHome) -> None:
    source = (
        PLAIN
        + """
from kombu import Queue
app.conf.task_queues = [Queue("a"), Queue("b")]
app.conf.task_default_queue = "a"
app.conf.task_routes = (
    [("x.*", {"queue": "c"}), ("y.*", "d")], {"z": {"queue": Queue("e")}}, lambda *a, **k: None
)
app.conf.broker_transport_options = {"visibility_timeout": 60, "x": object()}
app.conf.timezone = "Asia/Shanghai"
@app.task(queue="f")
def work(): pass
"""
    )
    info = app_info.ask(make(source), home)
    assert info.consumed == ("a", "b")
    assert info.queues == ("a", "b", "c", "d", "e", "f")
    assert info.default_queue == "a"
    assert info.transport_options == {"visibility_timeout": 60}
    assert info.timezone == "Asia/Shanghai"
    assert info.tasks == ("mine.work",)


def test_the_app_is_found_as_celery_finds_it(make: Make, home: StackHome) -> None:
    for app in ("mine", "mine:app", "mine.app"):
        assert app_info.ask(make(PLAIN, app=app), home).name == "mine"
    assert app_info.ask(make(PLAIN.replace("app =", "celery ="), app="mine"), home).name == "mine"
    assert app_info.ask(make(PLAIN.replace("app =", "other ="), app="mine"), home).name == "mine"


def test_the_broker_of_the_configuration_wins_over_the_apps(make: Make, home: StackHome) -> None:
    stack = make(PLAIN, '[redis]\nurl = "redis://:pw@127.0.0.1:2/5"')
    assert app_info.ask(stack, home).broker_url == "redis://:pw@127.0.0.1:2/5"


def test_several_brokers_count_as_their_first(make: Make, home: StackHome) -> None:
    source = PLAIN.replace("redis://127.0.0.1:1/3", "redis://a:1/0;redis://b:1/0")
    assert app_info.ask(make(source), home).broker_url == "redis://a:1/0"


def test_what_the_app_prints_and_leaves_running_does_no_harm(make: Make, home: StackHome) -> None:
    noise = """
import os, sys, threading, subprocess
print("hello"); sys.stdout.flush(); os.system("echo out")
threading.Thread(target=threading.Event().wait).start()
"""
    assert app_info.ask(make(noise + PLAIN), home).name == "mine"


# --- kept ----------------------------------------------------------------------------------------


def test_the_answer_is_kept_until_a_file_of_the_app_changes(make: Make, home: StackHome) -> None:
    stack = make("import other\n" + PLAIN, other="x = 1")
    assert app_info.cached(stack, home) is None
    info = app_info.ask(stack, home)
    assert app_info.cached(stack, home) == info
    other = Path(stack.project) / "other.py"
    other.write_text("x = 22")
    assert app_info.cached(stack, home) is None
    app_info.ask(stack, home)
    assert app_info.cached(stack, home) is not None
    other.unlink()
    assert app_info.cached(stack, home) is None


def test_the_answer_is_not_kept_over_another_configuration_or_environment(
    make: Make, home: StackHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = make(PLAIN)
    app_info.ask(stack, home)
    assert app_info.cached(make(PLAIN, "[env]\nA = '1'"), home) is None
    assert app_info.cached(make(PLAIN, app="mine"), home) is None
    assert app_info.cached(make(PLAIN), home) is not None
    monkeypatch.setenv("SHOP_URL", "x")
    assert app_info.cached(make(PLAIN), home) is None
    monkeypatch.delenv("SHOP_URL")
    (Path(stack.project) / ".env").write_text("SHOP_URL=x")
    assert app_info.cached(make(PLAIN), home) is None


def test_a_kept_answer_is_private_and_a_broken_one_is_asked_for_again(
    make: Make, home: StackHome
) -> None:
    stack = make(PLAIN)
    app_info.ask(stack, home)
    kept = home.root / "app.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept.write_bytes(kept.read_bytes()[:-30])
    assert app_info.cached(stack, home) is None


def test_an_answer_that_can_not_be_kept_is_an_answer(make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert app_info.ask(make(PLAIN), StackHome(tmp_path / "file" / "home")).name == "mine"


# --- why not -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "app", "words"),
    [
        (
            "import celery\nimport nothing_like_it",
            "mine:app",
            "mine.py:2 needs the module nothing_like_it",
        ),
        ("import nothing_like_it.sub", "mine:app", "-m pip install nothing_like_it"),
        ("import yaml_\nimport x", "mine:app", "pip install yaml_"),
        (PLAIN, "mien:app", 'did you mean "mine"?'),
        (PLAIN, "mine.sub:app", "There is no module mine.sub"),
        (PLAIN, "mine:application", 'did you mean "mine:app"?'),
        ("app = 3", "mine:app", "mine:app is no Celery app"),
        ("x = 3", "mine", "mine is no Celery app"),
        ("1 / 0", "mine:app", "mine.py:1: ZeroDivisionError: division by zero"),
        ("\ndef (:", "mine:app", "mine.py:2: SyntaxError"),
        ("import sys; sys.exit('no settings')", "mine:app", "mine.py:1: SystemExit: no settings"),
        ("object.nothing", "mine:app", "mine.py:1: AttributeError"),
        ("object.nothing", "mine", "mine.py:1: AttributeError"),
        (PLAIN + "app.conf.include = ['later']", "mine:app", "does not have the module later"),
        ("raise ValueError('redis://u:secret@h')", "mine:app", "redis://***@h"),
    ],
)
def test_an_app_that_does_not_import_is_told_in_words(
    make: Make, home: StackHome, source: str, app: str, words: str
) -> None:
    problem = refused(make(source, app=app), home).problem
    said = f"{problem.message} {problem.next_step}"
    assert problem.code == "app-import"
    assert words in said
    assert problem.log
    assert "secret" not in "\n".join(problem.log) + said
    assert not any("app_probe" in line or "<string>" in line for line in problem.log)


def test_celery_is_not_installed(tmp_path: Path, make: Make, home: StackHome) -> None:
    bare = environment(tmp_path / "bare", with_celery=False)
    stack = msgspec.structs.replace(make(PLAIN), python=str(bare))
    problem = refused(stack, home).problem
    assert problem.code == "celery-missing"
    assert f"{bare} -m pip install 'celery[redis]'" in str(problem.next_step)


def test_a_file_of_the_project_that_hides_celery_is_named(make: Make, home: StackHome) -> None:
    problem = refused(make(PLAIN, celery="x = 1"), home).problem
    assert "celery.py hides the package celery" in str(problem.message)


def test_an_interpreter_that_is_gone(make: Make, home: StackHome) -> None:
    stack = msgspec.structs.replace(make(PLAIN), python="/nowhere/bin/python")
    assert refused(stack, home).problem.code == "interpreter-missing"


def test_an_interpreter_that_is_none(tmp_path: Path, make: Make, home: StackHome) -> None:
    fake = tmp_path / "fake"
    fake.write_text("nothing to run")
    fake.chmod(0o700)
    stack = msgspec.structs.replace(make(PLAIN), python=str(fake))
    assert str(fake) in str(refused(stack, home).problem.message)


def test_an_app_that_ends_the_interpreter(make: Make, home: StackHome) -> None:
    dying = "import os, sys\nprint('a last word', file=sys.stderr, flush=True)\nos.{}"
    problem = refused(make(dying.format("_exit(7)")), home).problem
    assert "exit code 7" in str(problem.message)
    assert problem.log == ("a last word",)
    problem = refused(make(dying.format("kill(os.getpid(), 11)")), home).problem
    assert "SIGSEGV" in str(problem.message)


def test_an_import_that_never_ends_is_cut_off_with_what_it_started(
    make: Make, home: StackHome, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    pids = tmp_path / "pids"
    source = (
        "import os, subprocess, threading\n"
        f"child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "threading.Event().wait()"
    )
    problem = refused(make(source), home, 1.5).problem
    assert problem.code == "app-slow"
    for pid in map(int, pids.read_text().split()):
        wait_until(lambda pid=pid: not _runs(pid))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

"""The configuration: what it means, and the words for every mistake in it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop import paths
from desktop.engine import config
from desktop.engine.config_schema import SCHEMA, SERVICE, WORKER, TableOf
from desktop.engine.errors import ConfigError
from desktop.engine.toml_lines import line_of
from desktop.engine.urls import masked
from desktop.paths import Home

EVERYTHING = """
app = "shop.celery:app"
python = "py/bin/python"
name = "The shop"
[env]
SHOP = "1"
[redis]
url = "redis://:secret@127.0.0.1:7000/2"
start = "never"
[worker.orders]
queues = ["celery", "email"]
concurrency = 3
pool = "threads"
loglevel = "debug"
max_tasks_per_child = 10
autoreload = true
[worker.mail]
concurrency = "auto"
enabled = false
[beat]
enabled = true
[monitor]
port = 7001
enabled = false
[web]
port = 7002
command = ["uvicorn", "shop.web:app"]
url = "http://127.0.0.1:7002/"
[flower]
enabled = true
port = 7003
[service.vite]
command = ["npm", "run", "dev"]
ready = "http://127.0.0.1:5173/"
cwd = "front"
env = { MODE = "dev" }
needs = ["redis", "web"]
[service.clock]
command = ["tick"]
ready = 2.5
enabled = false
[downloads]
allow_private = true
files = "store"
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def load(project: Path, home: Home, content: str) -> config.StackConfig:
    (project / "celery-tray.toml").write_text(content)
    return config.load(project, home)


def refused(project: Path, home: Home, content: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(project, home, content)
    assert caught.value.exit_code == 2
    return caught.value


# --- what it means -------------------------------------------------------------------------------


def test_without_a_project_it_is_the_bundled_app_in_the_simple_mode(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    stack = config.load(None, home)
    assert (stack.app, stack.bundled, stack.project, stack.python) == (
        "web.celery_app",
        True,
        "",
        "",
    )
    assert stack.redis.url == "redis://127.0.0.1:6379/0"
    assert [worker.name for worker in stack.workers] == ["worker1"]
    assert stack.workers[0].queues == ()
    assert 1 <= (config.concurrency(stack.workers[0]) or 0) <= 4
    assert (stack.monitor.port, stack.web.port, stack.flower.port) == (8001, 8000, 5555)
    assert (stack.flower.enabled, stack.beat.enabled) == (False, False)


def test_the_bundled_app_follows_the_broker_of_the_environment_as_its_worker_does(
    home: Home, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://127.0.0.1:7777/1")
    assert config.load(None, home).redis.url == "redis://127.0.0.1:7777/1"
    named = load(project, home, 'app = "web.celery_app"\n[redis]\nurl = "redis://127.0.0.1:1/0"')
    assert named.redis.url == "redis://127.0.0.1:1/0"
    monkeypatch.setenv("CELERY_BROKER_URL", "amqp://elsewhere")
    assert config.load(None, home).redis.url == config.REDIS_URL


def test_the_bundled_app_can_be_overridden_in_the_state_folder(home: Home) -> None:
    home.make()
    (home.root / "bundled.toml").write_text('[web]\nport = 9000\n[downloads]\nfiles = "store"')
    stack = config.load(None, home)
    assert (stack.bundled, stack.web.port, stack.project) == (True, 9000, "")
    assert stack.downloads.files == str(home.root / "store")


def test_every_key_is_honoured(project: Path, home: Home) -> None:
    stack = load(project, home, EVERYTHING)
    folder = project.resolve()
    assert (stack.app, stack.name, stack.bundled) == ("shop.celery:app", "The shop", False)
    assert stack.project == str(folder)
    assert stack.file == str(folder / "celery-tray.toml")
    assert stack.python == str(folder / "py/bin/python")
    assert stack.redis == config.RedisConfig("redis://:secret@127.0.0.1:7000/2", "never", True)
    orders, mail = stack.workers
    assert orders == config.WorkerConfig(
        "orders", ("celery", "email"), 3, "threads", "debug", 10, True, True
    )
    assert (mail.concurrency, mail.enabled, mail.queues) == ("auto", False, ())
    assert stack.beat.enabled
    assert stack.monitor == config.MonitorConfig(False, 7001)
    assert stack.web.command == ("uvicorn", "shop.web:app")
    assert (stack.web.port, stack.web.url) == (7002, "http://127.0.0.1:7002/")
    assert stack.flower == config.FlowerConfig(True, 7003)
    vite, clock = stack.services
    assert vite == config.CommandConfig(
        "vite",
        ("npm", "run", "dev"),
        "http://127.0.0.1:5173/",
        str(folder / "front"),
        {"MODE": "dev"},
        ("redis", "web"),
    )
    assert (clock.ready, clock.enabled, clock.cwd) == (2.5, False, str(folder))
    assert stack.downloads == config.DownloadsConfig(True, str(folder / "store"))
    assert stack.app_env == {"CELERY_BROKER_URL": stack.redis.url, "SHOP": "1"}


def test_the_same_in_pyproject(project: Path, home: Home) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.celery-tray]\napp = "shop:app"\n[tool.celery-tray.web]\nport = 7002\n'
    )
    stack = config.load(project, home)
    assert (stack.app, stack.web.port) == ("shop:app", 7002)


def test_every_key_of_the_schema_has_a_place_in_the_configuration() -> None:
    assert set(SCHEMA) == {
        {"workers": "worker", "services": "service"}.get(field, field)
        for field in config.StackConfig.__struct_fields__
        if field not in {"bundled", "project", "file"}
    }
    assert set(WORKER) == set(config.WorkerConfig.__struct_fields__) - {"name"}
    assert set(SERVICE) == set(config.CommandConfig.__struct_fields__) - {"name"}
    assert TableOf not in get_args(SCHEMA)


def test_the_bundled_app_is_configured_by_naming_it(project: Path, home: Home) -> None:
    stack = load(project, home, 'app = "web.celery_app"\n[web]\nport = 7002')
    assert (stack.bundled, stack.web.port, stack.python, stack.cwd) == (True, 7002, "", "")
    assert stack.workers[0].concurrency == "auto"


@pytest.mark.parametrize("own", ["web/celery_app.py", "web.py", ".venv/bin/python"])
def test_web_celery_app_is_theirs_where_the_project_has_one(
    project: Path, home: Home, own: str
) -> None:
    (project / own).parent.mkdir(parents=True, exist_ok=True)
    (project / own).touch()
    assert not load(project, home, 'app = "web.celery_app"').bundled


def test_web_celery_app_with_an_interpreter_is_theirs(project: Path, home: Home) -> None:
    stack = load(project, home, 'app = "web.celery_app"\npython = "bin/python"')
    assert not stack.bundled


def test_a_worker_of_a_project_leaves_the_concurrency_to_the_app(project: Path, home: Home) -> None:
    stack = load(project, home, 'app = "shop"')
    assert [(one.name, config.concurrency(one)) for one in stack.workers] == [("worker1", None)]


@pytest.mark.parametrize("sample", ["shop", "web-clash", "full-mode"])
def test_the_samples_load(sample: str, home: Home) -> None:
    stack = config.load(paths.resources() / "samples" / sample, home)
    assert stack.bundled == (sample == "full-mode")


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(project: Path, home: Home) -> None:
    content = "\ufeffapp = 'shop'\r\n[web]\r\nport = 'x'\r\n"
    assert "line 3" in str(refused(project, home, content))


# --- mistakes ------------------------------------------------------------------------------------

APP = 'app = "shop.celery:app"\n'


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("", 1, "app is missing"),
        ("[web]\nport = 8000", 1, "app is missing"),
        ('app = ""', 1, "as for celery -A"),
        ('app = "shop celery"', 1, "as for celery -A"),
        ("app = 3", 1, "found 3"),
        (APP + 'pyhton = "x"', 2, 'did you mean "python"?'),
        (APP + "[workers.a]", 2, 'did you mean "worker"?'),
        (APP + "[zzz]", 2, "known here: app, python"),
        (APP + '[worker.a]\nqueue = "x"', 3, 'did you mean "queues"?'),
        (APP + '[worker.a]\nqueues = "x"', 3, 'a list of names, such as ["celery", "email"]'),
        (APP + "[worker.a]\nqueues = [1]", 3, "found [1]"),
        (APP + "[worker.a]\nconcurrency = -1", 3, 'a whole number from 1, or "auto", found -1'),
        (APP + "[worker.a]\nconcurrency = true", 3, "found true"),
        (APP + "[worker.a]\nconcurrency = 1.5", 3, "found 1.5"),
        (APP + '[worker.a]\npool = "thread"', 3, '"threads"'),
        (APP + '[worker.a]\nloglevel = "loud"', 3, '"warning"'),
        (APP + "[worker]\nconcurrency = 2", 3, "[worker.worker1]"),
        (APP + "worker = 2", 2, "[worker.NAME]"),
        (APP + '[worker."a b"]', 2, "letters, digits"),
        (APP + "[worker.redis]", 2, "taken"),
        (APP + "[monitor]\nport = 70000", 3, "a whole number from 1 to 65535, found 70000"),
        (APP + '[monitor]\nport = "8001"', 3, 'found "8001"'),
        (APP + '[monitor]\nurl_prefix = "/a/../b"', 3, 'such as "/celery"'),
        (APP + '[monitor]\norigins = ["ops.example.com"]', 3, "https://ops.example.com"),
        (APP + '[monitor]\norigins = "https://ops"', 3, "a list of addresses"),
        (APP + "[monitor]\nread_only = 1", 3, "true or false"),
        (APP + "[monitor]\nenabled = 1", 3, "true or false"),
        (APP + "monitor = 8001", 2, "[monitor]"),
        (APP + '[redis]\nurl = "http://x"', 3, "redis://"),
        (APP + '[redis]\nurl = "127.0.0.1:6379"', 3, "an address"),
        (APP + '[redis]\nurl = "redis://x:99999/0"', 3, "an address"),
        (APP + '[redis]\nurl = "redis://x/zero"', 3, "a number of a database"),
        (APP + '[redis]\nstart = "always"', 3, '"if-needed", "never"'),
        (APP + '[web]\ncommand = "npm run dev"', 3, '["npm", "run", "dev"]'),
        (APP + "[web]\ncommand = []", 3, "a list of words"),
        (APP + '[web]\nurl = "localhost:3000"', 3, "http://127.0.0.1:8000/"),
        (APP + "[service.a]", 2, "command is missing"),
        (APP + '[service.a]\ncommand = ["x"]\nready = "soon"', 4, "127.0.0.1:5432"),
        (APP + '[service.a]\ncommand = ["x"]\nready = nan', 4, "NaN"),
        (APP + '[service.a]\ncommand = ["x"]\nready = true', 4, "found true"),
        (APP + '[service.a]\ncommand = ["x"]\nenv = { A = 1 }', 4, "texts under names"),
        (APP + '[service.a]\ncommand = ["x"]\nneeds = ["rediss"]', 4, 'did you mean "redis"?'),
        (APP + '[service.a]\ncommand = ["x"]\nneeds = ["a"]', 4, "waits for itself"),
        (APP + '[service.web]\ncommand = ["x"]', 2, "taken"),
        (APP + '[worker.a]\n[service.a]\ncommand = ["x"]', 3, "taken"),
        (APP + "[flower]\nenabled = true\nport = 8001", 4, "port 8001 is used by flower and by"),
        (
            APP + '[service.a]\ncommand = ["x"]\nready = "localhost:6379"',
            4,
            "port 6379 is used by service.a and by redis",
        ),
        (
            APP + '[redis]\nurl = "redis://127.0.0.1:8001"',
            3,
            "port 8001 is used by redis and by monitor",
        ),
        (APP + "[web]\ncommand = [\n  'a',\n  3,\n]\n", 3, "a list of words"),
        (APP + 'name = """\n[web]\nport = 5\n"""\n[web]\nport = 0', 7, "found 0"),
        (APP + "web = { port = 0 }", 2, "found 0"),
        (APP + "web.port = 0", 2, "found 0"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_was_expected(
    project: Path, home: Home, content: str, line: int, words: str
) -> None:
    problem = refused(project, home, content).problem
    message = str(problem.message)
    assert problem.code == "config-invalid"
    assert f"celery-tray.toml, line {line}:" in message, message
    assert words in message, message
    assert "celery-tray.toml" in str(problem.next_step)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(project: Path, home: Home) -> None:
    error = refused(project, home, APP + "[web]\nport = 0\nprot = 1\n[beat]\nenabled = 'x'")
    assert str(error.problem.title) == "3 mistakes in the configuration"
    lines = str(error.problem.message).splitlines()
    assert [line.split(":")[0].rsplit(" ", 1)[1] for line in lines] == ["3", "4", "6"]


def test_a_mistake_in_pyproject_is_told_with_its_line_there(project: Path, home: Home) -> None:
    (project / "pyproject.toml").write_text(
        '[web]\nport = 1\n[tool.celery-tray]\napp = "a"\n[tool.celery-tray.web]\nport = 0\n'
    )
    with pytest.raises(ConfigError) as caught:
        config.load(project, home)
    assert "pyproject.toml, line 6:" in str(caught.value)


@pytest.mark.parametrize("url", ["htp://u:secret@x/0", "u:secret@x:1", "redis://u:secret@x:y/0"])
def test_a_password_in_a_wrong_address_is_not_shown(project: Path, home: Home, url: str) -> None:
    said = str(refused(project, home, APP + f'[redis]\nurl = "{url}"'))
    assert "secret" not in said
    assert "***@x" in said


def test_services_in_a_circle_are_told(project: Path, home: Home) -> None:
    circle = "".join(
        f'[service.{one}]\ncommand = ["x"]\nneeds = ["{other}"]\n'
        for one, other in (("a", "b"), ("b", "c"), ("c", "b"))
    )
    said = str(refused(project, home, APP + circle))
    assert "b waits for itself" in said
    assert "c waits for itself" in said
    assert "a waits" not in said


def test_ports_of_what_is_off_may_meet(project: Path, home: Home) -> None:
    load(project, home, APP + "[flower]\nport = 8001\n")
    load(project, home, APP + "[web]\nport = 8001\n")  # no web server without a command


# --- files that can't be read --------------------------------------------------------------------


def test_broken_toml_is_told_with_line_and_column(project: Path, home: Home) -> None:
    problem = refused(project, home, 'app = "a"\n[redis]\nurl = "redis://:secret@x\n').problem
    assert problem.code == "config-syntax"
    assert "celery-tray.toml, line 3, column" in str(problem.message)
    assert "secret" not in str(problem)
    assert problem.log[0].startswith('url = "redis://***@x')
    assert problem.log[1].strip() == "^"


def test_toml_that_ends_too_early_is_told_with_its_last_line(project: Path, home: Home) -> None:
    assert "line 2" in str(refused(project, home, 'app = "a"\n[redis'))


def test_a_file_that_is_not_utf_8(project: Path, home: Home) -> None:
    (project / "celery-tray.toml").write_bytes(b'app = "a"\nname = "caf\xe9"\n')
    with pytest.raises(ConfigError) as caught:
        config.load(project, home)
    assert "line 2: this is not UTF-8" in str(caught.value)


def test_a_folder_of_that_name(project: Path, home: Home) -> None:
    (project / "celery-tray.toml").mkdir()
    with pytest.raises(ConfigError) as caught:
        config.load(project, home)
    assert "is a folder, not a file" in str(caught.value)


def test_a_link_to_nowhere(project: Path, home: Home) -> None:
    (project / "celery-tray.toml").symlink_to(project / "gone")
    with pytest.raises(ConfigError) as caught:
        config.load(project, home)
    assert "No such file" in str(caught.value)


def test_a_file_that_may_not_be_read(
    project: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (project / "celery-tray.toml").touch()
    monkeypatch.setattr(Path, "read_bytes", forbidden)
    with pytest.raises(ConfigError) as caught:
        config.load(project, home)
    assert "may not be read by this user" in str(caught.value)


def test_a_folder_without_a_configuration(project: Path, home: Home) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(project, home)
    assert "has no celery-tray.toml" in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        config.load(project / "gone", home)
    assert "There is no folder" in str(caught.value)


@pytest.mark.parametrize("content", ["[tool]\ncelery-tray = 3", "[[tool.celery-tray]]"])
def test_our_table_in_pyproject_that_is_none(project: Path, home: Home, content: str) -> None:
    (project / "pyproject.toml").write_text(content)
    with pytest.raises(ConfigError) as caught:
        config.load(project, home)
    assert "must be a table" in str(caught.value)


# --- whatever is written -------------------------------------------------------------------------

_VALUES = st.recursive(
    st.sampled_from(['"text"', "1", "-1", "0.5", "inf", "true", '""', "1979-05-27", "'redis://x'"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
)
_KEYS = st.sampled_from(
    (
        *("app", "python", "name", "redis.url", "redis", "worker.a.queues", "worker.a", "env.A"),
        *("web.port", "web.command", "service.s.ready", "service.s.needs", "service.s.command"),
        "x.y",
    )
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=6))
def test_whatever_stands_in_the_file_it_loads_or_is_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, str]
) -> None:
    project = tmp_path_factory.mktemp("project")
    content = "".join(f"{key} = {value}\n" for key, value in table.items())
    (project / "celery-tray.toml").write_text(content)
    problem = None
    try:
        config.load(project, Home(project / "home"))
    except ConfigError as error:
        problem = error.problem
    assert problem is None or (str(problem.message) and str(problem.next_step))


def test_a_key_is_found_on_its_own_line_not_in_a_text_that_looks_like_it() -> None:
    content = '# port = 1\nname = """\n[web]\nport = 2\n"""\n[web]\nurl = "port"\nport = 3\n'
    assert line_of(content, ("web", "port")) == 8
    assert line_of(content, ("web",)) == 6
    assert line_of(content, ("web", "nothing")) == 6
    assert line_of(content, ("nothing",)) == 1


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("redis://:s@cret/x@host:1/0", "redis://***@host:1/0"),
        ("amqp://u:p@h//", "amqp://***@h//"),
        ("rediss://h/0?password=abc&x=1", "rediss://h/0?password=***&x=1"),
        ("sentinel://:a@h1:1;sentinel://:b@h2:2", "sentinel://***@h2:2"),
    ],
)
def test_credentials_in_an_address_are_masked(url: str, shown: str) -> None:
    assert masked(url) == shown

"""Arguments, help, usage errors and exit codes: nothing here starts an engine."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from desktop.cli.group import VERBS
from desktop.engine.client import Client
from desktop.engine.errors import NotRunning
from desktop.paths import Home
from tests.cli.conftest import COMMAND, Cli, environment

ACCIDENT = """
import sys

class BreaksTheOverview:
    def find_spec(self, name, path=None, target=None):
        if name == "desktop.cli.overview":
            raise ZeroDivisionError

sys.meta_path.insert(0, BreaksTheOverview())
"""
CONTRACT = {
    "builtin-monitor",
    "cleanup",
    "completion",
    "flower",
    "login",
    "logs",
    "monitor",
    "password",
    "queues",
    "restart",
    "schedule",
    "start",
    "status",
    "stop",
    "tasks",
    "up",
    "web",
    "why",
    "workers",
}  # fmt: skip
COMMON = ("--project", "--home", "--json", "--no-color", "-v")


@pytest.fixture(autouse=True)
def no_engine(cli: Cli) -> object:
    yield
    with pytest.raises(NotRunning):
        Client.connect(Home(cli.home), "cli", start=False)


def test_there_are_the_verbs_of_the_contract_and_no_stubs() -> None:
    assert set(VERBS) == CONTRACT


@pytest.mark.parametrize("name", sorted(VERBS))
def test_every_verb_has_help_with_an_example_and_the_common_options(cli: Cli, name: str) -> None:
    done = cli(name, "--help")
    assert done.code == 0
    example = re.search(r"Example:\n\s+(.*)", done.out)
    assert example and f"celery-tray {name}" in example[1]
    assert all(option in done.out for option in COMMON)


def test_the_help_of_all_names_every_verb(cli: Cli) -> None:
    done = cli("--help")
    assert done.code == 0
    assert all(re.search(rf"^  {name} ", done.out, re.MULTILINE) for name in VERBS)


def test_help_is_whole_in_chinese(cli: Cli) -> None:
    done = cli("start", "--help", CELERY_TRAY_LANGUAGE="zh_CN")
    words = re.sub(
        r"--?[\w-]+|\[.*?\]|[A-Z_]{2,}|celery-tray.*|worker\w*|Ctrl-C|JSON|Celery Tray|Flower",
        "",
        done.out,
    )
    assert done.code == 0
    assert not re.findall(r"[A-Za-z]{4,}", words), words


def test_the_version_is_shown(cli: Cli) -> None:
    assert cli("--version").out.startswith("celery-tray, version 0.")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("strat",), "Did you mean start?"),
        (("nonsense",), "There is no command “nonsense”."),
        (("start", "--simpel"), "Did you mean --simple?"),
        (("start", "--simple", "--concurrency", "0"), "a whole number from 1 to 1024"),
        (("start", "--simple", "--concurrency"), "--concurrency"),
        (("start", "--simple", "--pool", "preforc"), "Did you mean prefork?"),
        (("start", "--simple", "--worker", "x"), "contradict"),
        (("start", "--replace", "--keep"), "contradict"),
        (("start", "redis", "--simple"), "contradict"),
        (("start", "--concurrency", "2"), "Add --simple or --worker NAME."),
        (("stop", "--patience", "soon"), "a number of seconds"),
        (("monitor", "--interval", "0"), "a number of seconds"),
        (("web", "--port", "70000"), "a whole number from 1 to 65535"),
        (("logs", "--grep", "("), "The pattern can't be read"),
        (("logs", "nosuch"), "nosuch"),
        (("login",), "is missing"),
        (("login", "enabel"), "Did you mean enable?"),
        (("status", "more"), "“more”"),
        (("status", "--project"), "--project needs a value"),
        (("status", "--project", "/nonexistent"), "There is no folder /nonexistent"),
    ],
)
def test_wrong_usage_says_what_was_expected(cli: Cli, args: tuple[str, ...], words: str) -> None:
    done = cli(*args)
    assert done.code == 2
    assert words in done.err
    assert done.out == ""


def test_with_json_an_error_is_one_document_and_words_on_stderr(cli: Cli) -> None:
    done = cli("strat", "--json")
    assert done.code == 2
    assert done.document["error"]["exit_code"] == 2
    assert "strat" in done.document["error"]["title"]
    assert "Did you mean start?" in done.err


def test_a_broken_configuration_is_two_and_names_file_and_line(cli: Cli) -> None:
    (cli.folder / "celery-tray.toml").write_text('app = "x:y"\n[monitor]\nprot = 1\n')
    done = cli("status", "--json")
    assert done.code == 2
    assert "celery-tray.toml" in done.err and "prot" in done.err
    assert done.document["error"]["code"]


def test_status_of_nothing_is_three_and_starts_nothing(cli: Cli) -> None:
    done = cli("status", "--json")
    assert done.code == 3
    assert done.document["engine"] is None
    assert done.document["stack"]["state"] == "stopped"
    assert set(done.document) >= {
        "engine",
        "stack",
        "services",
        "workers",
        "tasks",
        "queues",
        "findings",
    }
    assert cli("status").code == 3


def test_stop_of_nothing_is_done_and_starts_nothing(cli: Cli) -> None:
    done = cli("stop")
    assert (done.code, done.out) == (0, "Nothing is running.\n")
    assert cli("stop", "--worker", "worker1", "--json").document["stopped"] == []


@pytest.mark.parametrize("place", ["before", "after"])
def test_the_common_options_stand_before_or_after_the_verb(cli: Cli, place: str) -> None:
    common = ("--json", "--no-color", "-v", f"--home={cli.home}", "--project", str(cli.folder))
    (cli.folder / "celery-tray.toml").write_text('app = "web.celery_app"\n')
    done = cli(*common, "status") if place == "before" else cli("status", *common)
    assert done.code == 3
    assert done.document["stack"]["project"] == str(cli.folder)


def test_the_nearest_configured_parent_folder_is_the_project(cli: Cli) -> None:
    (cli.folder / "celery-tray.toml").write_text('app = "web.celery_app"\n')
    below = cli.folder / "a" / "b"
    below.mkdir(parents=True)
    document = Cli(cli.home, below)("status", "--json").document
    assert document["stack"]["project"] == str(cli.folder)


def test_the_password_is_generated_and_renewed(cli: Cli) -> None:
    first = cli("password", "--json").document
    assert first == cli("password", "--json").document
    renewed = cli("password", "--renew", "--json").document
    assert renewed["user"] == first["user"] and renewed["password"] != first["password"]
    assert renewed["password"] in cli("password").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_the_shell(cli: Cli, shell: str) -> None:
    done = cli("completion", shell)
    assert done.code == 0 and "_CELERY_TRAY_COMPLETE" in done.out


def test_a_shell_is_told_verbs_and_options(cli: Cli) -> None:
    def completed(words: str, place: int) -> str:
        return cli(
            _CELERY_TRAY_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(place)
        ).out

    assert {"start", "status", "stop"} <= {
        line.partition(",")[2] for line in completed("celery-tray st", 1).splitlines()
    }
    assert "plain,--simple" in completed("celery-tray start --si", 2)
    assert "plain,--home" in completed("celery-tray start --ho", 2)


def test_login_is_enabled_told_and_disabled(cli: Cli, tmp_path: Path) -> None:
    folder = {"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    assert cli("login", "status", "--json", **folder).document["enabled"] is False
    assert cli("login", "enable", "--start", **folder).code == 0
    status = cli("login", "status", "--json", **folder).document
    assert status["enabled"] and status["start_stack"] and not status["stale"]
    assert Path(status["path"]).is_relative_to(tmp_path)
    assert cli("login", "disable", "--json", **folder).document["enabled"] is False


def test_an_unusable_home_has_words(cli: Cli) -> None:
    cli.home.write_text("a file")
    done = cli("start", "--json")
    assert done.code == 1
    assert str(cli.home) in done.err and "--home" in done.err
    cli.home.unlink()


def test_an_accident_of_our_own_is_one_line_and_a_log(cli: Cli) -> None:
    folder = cli.folder / "accident"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(ACCIDENT)
    done = cli("status", "--json", PYTHONPATH=str(folder))
    assert done.code == 1
    assert done.err.count("\n") == 2
    assert "Something in Celery Tray itself went wrong." in done.err
    assert done.document["error"]["code"] == "unexpected"
    assert "ZeroDivisionError" in (cli.home / "cli.log").read_text()


@pytest.mark.parametrize("args", [("--help",), ("status",), ("completion", "bash")])
def test_output_to_a_reader_that_left_is_quiet(cli: Cli, args: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, *args],
        cwd=cli.folder,
        env=environment(cli.home),
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=30,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")

"""Start at login: both platforms' entries, judged by their own rules, round and round."""

from __future__ import annotations

import os
import plistlib
import sys
from pathlib import Path

import pytest

from desktop.engine.errors import TrayError
from desktop.system import login_item
from desktop.system.login_item import AutostartEntry, Launch, LaunchAgent, LoginItem, command, mend

AWKWARD = "/home/ada/my 100% \"quoted\" $HOME `id` 'x' back\\slash; & é/project"


@pytest.fixture(params=[LaunchAgent, AutostartEntry])
def item(request: pytest.FixtureRequest, tmp_path: Path) -> LoginItem:
    made: LoginItem = request.param(tmp_path / "not yet there")
    return made


def test_enabled_told_and_disabled(item: LoginItem) -> None:
    assert not item.status().enabled
    item.disable()
    item.enable(Launch())
    status = item.status()
    assert status.enabled and not status.start_stack and not status.stale
    assert status.command == command(Launch())
    item.enable(Launch(start_stack=True))
    assert item.status().start_stack and not item.status().stale
    item.disable()
    assert not item.status().enabled


def test_project_and_home_are_kept_word_for_word(item: LoginItem, tmp_path: Path) -> None:
    launch = Launch(True, AWKWARD, tmp_path / "a home")
    item.enable(launch)
    status = item.status()
    assert status.launch == launch
    assert status.command == command(launch)
    assert not status.stale


def test_the_usual_home_is_not_spelled_out() -> None:
    from desktop.paths import platform_home

    assert "--home" not in command(Launch(home=platform_home()))
    assert "--hidden" in command(Launch())


def test_a_moved_program_is_noticed_and_mended(
    item: LoginItem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as then:
        then.setattr(sys, "executable", str(tmp_path / "gone" / "python"))
        item.enable(Launch(True, "/home/ada/shop"))
    status = item.status()
    assert status.stale and status.moved and status.start_stack
    assert mend(item)
    status = item.status()
    assert not status.stale and status.launch == Launch(True, "/home/ada/shop")
    assert status.command[0] == sys.executable
    assert not mend(item), "once is enough"


def test_another_installation_that_is_there_is_left_as_it_is(
    item: LoginItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as then:
        then.setattr(sys, "executable", "/bin/sh")
        item.enable(Launch())
    assert item.status().stale
    assert not mend(item)
    assert item.status().command[0] == "/bin/sh"


def test_nothing_is_mended_where_nothing_is_enabled(item: LoginItem) -> None:
    assert not mend(item)
    assert not item.status().enabled


def test_a_folder_that_can_t_be_written_has_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for item in (LaunchAgent(tmp_path / "file"), AutostartEntry(tmp_path / "file" / "autostart")):
        with pytest.raises(TrayError) as refused:
            item.enable(Launch())
        assert str(tmp_path / "file") in str(refused.value.problem.title)
        assert str(refused.value.problem.next_step)


def test_a_launch_agent_keeps_launchd_s_rules(tmp_path: Path) -> None:
    LaunchAgent(tmp_path).enable(Launch(True))
    [path] = tmp_path.iterdir()
    content = plistlib.loads(path.read_bytes())
    assert path.name == f"{content['Label']}.plist"
    assert content["ProgramArguments"] == list(command(Launch(True)))
    assert Path(content["ProgramArguments"][0]).is_absolute()
    assert content["RunAtLoad"] is True
    assert content["LimitLoadToSessionType"] == "Aqua"
    assert content["AbandonProcessGroup"] is True
    assert "KeepAlive" not in content, "Quit has to stick"
    assert path.stat().st_mode & 0o022 == 0, "launchd refuses what others may write"


@pytest.mark.parametrize("content", [b"", b"no list", b"<plist><dict></plist>", b"\xff\xfe"])
def test_a_broken_launch_agent_is_mended(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"{login_item.LABEL}.plist").write_bytes(content)
    assert LaunchAgent(tmp_path).status().stale
    assert mend(LaunchAgent(tmp_path))
    assert not LaunchAgent(tmp_path).status().stale


def _entries(folder: Path) -> dict[str, str]:
    first, *lines = (folder / login_item.DESKTOP_FILE).read_text().splitlines()
    assert first == "[Desktop Entry]"
    assert all("=" in line for line in lines)
    return dict(line.split("=", 1) for line in lines)


def test_an_autostart_entry_keeps_the_desktop_entry_s_rules(tmp_path: Path) -> None:
    AutostartEntry(tmp_path).enable(Launch())
    entries = _entries(tmp_path)
    assert entries["Type"] == "Application" and entries["Name"] == "Celery Tray"
    assert entries["Terminal"] == "false"
    assert entries["Exec"].startswith(sys.executable)
    assert "=" not in entries["Exec"].split(" ")[0]


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("/usr/bin/python", "/usr/bin/python"),
        ("a b", '"a b"'),
        ("100%", "100%%"),
        ('say "hi"', r'"say \\"hi\\""'),
        ("$HOME", r'"\\$HOME"'),
        ("`id`", r'"\\`id\\`"'),
        ("back\\slash", r'"back\\\\slash"'),
        ("two\nlines", r'"two\nlines"'),
        ("", '""'),
    ],
)
def test_an_argument_is_quoted_as_the_specification_says(
    word: str, line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(login_item, "command", lambda launch: ("program", word))
    AutostartEntry(tmp_path).enable(Launch())
    assert _entries(tmp_path)["Exec"] == f"program {line}"
    assert AutostartEntry(tmp_path).status().command == ("program", word)


@pytest.mark.parametrize("switch", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
def test_an_entry_that_the_desktop_has_switched_off_is_off(tmp_path: Path, switch: str) -> None:
    item = AutostartEntry(tmp_path)
    item.enable(Launch())
    path = tmp_path / login_item.DESKTOP_FILE
    path.write_text(path.read_text() + switch + "\n")
    assert not item.status().enabled
    item.enable(Launch())
    assert item.status().enabled


def test_each_platform_has_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    places = {"darwin": "Library/LaunchAgents", "linux": ".config/autostart"}
    for platform, place in places.items():
        item = login_item.of_platform(platform)
        item.enable(Launch())
        path = item.status().path
        assert path and path.parent == tmp_path / place
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    login_item.of_platform("linux").enable(Launch())
    assert os.listdir(tmp_path / "xdg" / "autostart") == [login_item.DESKTOP_FILE]  # noqa: PTH208


def test_elsewhere_it_is_said_what_to_do_by_hand() -> None:
    item = login_item.of_platform("freebsd14")
    assert not item.status().enabled
    item.disable()
    with pytest.raises(TrayError, match="not supported"):
        item.enable(Launch())

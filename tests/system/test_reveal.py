from __future__ import annotations

import sys
from pathlib import Path

import pytest

from desktop.engine.errors import TrayError
from desktop.system import reveal


@pytest.fixture
def opener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH with an ``xdg-open`` that writes down what it was given."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "xdg-open"
    program.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{tmp_path}/opened"\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    return program


def opened(opener: Path) -> str:
    return (opener.parent.parent / "opened").read_text()


def test_a_path_goes_to_the_desktops_opener(opener: Path, tmp_path: Path) -> None:
    file = tmp_path / "a log with spaces; and more.log"
    file.write_text("x")
    reveal.open_path(file)
    assert opened(opener) == str(file)


def test_an_address_goes_to_the_desktops_opener(opener: Path) -> None:
    reveal.open_url("http://127.0.0.1:8000/?a=1&b=2")
    assert opened(opener) == "http://127.0.0.1:8000/?a=1&b=2"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "javascript:alert(1)", "http://", "--help"])
def test_only_web_addresses_are_opened(opener: Path, url: str) -> None:
    with pytest.raises(TrayError) as caught:
        reveal.open_url(url)
    assert caught.value.problem.code == "not-a-web-address"
    assert not (opener.parent.parent / "opened").exists()


def test_revealing_a_file_without_a_file_manager_opens_its_folder(
    opener: Path, tmp_path: Path
) -> None:
    file = tmp_path / "downloads" / "file.bin"
    file.parent.mkdir()
    file.write_bytes(b"")
    reveal.reveal(file)
    assert opened(opener) == str(file.parent)


def test_a_missing_file_is_told_with_a_next_step(opener: Path, tmp_path: Path) -> None:
    with pytest.raises(TrayError) as caught:
        reveal.open_path(tmp_path / "redis.log")
    assert caught.value.problem.code == "not-there"
    assert "log" in str(caught.value.problem.next_step)


def test_a_refusing_opener_is_told(opener: Path, tmp_path: Path) -> None:
    opener.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(TrayError) as caught:
        reveal.open_path(tmp_path)
    assert caught.value.problem.code == "opener-refused"
    assert "xdg-open: 3" in str(caught.value)


def test_an_opener_that_becomes_the_browser_is_not_waited_for(
    opener: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reveal, "REFUSAL_WAIT_S", 0.05)
    end = tmp_path / "end"
    opener.write_text(f'#!/bin/sh\nwhile [ ! -e "{end}" ]; do sleep 0.02; done\n')
    reveal.open_path(tmp_path)
    end.touch()


def test_a_desktop_without_an_opener_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TrayError) as caught:
        reveal.open_path(tmp_path)
    assert caught.value.problem.code == "no-opener"


def test_other_programs_get_their_own_library_path_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    environment = reveal.child_environment(
        {"LD_LIBRARY_PATH": "/app", "LD_LIBRARY_PATH_ORIG": "/theirs", "DYLD_LIBRARY_PATH": "/app"}
    )
    assert environment == {"LD_LIBRARY_PATH": "/theirs"}

"""Flower's credentials: made once, private, never a default."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from desktop.engine.credentials import flower_credentials, renew
from desktop.engine.errors import HomeError
from desktop.paths import Home


def test_they_are_made_once_and_told_apart(tmp_path: Path) -> None:
    first = flower_credentials(Home(tmp_path / "home"))
    again = flower_credentials(Home(tmp_path / "home"))
    assert first.created and not again.created
    assert (first.user, first.password) == (again.user, again.password)
    assert len(first.password) >= 20
    assert first.basic_auth == f"{first.user}:{first.password}"


def test_the_file_is_for_this_user_only(tmp_path: Path) -> None:
    flower_credentials(Home(tmp_path))
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("flower.json*")}
    assert modes == {0o600}


def test_renewing_gives_others(tmp_path: Path) -> None:
    old = flower_credentials(Home(tmp_path))
    new = renew(Home(tmp_path))
    assert new.created and new.password != old.password
    assert flower_credentials(Home(tmp_path)).password == new.password


def test_two_programs_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: flower_credentials(Home(tmp_path)), range(16)))
    assert len({one.password for one in made}) == 1
    assert [one.created for one in made].count(True) == 1
    assert list(tmp_path.glob("flower.json.*")) == []


def test_a_broken_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "flower.json").write_text('{"user": "adm')
    assert flower_credentials(Home(tmp_path)).created
    assert not flower_credentials(Home(tmp_path)).created


def test_an_unusable_home_has_words(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(HomeError):
        flower_credentials(Home(tmp_path / "home"))

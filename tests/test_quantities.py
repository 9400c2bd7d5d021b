"""Quantities as people read them."""

from __future__ import annotations

import time

import pytest

from desktop.quantities import clock, duration, percent, size


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (-3, "0 s"),
        (float("nan"), "0 s"),
        (0.42, "0.4 s"),
        (4, "4 s"),
        (9.97, "9 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (3599.9, "59 min 59 s"),
        (3600, "1 h"),
        (8040, "2 h 14 min"),
        (86400, "1 d"),
        (277200, "3 d 5 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [
        (0, "0 B"),
        (-1, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1536, "1.5 kB"),
        (20 * 1024**2, "20 MB"),
        (1023 * 1024, "1.0 MB"),
        (3 * 1024**3, "3.0 GB"),
    ],
)
def test_a_size_has_three_digits_at_most(n_bytes: int, words: str) -> None:
    assert size(n_bytes) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0.0 %"), (3.44, "3.4 %"), (9.99, "10 %"), (250.2, "250 %"), (float("inf"), "0.0 %")],
)
def test_a_share_is_short(share: float, words: str) -> None:
    assert percent(share) == words


def test_the_clock_names_the_day_only_when_it_is_another() -> None:
    now = time.time()
    assert clock(now) == time.strftime("%H:%M:%S", time.localtime(now))
    assert clock(now - 3 * 86400).startswith(
        time.strftime("%Y-%m-%d", time.localtime(now - 3 * 86400))
    )

"""The programs of the measurements can be run; what they measure is for ``make bench``."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.benchmarks.__main__ import ROWS
from tests.benchmarks.measurement import in_turn, measured


def test_every_measurement_is_listed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--list"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(ROWS)


def test_a_ratio_is_the_median_of_the_pairs_ratios() -> None:
    # The machine was four times slower during the second pair; the ratio does not mind.
    one = measured("start", 1.0, [(1.0, 2.0), (4.0, 8.0), (3.0, 2.0)], "by hand")
    assert one.ratio == pytest.approx(0.5)
    assert one.spread == (0.5, 1.5)
    assert one.ok
    assert not measured("start", 0.4, [(1.0, 2.0)], "by hand").ok


def test_the_two_of_a_pair_take_turns_and_the_first_pair_only_warms() -> None:
    order: list[str] = []
    pairs = in_turn(lambda: order.append("ours"), lambda: order.append("peer"), 2)
    assert len(pairs) == 2
    assert order == ["peer", "ours", "ours", "peer", "peer", "ours"]

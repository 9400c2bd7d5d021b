"""Other people's words say what they seem to say, and end."""

from __future__ import annotations

import pytest

from desktop.ui.shown_text import block, one_line


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("plain", "plain"),
        ("日本語 é 👩‍👩‍👧 \u00a0", "日本語 é 👩‍👩‍👧 \u00a0"),
        ("a\nb\tc", "a b c"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("nul\x00 zero\u200bwidth \ufeff", "nul\\x00 zero\\u200bwidth \\ufeff"),
        ("line\u2028sep\r", "line\\u2028sep\\x0d"),
        ("\udc80 \U000e0041", "\\udc80 \\U000e0041"),
    ],
)
def test_what_can_not_be_seen_is_written_out(words: str, shown: str) -> None:
    assert one_line(words) == shown


def test_lines_stay_lines_in_a_block() -> None:
    assert block("a\n\tb\x07") == "a\n\tb\\x07"


def test_what_has_no_end_is_cut_and_says_so() -> None:
    assert one_line("x" * 5_000_000, 10) == "xxxxxxxxxx…"
    shown = block("é" * 2_000_000, 100)
    assert shown.startswith("é" * 100 + "\n") and "3.8 MB" in shown and len(shown) < 200

from __future__ import annotations

import pytest

from desktop.engine.log_text import clean
from desktop.ui.pages.log_lines import LogLine, PatternError, matcher, merged, stamp


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[32mgreen\x1b[0m", "green"),
        ("\x1b[1;38;5;208mbold\x1b[K", "bold"),
        ("\x1b]8;;http://evil/\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;title\x07rest", "rest"),
        ("50%\r100%\x08\x07", "50%100%"),
        ("tab\tstays", "tab\tstays"),
        ("one\u2028line\u2029only", "one line only"),
        ("turned\u202eround", "turned\ufffdround"),
        ("<b>not markup</b>", "<b>not markup</b>"),
        ("中文 stays", "中文 stays"),
    ],
)
def test_a_line_is_plain_text(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@pytest.mark.parametrize(
    "line",
    [
        "[2026-11-24 09:12:02,250: INFO/MainProcess] ready.",
        "2026-11-24T09:12:02.250Z hello",
        "51860:M 24 Nov 2026 09:12:02.250 * Ready to accept connections",
    ],
)
def test_the_time_of_a_line_is_found_in_the_forms_that_services_write(line: str) -> None:
    assert stamp(line) == stamp("2026-11-24 09:12:02.25")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no time here",
        "99 Abc 2026 09:12:02.004",
        "2026-13-45 99:99:99",
        " " * 60 + "2026-11-24 09:12:02",
    ],
)
def test_what_is_no_time_is_none(line: str) -> None:
    assert stamp(line) is None


def test_logs_are_merged_by_time_and_a_traceback_stays_with_its_line() -> None:
    worker = [
        "[2026-11-24 09:00:01,000: ERROR] boom",
        "Traceback",
        '  File "x"',
        "[2026-11-24 09:00:05,000: INFO] on",
    ]
    web = ["2026-11-24 09:00:00 start", "2026-11-24 09:00:03 request"]
    assert merged([(0, worker), (1, web)]) == [
        LogLine(1, web[0]),
        LogLine(0, worker[0]),
        LogLine(0, worker[1]),
        LogLine(0, worker[2]),
        LogLine(1, web[1]),
        LogLine(0, worker[3]),
    ]


def test_a_banner_without_times_stands_before_the_first_line_that_has_one() -> None:
    worker = [" -- celery banner --", "[2026-11-24 09:00:05,000: INFO] ready."]
    redis = ["51860:M 24 Nov 2026 09:00:01.000 * Ready"]
    assert [line.words for line in merged([(0, worker), (1, redis)])] == [*redis, *worker]


def test_a_clock_that_was_set_back_keeps_the_order_of_a_file() -> None:
    lines = ["2026-11-24 09:00:05 a", "2026-11-24 08:00:00 b"]
    assert [line.words for line in merged([(0, lines)])] == lines


def test_plain_words_are_found_in_any_case_and_are_no_expression() -> None:
    found = matcher("a.B", regex=False)
    assert found("xA.bx") and not found("aXb")


def test_an_expression_is_one_only_where_that_was_asked() -> None:
    assert matcher(r"^\d+$", regex=True)("123")
    assert not matcher(r"^\d+$", regex=True)("12a")


def test_a_wrong_expression_says_what_is_wrong_and_where() -> None:
    with pytest.raises(PatternError, match="missing closing parenthesis") as raised:
        matcher("(abc", regex=True)
    assert "character 5" in str(raised.value)


def test_an_expression_that_would_never_end_is_given_up() -> None:
    slow = matcher(r"(a+)+(b+)+(a|aa)+$", regex=True)
    with pytest.raises(PatternError, match="too long"):
        slow("ab" * 14 + "a" * 4000 + "!")

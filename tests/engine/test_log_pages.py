from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from desktop.engine import log_pages
from desktop.engine.errors import UsageError
from desktop.engine.log_pages import Wanted, before, last, since
from desktop.engine.log_text import Level, clean

ALL = Wanted()


def words(part: log_pages.Part) -> list[str]:
    return [line.words for line in part.lines]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "worker1.log"


def test_a_log_is_read_from_its_end_to_its_beginning_and_then_followed(log, monkeypatch):
    monkeypatch.setattr(log_pages, "FIRST_BYTES", 200)
    log.write_text("".join(f"line {number}\n" for number in range(1000)))
    read, part = [], last(log, 70, ALL)
    end = part.end
    assert end == log.stat().st_size
    while part.lines:
        read = [line.words for line in part.lines] + read
        part = before(log, part.start, 70, ALL) if part.more else log_pages.Part()
    assert read == [f"line {number}" for number in range(1000)]
    assert since(log, end, 10, ALL).lines == ()
    with log.open("a") as file:
        file.write("new\nhalf")
    news = since(log, end, 10, ALL)
    assert words(news) == ["new"] and not news.cut
    with log.open("a") as file:
        file.write(" and whole\n")
    assert words(since(log, news.end, 10, ALL)) == ["half and whole"]


def test_what_was_cut_to_nothing_is_read_from_its_new_beginning(log):
    log.write_text("old\n" * 100)
    end = last(log, 5, ALL).end
    log.write_text("fresh\n")
    part = since(log, end, 5, ALL)
    assert (words(part), part.cut) == (["fresh"], True)
    log.unlink()
    assert since(log, part.end, 5, ALL).cut
    assert last(log, 5, ALL) == log_pages.Part()


def test_a_flood_is_told_by_its_last_lines(log, monkeypatch):
    monkeypatch.setattr(log_pages, "NEWS_MAX_BYTES", 1000)
    log.write_text("")
    log.write_text("".join(f"flood {number:06}\n" for number in range(1000)))
    part = since(log, 0, 10_000, ALL)
    assert part.cut and words(part)[-1] == "flood 000999" and len(part.lines) < 80
    assert words(part)[0].startswith("flood ")
    assert since(log, 0, 5, ALL).cut


def test_a_last_line_without_an_end_is_told_when_nothing_follows(log):
    log.write_bytes(b"one\nsegmentation fault")
    assert words(last(log, 5, ALL)) == ["one"]
    old = time.time() - 60
    os.utime(log, (old, old))
    assert words(last(log, 5, ALL)) == ["one", "segmentation fault"]


def test_hostile_bytes_become_plain_text_of_bounded_length(log):
    log.write_bytes(
        b"\xff\xfe\x00 \x1b[31mred\x1b[0m \x1b]0;title\x07<b>\xe2\x80\xae.exe\n" + b"x" * 100_000
    )
    old = time.time() - 60
    os.utime(log, (old, old))
    hostile, long = words(last(log, 5, ALL))
    assert "\x1b" not in hostile and "\u202e" not in hostile and "\x00" not in hostile
    assert "red" in hostile and "<b>" in hostile
    assert len(long) == 20_000
    assert clean("plain 文字") == "plain 文字"


def test_lines_are_chosen_by_their_words_and_how_grave_they_are(log):
    log.write_text(
        "[2026-11-25 04:00:00,1: INFO/MainProcess] Task shop.Mail received\n"
        "[2026-11-25 04:00:01,1: ERROR/ForkPoolWorker-1] Task shop.mail raised\n"
        "Traceback (most recent call last):\n"
        "  ValueError: mail (x+y)\n"
        "[2026-11-25 04:00:02,1: WARNING/MainProcess] slow\n"
        "1234:M 25 Nov 2026 04:00:03.123 # Redis warns of an INFO\n"
        "1234:M 25 Nov 2026 04:00:03.123 * ready\n"
    )
    assert len(last(log, 50, Wanted("MAIL")).lines) == 3
    assert len(last(log, 50, Wanted("mail (x+y)")).lines) == 1
    assert len(last(log, 50, Wanted(level=Level.ERROR)).lines) == 3
    assert [line.level for line in last(log, 50, Wanted(level=Level.WARNING)).lines] == [
        *[Level.ERROR] * 3,
        *[Level.WARNING] * 2,
    ]
    assert len(last(log, 50, Wanted(r"mail \w+ed$|^\s+Value", regex=True)).lines) == 3
    # A traceback that comes alone belongs to the error before it.
    place = log.read_bytes().index(b"  ValueError")
    assert words(since(log, place, 5, Wanted(level=Level.ERROR))) == ["  ValueError: mail (x+y)"]


def test_few_matches_in_a_long_log_are_found_and_older_ones_after_them(log, monkeypatch):
    monkeypatch.setattr(log_pages, "FIRST_BYTES", 100)
    lines = [("needle" if number % 400 == 0 else "hay") + f" {number}" for number in range(2000)]
    log.write_text("\n".join(lines) + "\n")
    part = last(log, 2, Wanted("needle"))
    assert words(part) == ["needle 1200", "needle 1600"] and part.more
    assert words(before(log, part.start, 5, Wanted("needle"))) == [
        "needle 0",
        "needle 400",
        "needle 800",
    ]


def test_an_expression_that_is_none_or_never_ends_is_refused_in_words(log, monkeypatch):
    log.write_text("a" * 5_000 + "!\n")
    with pytest.raises(UsageError, match="not valid"):
        last(log, 5, Wanted("(a", regex=True))
    monkeypatch.setattr("desktop.engine.log_pattern.TIMEOUT_S", 0.5)
    with pytest.raises(UsageError, match="takes too long"):
        last(log, 5, Wanted("(a+)+$", regex=True))

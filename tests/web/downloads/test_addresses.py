"""Which addresses may be fetched from."""

from __future__ import annotations

import socket

import pytest

from web.downloads.addresses import check_url, resolve
from web.downloads.failures import WORDS, DownloadError
from web.downloads.names import NAME_MAX_BYTES, name_for, safe_name


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CELERY_TRAY_ALLOW_PRIVATE", raising=False)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.5.5",
        "169.254.169.254",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fe80::1]",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "224.0.0.1",
        "100.64.0.1",
    ],
)
def test_addresses_of_this_network_are_refused(host: str) -> None:
    with pytest.raises(DownloadError) as refused:
        check_url(f"http://{host}/")
    assert refused.value.code in {"private-address", "bad-url"}


def test_a_name_that_leads_here_is_refused_when_it_is_resolved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 80)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: answer)
    with pytest.raises(DownloadError) as refused:
        resolve("rebind.example", 80)
    assert refused.value.code == "private-address"


def test_public_addresses_are_allowed() -> None:
    assert check_url("https://93.184.215.14/a?b=c#d") == ("https://93.184.215.14/a?b=c", "")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("", "download"),
        ("..", "download"),
        ("a\x00b\nc.txt", "abc.txt"),
        ("文件.pdf", "文件.pdf"),
        ("CON", "CON_"),
    ],
)
def test_names_are_safe_everywhere(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    assert safe_name(safe_name(name)) == safe_name(name)


def test_long_names_keep_their_ending() -> None:
    long = safe_name("字" * 300 + ".tar.gz")
    assert len(long.encode()) <= NAME_MAX_BYTES
    assert long.endswith(".gz")


def test_the_servers_name_wins_over_the_urls() -> None:
    assert name_for("http://h/x", "attachment; filename*=utf-8''na%C3%AFve.txt") == "naïve.txt"
    assert name_for("http://h/dir/b%20c.txt?q", "") == "b c.txt"
    assert name_for("http://h/", "") == "download"
    assert name_for("http://h/x", "attachment; filename=y", "mine.bin") == "mine.bin"


def test_every_failure_has_words_in_both_languages() -> None:
    for code, languages in WORDS.items():
        assert set(languages) == {"en", "zh-CN"}, code
        assert all(all(part for part in words) for words in languages.values()), code

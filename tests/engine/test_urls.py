"""Credentials are never shown; ports of this machine are found."""

from __future__ import annotations

import pytest

from desktop.engine.urls import local_port, masked


@pytest.mark.parametrize(
    "words",
    [
        "redis://:geheim@h:1/0",
        "redis://anna:geheim@h/0",
        "amqp://anna:ge/he@im:geheim@h//",
        "broker = 'redis://:geheim@h' and more",
        "sentinel://:geheim@a:1;sentinel://:geheim@b:2",
        "redis://h/0?password=geheim&db=1",
        "https://h/?token=geheim",
        "redis://h?ssl_password=geheim",
    ],
)
def test_no_credential_is_shown(words: str) -> None:
    assert "geheim" not in masked(words)


@pytest.mark.parametrize("words", ["redis://h:1/0", "write to anna@example.com", "", "a@b: c"])
def test_what_holds_none_is_left_as_it_is(words: str) -> None:
    assert masked(words) == words


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("redis://127.0.0.1:6390/0", 6390),
        ("redis://localhost", 6379),
        ("http://[::1]:80/", 80),
        ("redis://db.example:6379", None),
        ("redis+socket:///run/r.sock", None),
        ("redis://127.0.0.1:70000", None),
    ],
)
def test_the_port_on_this_machine(url: str, port: int | None) -> None:
    assert local_port(url, 6379) == port

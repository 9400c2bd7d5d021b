"""Broker addresses as Celery writes them."""

from __future__ import annotations

import pytest

from desktop.engine import redis_url
from desktop.engine.redis_url import client_url


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("redis://127.0.0.1:6379/0", True),
        ("redis://localhost", True),
        ("redis://[::1]:1/0", True),
        ("redis://127.9.9.9", True),
        ("rediss://127.0.0.1", True),
        ("redis+socket:///run/r.sock", True),
        ("redis://127.0.0.1:1;redis://db.example:1", True),
        ("redis://db.example:1;redis://127.0.0.1:1", False),
        ("redis://db.example", False),
        ("sentinel://127.0.0.1:26379", False),
        ("amqp://127.0.0.1", False),
        ("redis://[broken", False),
    ],
)
def test_which_addresses_are_this_machine_s(url: str, local: bool) -> None:
    assert redis_url.is_local(url) is local


def test_what_an_address_points_at() -> None:
    assert redis_url.address("redis://db:1/2") == ("db", 1, 2)
    assert redis_url.address("redis://") == ("127.0.0.1", 6379, 0)
    assert redis_url.address("redis+socket:///run/r.sock?virtual_host=3")[2] == 3
    assert redis_url.place("redis://[::1]:1/2") == "[::1]:1"
    assert redis_url.place("redis+socket:///run/a%20b.sock") == "/run/a b.sock"
    assert redis_url.login("redis://anna:p%40ss@db") == ("anna", "p@ss")
    assert redis_url.password("redis://db") == ""


def test_sentinels_are_all_named() -> None:
    url = "sentinel://:p@one:1;sentinel://two/3"
    assert redis_url.sentinels(url) == (("one", 1), ("two", 6379))


def test_celery_s_spellings_of_addresses_are_understood() -> None:
    assert client_url("redis://h:1/2") == "redis://h:1/2"
    assert client_url("redis://h:1/2;redis://i:1/2") == "redis://h:1/2"
    assert client_url("redis+socket:///run/r.sock?virtual_host=3") == "unix:///run/r.sock?db=3"
    assert (
        client_url("rediss://:p%40ss@h:1/0?ssl_cert_reqs=CERT_NONE")
        == "rediss://:p%40ss@h:1/0?ssl_cert_reqs=none"
    )

"""Which brokers are asked, and what becomes of those that do not answer."""

from __future__ import annotations

import socket
from typing import Any

from desktop.engine.census import brokers
from desktop.engine.census.brokers import Broker, ask
from desktop.engine.control import Control


def broker(url: str, key_prefix: str = "") -> Broker:
    return Broker(url, Control(url), key_prefix)


def test_each_is_asked_once_and_no_other_machine_because_a_command_line_says_so() -> None:
    known = (broker("redis://127.0.0.1:1/0"), broker("redis://localhost:1/0"))
    named = (
        "redis://:secret@localhost:1",
        "redis://127.0.0.1:1/1",
        "redis://elsewhere.example:6379/0",
        "amqp://localhost//",
        "redis://[broken",
        "",
    )
    asked = brokers.brokers(known, named)
    assert [one.url for one in asked] == ["redis://127.0.0.1:1/0", "redis://127.0.0.1:1/1"]


def test_another_key_prefix_is_another_place() -> None:
    both = (broker("redis://h:1/0"), broker("redis://h:1/0", "shop:"))
    assert brokers.brokers(both, ()) == both


def test_there_is_an_end_to_it() -> None:
    named = [f"redis://127.0.0.1:{port}/0" for port in range(1, 50)]
    assert len(brokers.brokers((), named)) == brokers.BROKERS_MAX


async def test_dead_and_mute_brokers_hide_nobody(server: Any, closed_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        urls = (f"redis://127.0.0.1:{closed_port}/0", f"redis://127.0.0.1:{port}/0", server.url)
        said = await ask(broker(url) for url in urls)
    assert said.reached == {broker(server.url).address}
    assert said.answers == {}

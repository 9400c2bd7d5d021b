"""What the process table says of kinship and connections."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from desktop.engine import process
from tests.engine.conftest import wait_until


def test_a_wrapper_s_child_descends_from_it() -> None:
    code = (
        "import subprocess as s; p = s.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
    )
    wrapper = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert wrapper.stdout
    child = int(wrapper.stdout.readline())
    try:
        assert process.descends(child, wrapper.pid)
        assert process.descends(child, os.getpid())
        assert process.descends(child, child)
        assert not process.descends(wrapper.pid, child)
        # Popen returns when the new program is there, an instant before its words are.
        wait_until(lambda: "sleep 60" in process.command_line(child))
    finally:
        os.kill(child, 15)
        wrapper.wait(10)
        wrapper.stdout.close()
    assert not process.descends(child, wrapper.pid)
    assert process.command_line(child) == ""


def test_addresses_are_written_as_redis_writes_them() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as one,
    ):
        host, port = one.getsockname()
        assert f"{host}:{port}" in process.addresses(os.getpid())
    assert process._address("::1", 5) == "[::1]:5"

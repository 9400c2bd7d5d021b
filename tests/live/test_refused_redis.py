"""A Redis of ours that starts and then refuses to serve."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.live.conftest import Stack

REFUSES = f"""#!{sys.executable}
import socketserver, sys
from pathlib import Path

lines = Path(sys.argv[1]).read_text().splitlines()
port = next(int(line.split()[1]) for line in lines if line.startswith("port "))

class Refuse(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            if line.strip() and not line.startswith((b"*", b"$")):
                self.wfile.write(b"-NOAUTH Authentication required.\\r\\n")

socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer.daemon_threads = True
socketserver.ThreadingTCPServer(("127.0.0.1", port), Refuse).serve_forever()
"""


def test_a_start_ends_when_redis_refuses_while_the_worker_waits_for_it(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = tmp_path / "redis-server"
    server.write_text(REFUSES)
    server.chmod(0o700)
    monkeypatch.setenv("CELERY_TRAY_REDIS_SERVER", str(server))
    report = stack.start("worker1")
    assert {one.service for one in report.failed} >= {"redis"}
    assert stack.service("redis").pid is None

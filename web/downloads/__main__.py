"""The web server of the downloads app: ``python -m web.downloads --port 8000``."""

from __future__ import annotations

import argparse
import contextlib
import errno
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uvicorn

HOST = "127.0.0.1"


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until asked to stop. Exit code 1 with the reason when the port can't be had."""
    parser = argparse.ArgumentParser(prog="celery-tray web", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args(argv).port
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = "it is taken by another program" if taken else str(error)
        sys.stderr.write(f"Port {port} can't be used: {reason}.\nChoose another with --port.\n")
        return 1
    import uvicorn

    # It has ended in order by then, and only repeats the signal.
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(configured(port)).run(sockets=[listener])
    return 0


def configured(port: int) -> uvicorn.Config:
    """The application on this port, and how it is served."""
    import uvicorn

    from web.downloads.app import make_app
    from web.downloads.protocol import DownloadsProtocol
    from web.patient_protocol import CONNECTIONS_MAX

    return uvicorn.Config(
        make_app(port),
        log_level="warning",
        access_log=False,
        http=DownloadsProtocol,
        ws="none",
        loop="asyncio",
        timeout_graceful_shutdown=1,
        server_header=False,
        limit_concurrency=CONNECTIONS_MAX,
    )


if __name__ == "__main__":
    sys.exit(main())

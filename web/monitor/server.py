"""The monitor's process: arguments, socket, signals, life and end."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import logging
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from desktop import words
from desktop.engine import web_address
from desktop.engine.errors import ServiceError, TrayError
from desktop.engine.model import Problem
from desktop.paths import Home
from desktop.words import text, tr, verbatim
from web.monitor.app import application
from web.monitor.feed import Feed
from web.patient_protocol import CONNECTIONS_MAX, PatientProtocol

HOST = "127.0.0.1"
END_TIMEOUT_S = 2
"""Answers that are still under way at the end are cut off after this long."""
BACKLOG = 128


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns 0, or 1 with the reason on stderr."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    words.set_language()
    home = Home(arguments.home)
    project = str(Path(arguments.project).expanduser().absolute()) if arguments.project else ""
    try:
        listener = _listen(arguments.port)
    except TrayError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    with listener:
        asyncio.run(_serve(listener, Feed(home, project), arguments))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="celery-tray builtin-monitor",
        description=tr("Shows services, workers, tasks and queues in the browser."),
        epilog=tr("Example: {command}", command="celery-tray builtin-monitor --port 8001"),
    )
    parser.add_argument("--port", type=_port, default=8001, help=tr("port on 127.0.0.1"))
    parser.add_argument("--home", type=Path, help=tr("state folder"))
    parser.add_argument("--project", default="", help=tr("project folder; default: bundled app"))
    parser.add_argument("--read-only", action="store_true", help=tr("offer no actions"))
    parser.add_argument(
        "--url-prefix", type=_prefix, default="", help=tr("where addresses begin, behind a proxy")
    )
    parser.add_argument(
        "--origin",
        type=_origin,
        action="append",
        default=[],
        dest="origins",
        help=tr("where its pages are opened, behind a proxy"),
    )
    parser.add_argument("--access-log", action="store_true", help=tr("log each request"))
    return parser


def _port(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise argparse.ArgumentTypeError(tr("A port is a number from 1 to 65535."))
    return int(value)


def _prefix(value: str) -> str:
    """ "/celery" of "celery", "/celery" or "/celery/"; "" of "/"."""
    prefix = web_address.url_prefix(value)
    if prefix is None:
        raise argparse.ArgumentTypeError(tr("A prefix is like /celery."))
    return prefix


def _origin(value: str) -> str:
    origin = web_address.web_origin(value)
    if origin is None:
        raise argparse.ArgumentTypeError(
            tr("An origin is like https://ops.example.com, without a path.")
        )
    return origin


def _listen(port: int) -> socket.socket:
    """The socket, before anything slow: who asks early waits instead of being refused."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ServiceError.of(_no_port(port, error)) from None
    return listener


def _no_port(port: int, error: OSError) -> Problem:
    if error.errno == errno.EADDRINUSE:
        from desktop.engine import ports

        return ports.problem(port, "Monitor", ports.holder(port))
    return Problem(
        "port-denied",
        text("Port {port} can't be used.", port=str(port)),
        verbatim(f"{error.strerror}."),
        text("Choose another port."),
    )


async def _serve(listener: socket.socket, feed: Feed, arguments: argparse.Namespace) -> None:
    app = application(
        feed,
        arguments.port,
        read_only=arguments.read_only,
        prefix=arguments.url_prefix,
        origins=tuple(arguments.origins),
    )
    server = _Server(configured(app, access_log=arguments.access_log), feed)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, feed.stop)
    linking = loop.create_task(feed.run())
    linking.add_done_callback(lambda _: feed.stop())
    try:
        await server.serve([listener])
    finally:
        linking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await linking


def configured(app: ASGIApp, *, access_log: bool = False) -> uvicorn.Config:
    """How the application is served."""
    return uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level=logging.INFO if access_log else logging.WARNING,
        access_log=access_log,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=END_TIMEOUT_S,
        limit_concurrency=CONNECTIONS_MAX,
    )


class _Server(uvicorn.Server):
    """uvicorn's server that sleeps while nothing happens (its own loop wakes ten times a second)
    and ends when the feed is stopped; signals are ours."""

    def __init__(self, config: uvicorn.Config, feed: Feed) -> None:
        super().__init__(config)
        self._feed = feed

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._feed.stopping.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

"""The engine process: ``python -P -m desktop.engine --home DIR``. Faces start it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import time
from pathlib import Path

from filelock import FileLock, Timeout

from desktop.engine import logs
from desktop.engine.engine import Engine
from desktop.engine.server import Server
from desktop.paths import Home
from desktop.system import allocator, shell_environment

LINGER_S = 3.0
"""How long an engine that nobody needs stays for the next command."""

log = logging.getLogger(__name__)


def main(argv: list[str] | None = None) -> int:
    """Run the engine until nothing needs it. Exit code 0, also when another has the lock."""
    parser = argparse.ArgumentParser(prog="celery-tray engine", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    home = Home(parser.parse_args(argv).home)
    allocator.limit_heaps()
    try:
        home.make()
        logs.rotate(home.engine_log)
        lock = FileLock(home.engine_lock, timeout=0, mode=0o600)
        lock.acquire()
    except Timeout:
        return 0
    except OSError as error:
        sys.stderr.write(f"The state folder can't be used: {home.root}: {error.strerror}\n")
        return 1
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    shell_environment.complete_path()
    with lock:
        asyncio.run(_run(home))
    return 0


async def _run(home: Home) -> None:
    leave = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, leave.set)
    engine = Engine(home)
    server = Server(engine, leave.set)
    await engine.adopt()
    await server.listen(home.socket)
    working = loop.create_task(engine.run())
    working.add_done_callback(lambda _: leave.set())
    watching = loop.create_task(_until_idle(engine, server, leave))
    await leave.wait()
    watching.cancel()
    await server.close()
    working.cancel()
    results = await asyncio.gather(working, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            log.error("the engine broke", exc_info=result)
    await engine.close()
    log.info("left")


async def _until_idle(engine: Engine, server: Server, leave: asyncio.Event) -> None:
    """Leave when nothing is wanted and no face is attached: a cleaner of orphans leaves none."""
    while True:
        await asyncio.sleep(1.0)
        idle_since = server.idle_since
        if (
            not engine.wanted
            and idle_since is not None
            and time.monotonic() - idle_since > LINGER_S
        ):
            leave.set()


if __name__ == "__main__":
    sys.exit(main())

"""Installs Flower, with pip, and leaves nothing half behind.

pip writes into the service's log, not to us: when the engine ends meanwhile, it goes on to its
end. What is installed already keeps its version. When it fails or is broken off, what it had put
in is taken out again; a private environment is made beside its place and moved there whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from desktop.engine import logs
from desktop.engine.errors import ServiceError
from desktop.engine.flower import environments, pip_words
from desktop.engine.flower.environments import FLOWER, Environment
from desktop.engine.flower.packages import packages
from desktop.engine.model import Problem
from desktop.paths import Home
from desktop.words import Text, text

PIP = ("install", "--progress-bar=off", "--retries=1", "--disable-pip-version-check")
LOOK_S = 0.1
ENDING_S = 60.0
"""A package that is being put in when a person breaks it off is put in whole first: only pip's own
list of its files lets it be taken out again."""
ROOM_BYTES = 100_000_000
"""Flower and what it needs take 25 MB, with an environment of their own 80 MB (measured)."""

logger = logging.getLogger(__name__)

Tell = Callable[[Text], None]


async def install(where: Environment, home: Home, log: Path, tell: Tell) -> None:
    """Put Flower into ``where``; ``tell`` is called with what is being done, whenever that changes.

    ``log`` takes pip's own words. Raises :class:`ServiceError` with the reason when it can't be;
    then ``where`` is as it was before. A cancelled installation is taken back as well.
    """
    lock = FileLock(home.root / "flower-installation.lock", timeout=0, mode=0o600)
    try:
        home.make()
        lock.acquire()
    except Timeout:
        raise ServiceError.of(_already_going_on()) from None
    except OSError as error:
        raise ServiceError.of(_unusable(error)) from None
    try:
        if shutil.disk_usage(home.root if where.private else where.folder).free < ROOM_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), where.folder)
        await (_make_private if where.private else _add)(where, log, tell)
    except OSError as error:
        raise ServiceError.of(_unusable(error)) from None
    finally:
        lock.release()


async def _add(where: Environment, log: Path, tell: Tell) -> None:
    before = await packages(where.python)
    with tempfile.TemporaryDirectory(prefix="celery-tray-") as folder:
        kept = Path(folder) / "constraints.txt"
        kept.write_text("".join(f"{name}=={version}\n" for name, version in before.items()))
        try:
            pip = environments.pip(where.python, has_pip="pip" in before)
            await _run((*pip, *PIP, "-c", str(kept), FLOWER), where, log, tell)
        except BaseException as error:
            is_out = await asyncio.shield(_take_out(where, before, log))
            if isinstance(error, ServiceError) and not is_out:
                raise ServiceError.of(_left_behind(error.problem, where)) from None
            raise


async def _take_out(where: Environment, before: dict[str, str], log: Path) -> bool:
    """Whether nothing is left of what was put in."""
    try:
        added = sorted(set(await packages(where.python)) - set(before))
    except ServiceError as error:
        logger.warning("what was put in stays: %s", error)
        return False
    if not added:
        return True
    pip = environments.pip(where.python, has_pip="pip" in before)
    return await _Run((*pip, "uninstall", "--yes", *added), log).end() == 0


async def _make_private(where: Environment, log: Path, tell: Tell) -> None:
    """Made elsewhere and moved: the place is empty or whole at any instant."""
    folder = Path(where.folder)
    draft = folder.with_name(f"{folder.name}.new")
    await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)
    try:
        tell(text("makes an environment of its own"))
        base = environments.base_python() or "python3"
        # Without a pip of its own it is made in a tenth of the time.
        bare = ("--without-pip",) if environments.ours_has_pip() else ()
        await _run((base, "-I", "-m", "venv", *bare, str(draft)), where, log, tell)
        pip = environments.pip(str(draft / "bin" / "python"), has_pip=not bare)
        await _run((*pip, *PIP, FLOWER, _celery()), where, log, tell)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)


def _celery() -> str:
    """The Celery that we run with ourselves."""
    try:
        return f"celery[redis]=={metadata.version('celery')}"
    except metadata.PackageNotFoundError:
        return "celery[redis]"


async def _run(argv: Sequence[str], where: Environment, log: Path, tell: Tell) -> None:
    run = _Run(argv, log)
    code = await run.end(tell)
    if code:
        raise ServiceError.of(pip_words.failure(run.lines, where.folder, code))


class _Run:
    """One program, its words in the log and read from there."""

    def __init__(self, argv: Sequence[str], log: Path) -> None:
        self._argv = argv
        self._log = log
        self.lines: list[str] = []

    async def end(self, tell: Tell | None = None) -> int:
        """Run it to its end; its exit code. Cancelled, it ends it first."""
        self._log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = logs.open_append(self._log)
        news = logs.LogFollower(self._log, 0)
        try:
            news.read_new()
            running = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                env=environments.pip_environment(),
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        ended = asyncio.ensure_future(running.wait())
        try:
            while not ended.done():
                await asyncio.wait({ended}, timeout=LOOK_S)
                self._read(news, tell)
        except asyncio.CancelledError:
            if not self._puts_in():
                # With the pip that it runs in the other interpreter (``pip --python``).
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(running.pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(ended), ENDING_S)
            with contextlib.suppress(ProcessLookupError):
                running.kill()
            raise
        self._read(news, tell)
        return ended.result()

    def _puts_in(self) -> bool:
        return any(line.startswith("Installing collected packages") for line in self.lines)

    def _read(self, news: logs.LogFollower, tell: Tell | None) -> None:
        for line in news.read_new():
            self.lines.append(line)
            step = pip_words.step(line)
            if step and tell:
                tell(step)


def _already_going_on() -> Problem:
    return Problem(
        "flower-install-twice",
        text("Flower is being installed already."),
        Text(""),
        text("Wait until that has ended, then start it."),
    )


def _left_behind(problem: Problem, where: Environment) -> Problem:
    """As ``problem``, which says that nothing was changed; but something was."""
    return msgspec.structs.replace(
        problem,
        message=text(
            "pip failed, and what it had put into {place} could not be taken out again.",
            place=where.folder,
        ),
        next_step=text("The log names it: celery-tray logs flower"),
    )


def _unusable(error: OSError) -> Problem:
    return Problem(
        "flower-install-os",
        text("Flower could not be installed."),
        text("{reason}: {path}", reason=str(error.strerror or error), path=str(error.filename)),
        text("Free the disk or mend the folder's permissions, then start it again."),
    )

"""A zoo of real processes. Each writes down its own pid, which is the truth to compare with."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

BIN = Path(sys.executable).parent
CELERY = str(BIN / "celery")
PYTHON = sys.executable

APP = """
import os
from celery import Celery
from celery.signals import worker_ready
from pathlib import Path

app = Celery("proj", broker=os.environ["ZOO_BROKER"])
app.conf.update(worker_redirect_stdouts=False, beat_schedule_filename=os.environ["ZOO_KEY"] + ".s")

# Whoever imports the app last under this name is the main: a launcher that detaches comes first.
pids = Path(os.environ["ZOO_PIDS"])
key = os.environ["ZOO_KEY"]
(pids / key).write_text(str(os.getpid()))

@worker_ready.connect
def ready(sender, **_):
    (pids / (sender.hostname + ".ready")).write_text(str(os.getpid()))
"""


class Zoo:
    """Starts processes in one folder, and ends by pid all that run in it."""

    def __init__(self, folder: Path, broker: str, titles: Path) -> None:
        self.folder = folder
        self.pids = folder / "pids"
        self.broker = broker
        self.titles = titles
        self.pids.mkdir()
        (folder / "proj").mkdir()
        (folder / "proj" / "__init__.py").write_text(APP)
        self._children: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        key: str,
        *argv: str,
        env: Mapping[str, str] | None = None,
        titled: bool = False,
        cwd: Path | None = None,
        stdin: int = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        environ = {**os.environ, **self.environ(key, titled), **(env or {})}
        with (self.folder / f"{key}.log").open("wb") as output:
            child = subprocess.Popen(
                argv,
                cwd=cwd or self.folder,
                env=environ,
                stdin=stdin,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._children.append(child)
        return child

    def environ(self, key: str, titled: bool = False) -> dict[str, str]:
        """What a process needs to find the app and write down who it is."""
        return {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.titles) if titled else "",
            "ZOO_KEY": key,
            "ZOO_PIDS": str(self.pids),
            "ZOO_BROKER": self.broker,
        }

    def shell(self, key: str, words: str) -> subprocess.Popen[bytes]:
        return self.start(key, "bash", "-c", words)

    def pid(self, key: str) -> int | None:
        """The pid that the process wrote down; None when it did not yet."""
        with contextlib.suppress(OSError, ValueError):
            return int((self.pids / key).read_text())
        return None

    def is_ready(self, node: str) -> bool:
        """A worker that calls itself ``node`` consumes."""
        return (self.pids / f"{node}.ready").exists()

    def running(self) -> dict[int, psutil.Process]:
        """All processes whose folder is the zoo's."""
        found = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if Path(process.cwd()).is_relative_to(self.folder):
                    found[process.pid] = process
        return found

    def log(self, key: str) -> str:
        return (self.folder / f"{key}.log").read_text(errors="replace")

    def end(self) -> None:
        # A parent that restarts what ends goes before its children, and what it made since after.
        while running := self.running():
            for process in sorted(running.values(), key=lambda one: one.pid):
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(list(running.values()), timeout=5)
            for child in self._children:
                child.poll()
        for child in self._children:
            child.wait(5)
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    pipe.close()


@pytest.fixture(scope="session")
def titles(pytestconfig: pytest.Config) -> Path:
    """A folder that holds setproctitle alone: in the environment it would retitle all workers."""
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir(
        f"setproctitle-{sys.version_info.major}.{sys.version_info.minor}"
    )
    library = folder / "library"
    if not library.is_dir():
        made = folder / f"made-{os.getpid()}"
        install = [PYTHON, "-m", "pip", "install", "-q", "--target", str(made), "setproctitle"]
        subprocess.run(install, check=True, capture_output=True)
        try:
            made.rename(library)
        except OSError:
            shutil.rmtree(made)  # another run was faster
    return library


@pytest.fixture
def zoo(server: object, tmp_path: Path, titles: Path) -> Iterator[Zoo]:
    folder = tmp_path / "zoo"
    folder.mkdir()
    opened = Zoo(folder, server.url, titles)  # type: ignore[attr-defined]
    yield opened
    opened.end()

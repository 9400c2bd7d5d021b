"""What only looks like Celery, started for real: none of these may ever be listed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.engine.census.kinds import CELERY, HOST, PYTHON, WORKER

HOLD = "import time\nfrom pathlib import Path\nPath(f'{__file__}.up').touch()\ntime.sleep(300)\n"


def start_decoys(zoo: Any) -> dict[str, Callable[[], bool]]:
    """Start them all. For each: whether it is up."""
    folder: Path = zoo.folder
    up: dict[str, Callable[[], bool]] = {}
    bin_ = folder / "bin"
    bin_.mkdir()
    for name in ("vi", "less", "ssh"):
        (bin_ / name).symlink_to(os.path.realpath(PYTHON))
    (bin_ / "celery").symlink_to(shutil.which("sleep") or "")
    (folder / "shells").mkdir()
    shutil.copy(os.path.realpath(shutil.which("bash") or ""), folder / "shells" / "celery")
    (folder / "worker").write_text("sleep 300; true\n")
    held = folder / "decoys"
    held.mkdir()
    (folder / "celery-worker.log").write_text("celery worker\n")
    piped = {"stdin": subprocess.PIPE}

    def add(key: str, words: str | list[str], marks: str = "", **how: Any) -> None:
        if marks:
            (held / marks).write_text(HOLD)
        argv = words if isinstance(words, list) else words.split()
        child = zoo.start(f"decoy-{key}", *argv, **how)
        file = held / f"{marks}.up"
        up[key] = lambda: child.poll() is None and (not marks or file.exists())

    add("vi", f"{bin_}/vi {held}/edit.py celery {WORKER}", "edit.py")
    add("less", f"{bin_}/less {held}/read.py celery worker", "read.py")
    add("ssh", [f"{bin_}/ssh", f"{held}/there.py", "box", f"{CELERY} {WORKER}"], "there.py")
    add("grep", ["grep", "celery worker"], **piped)
    add("grep-words", "grep celery - worker", **piped)
    add("tail", "tail -f celery-worker.log")
    words = [PYTHON, "-m", "pytest", "-p", "no:cacheprovider", "-k", "celery or worker"]
    add("pytest", [*words, f"{held}/test_hold.py"], "test_hold.py")
    add("inspect", f"{CELERY} -A proj inspect --timeout 300 ping")
    add("status", f"{CELERY} -A proj status --timeout 300")
    add("control", f"{CELERY} -A proj control --timeout 300 heartbeat worker")
    add("shell", f"{CELERY} -A proj shell --python", **piped)
    add("purge", f"{CELERY} -A proj purge -Q worker", **piped)
    add("worker.py", f"{PYTHON} {held}/worker.py -A proj worker", "worker.py")
    add("celery.py", f"{PYTHON} {held}/celery.py {WORKER}", "celery.py")
    add("sleep", f"{bin_}/celery 300")
    add("bash-named-celery", f"{folder}/shells/celery worker")
    add("code", [PYTHON, "-c", "import time; time.sleep(300)", CELERY, *WORKER.split()])
    add("in-a-string", ["bash", "-c", f"sleep 300; : {CELERY} {WORKER}"])
    add("renamed", ["bash", "-c", f'exec -a "celery" sleep 300 # {CELERY} worker'])
    title = f"[celeryd: x@{HOST}:MainProcess] -active- (-A proj worker)"
    add("false-title", ["bash", "-c", f"exec -a '{title}' sleep 300"])
    return up

"""Sample projects for tests: a copy of each, with a virtual environment of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from desktop import paths


def sample(name: str, folder: Path) -> Path:
    """A copy of a sample project in ``folder``."""
    return Path(shutil.copytree(paths.resources() / "samples" / name, folder / name)).resolve()


def environment(folder: Path, *, with_celery: bool = True) -> Path:
    """A virtual environment at ``folder``; it borrows the packages of the one that runs us."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    if with_celery:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        borrowed = folder / "lib" / version / "site-packages" / "borrowed.pth"
        borrowed.write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "python"

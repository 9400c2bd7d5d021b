"""The environments that Flower may be in: the project's own, ours, or a private one.

Ours is the one that runs us. Where nothing can be put into it (a frozen program, a folder of the
system's, one that pip may not touch) a private one in the state folder takes its place.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
import sysconfig
from pathlib import Path

import msgspec

from desktop.engine import interpreter
from desktop.paths import Home

FLOWER = "flower>=2.0.1"
"""As the extra ``flower`` of our own package asks for it."""


class Environment(msgspec.Struct, frozen=True):
    """Where something can be installed."""

    python: str
    """Its interpreter; it need not be there yet when ``private``."""
    folder: str
    """As a person is told of it."""
    private: bool = False
    """Made for Flower alone, in the state folder, when it is first needed."""


def ours(home: Home) -> Environment:
    """Where Flower goes when nothing is said of the project's environment."""
    if _is_frozen() or not _takes_packages():
        return private(home)
    return Environment(sys.executable, sys.prefix)


def private(home: Home) -> Environment:
    """The one in the state folder."""
    folder = home.root / "flower-environment"
    return Environment(str(folder / "bin" / "python"), str(folder), private=True)


def project(python: str) -> Environment:
    """The project's own, by its interpreter."""
    return Environment(python, str(Path(python).parent.parent))


def ours_has_flower() -> bool:
    """Whether the interpreter that runs us can import it now."""
    importlib.invalidate_caches()  # it may have been installed since the last look
    return importlib.util.find_spec("flower") is not None


def private_has_flower(home: Home) -> bool:
    """Whether the private environment is there: it only comes to be with all that it needs."""
    return os.access(private(home).python, os.X_OK)


def private_command(home: Home, options: tuple[str, ...]) -> tuple[str, ...]:
    """``celery flower OPTIONS`` there. It knows no app, and sees what passes over the broker."""
    return (private(home).python, "-I", "-m", "celery", *options)


def base_python() -> str:
    """The interpreter that a private environment is made with; "" when there is none."""
    return (shutil.which("python3") or "") if _is_frozen() else sys.executable


def pip(python: str, *, has_pip: bool) -> tuple[str, ...]:
    """The pip that installs there: that environment's own, or ours for one without (as uv makes
    them)."""
    if not has_pip and ours_has_pip():
        return (sys.executable, "-I", "-m", "pip", "--python", python)
    return (python, "-I", "-m", "pip")


def ours_has_pip() -> bool:
    """Whether the interpreter that runs us can run pip."""
    return not _is_frozen() and importlib.util.find_spec("pip") is not None


def pip_environment() -> dict[str, str]:
    """pip's own words, in English and without colours: they are read here, not shown. What a
    person has configured for pip (an index, a proxy) stays in force."""
    changes = interpreter.environment("")
    return {**os.environ, **changes, "PIP_NO_INPUT": "1", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}


def _is_frozen() -> bool:
    return bool(getattr(sys, "frozen", False))


def _takes_packages() -> bool:
    in_venv = sys.prefix != sys.base_prefix
    managed = not in_venv and (Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED").exists()
    return not managed and os.access(sysconfig.get_path("purelib"), os.W_OK) and ours_has_pip()

"""Which Python runs the project's own code, and the environment that goes with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from desktop.engine.errors import ServiceError
from desktop.words import text

VENV_FOLDERS = (".venv", "venv", "env")
"""Where projects keep their virtual environment, the most usual first."""
OURS = Path(__file__).resolve().parents[2]
"""The folder that our packages are imported from."""


def default(project: Path) -> str:
    """The interpreter of a project that names none.

    Its own virtual environment: ``.venv``, ``venv`` or ``env``, then the active one
    (``VIRTUAL_ENV``) if that lies in the project. Without any, the interpreter that runs us, for
    a program that was installed beside the app. "" when there is none (a frozen program).
    """
    own = own_environment(project)
    if own:
        return own
    return "" if getattr(sys, "frozen", False) else sys.executable


def own_environment(project: Path) -> str:
    """The interpreter of the virtual environment in ``project``; "" when there is none."""
    folders = [project / name for name in VENV_FOLDERS]
    active = os.environ.get("VIRTUAL_ENV")
    if active and Path(active).is_relative_to(project):
        folders.append(Path(active))
    found = (folder / "bin" / "python" for folder in folders)
    return next((str(python) for python in found if python.exists()), "")


def configured(project: Path, python: str) -> str:
    """The path of an interpreter that the configuration names, relative to the project.

    Links are kept: that of a virtual environment *is* the environment. A bare name
    (``python3.12``) is looked up in ``PATH``.
    """
    if os.sep not in python:
        import shutil

        return shutil.which(python) or python
    return os.path.normpath(project / Path(python).expanduser())


def check(python: str, project: str) -> None:
    """Raise :class:`ServiceError` in words when ``python`` can't be run."""
    title = text("There is no Python to run the project with")
    if not python:
        raise ServiceError(
            "interpreter-missing",
            title,
            text("{project} has no virtual environment of its own.", project=project),
            text(
                "Create one: python3 -m venv {venv}. Or name another interpreter as python in"
                " the configuration.",
                venv=str(Path(project) / VENV_FOLDERS[0]),
            ),
        )
    if not Path(python).exists():
        raise ServiceError(
            "interpreter-missing",
            title,
            text("There is no interpreter at {python}.", python=python),
            text(
                "Create it: python3 -m venv {venv}, and install the project into it. Or name"
                " another interpreter as python in the configuration.",
                venv=str(Path(python).parent.parent),
            ),
        )
    if Path(python).is_dir() or not os.access(python, os.X_OK):
        raise ServiceError(
            "interpreter-missing",
            title,
            text("{python} is no program that can be run.", python=python),
            text("Name an interpreter as python in the configuration."),
        )


def environment(python: str, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a program of the project needs on top of ``base`` (default: ours) so that it runs as
    in the project's own shell: its virtual environment is the active one, and nothing of how
    *we* were started leaks into it. "" switches a variable off."""
    base = os.environ if base is None else base
    changes = {"PYTHONUNBUFFERED": "1"}
    if python and os.sep in python:
        folder = Path(python).parent
        venv = folder.parent if (folder.parent / "pyvenv.cfg").exists() else None
        changes["PATH"] = os.pathsep.join(filter(None, (str(folder), base.get("PATH", ""))))
        if venv or "VIRTUAL_ENV" in base:
            changes["VIRTUAL_ENV"] = str(venv or "")
    for name in ("PYTHONSAFEPATH", "PYTHONHOME", "PYTHONNOUSERSITE", "__PYVENV_LAUNCHER__"):
        if base.get(name):
            changes[name] = ""
    if base.get("PYTHONPATH"):
        # Only our own folder is taken out: the rest may well be how the project finds its code.
        changes["PYTHONPATH"] = os.pathsep.join(
            entry for entry in base["PYTHONPATH"].split(os.pathsep) if not _is_ours(entry)
        )
    if "LD_LIBRARY_PATH_ORIG" in base:
        changes["LD_LIBRARY_PATH"] = base["LD_LIBRARY_PATH_ORIG"]  # set aside by a frozen program
    return changes


def our_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The same for our own modules: a user's ``PYTHONPATH`` must not bring a ``web`` or a
    ``desktop`` of theirs before ours."""
    base = os.environ if base is None else base
    changes = {"PYTHONUNBUFFERED": "1"}
    if base.get("PYTHONPATH"):
        changes["PYTHONPATH"] = os.pathsep.join(
            entry for entry in base["PYTHONPATH"].split(os.pathsep) if _is_ours(entry)
        )
    return changes


def _is_ours(entry: str) -> bool:
    return bool(entry) and Path(entry).resolve() == OURS

"""Which packages an environment has, asked in its own interpreter."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec

from desktop.engine.errors import ServiceError
from desktop.engine.flower.environments import pip_environment
from desktop.words import text

TIMEOUT_S = 30.0
_QUESTION = (
    "import importlib.metadata as m, json;"
    "print(json.dumps({d.metadata['Name']: d.version for d in m.distributions()"
    " if d.metadata['Name']}))"
)


async def packages(python: str) -> dict[str, str]:
    """Names and versions of what is installed there. Raises :class:`ServiceError` when it does not
    say: what is not known must not be taken for empty, or all of it would look newly put in."""
    try:
        return await _asked(python)
    except (TimeoutError, msgspec.DecodeError, OSError):
        raise ServiceError(
            "flower-install-silent",
            text("Flower could not be installed."),
            text("{python} does not say which packages it has.", python=python),
            text("See that it runs: {command}", command=f"{python} -m pip list"),
        ) from None


async def _asked(python: str) -> dict[str, str]:
    asked = await asyncio.create_subprocess_exec(
        *(python, "-I", "-c", _QUESTION),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=pip_environment(),
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            said, _ = await asked.communicate()
        return msgspec.json.decode(said, type=dict[str, str])
    finally:
        with contextlib.suppress(ProcessLookupError):
            asked.kill()

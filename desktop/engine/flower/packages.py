"""Which packages an environment has, asked in its own interpreter."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec

from desktop.engine.flower.environments import pip_environment

TIMEOUT_S = 30.0
_QUESTION = (
    "import importlib.metadata as m, json;"
    "print(json.dumps({d.metadata['Name']: d.version for d in m.distributions()"
    " if d.metadata['Name']}))"
)


async def packages(python: str) -> dict[str, str]:
    """Names and versions of what is installed there; {} when it does not say."""
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
    except (TimeoutError, msgspec.DecodeError):
        return {}
    finally:
        with contextlib.suppress(ProcessLookupError):
            asked.kill()

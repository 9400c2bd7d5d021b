"""Lines that match a regular expression, found in a process of its own.

Python's engine backtracks, holds the interpreter while it does, and can't be interrupted: an
expression like ``(a+)+$`` over one long line would stop whoever runs it for good. So a child runs
it, and is ended when it takes too long.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence

from desktop.engine.errors import UsageError
from desktop.launch import own_command
from desktop.words import Text, text

TIMEOUT_S = 3.0
PATTERN_MAX = 1_000
_INVALID = 3


def matching(pattern: str, lines: Sequence[str]) -> set[int]:
    """Indexes of the lines in which ``pattern`` is found, in any case of letters. Raises
    :class:`UsageError`: it is none, or takes too long."""
    if len(pattern) > PATTERN_MAX:
        raise _refused(text("This expression takes too long. Make it simpler."))
    request = json.dumps(pattern) + "\n" + "\n".join(lines)
    from desktop.engine.interpreter import our_environment

    try:
        done = subprocess.run(
            own_command("desktop.engine.log_pattern"),
            input=request.encode("utf-8", "replace"),
            capture_output=True,
            timeout=TIMEOUT_S,
            env={**os.environ, **our_environment()},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refused(text("This expression takes too long. Make it simpler.")) from None
    if done.returncode == _INVALID:
        why, at = json.loads(done.stdout)
        raise _refused(
            text("This expression is not valid: {why} (at character {at}).", why=why, at=at)
        )
    if done.returncode:
        raise _refused(text("This expression takes too long. Make it simpler."))
    return set(json.loads(done.stdout))


def _refused(why: Text) -> UsageError:
    return UsageError("bad-pattern", why, Text(""), Text(""))


def main() -> int:
    """Read the expression and the lines from the standard input; write the indexes."""
    head, _, rest = sys.stdin.buffer.read().decode("utf-8", "replace").partition("\n")
    try:
        expression = re.compile(json.loads(head), re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        why = str(getattr(error, "msg", "")) or type(error).__name__
        sys.stdout.write(json.dumps([why, (getattr(error, "pos", 0) or 0) + 1]))
        return _INVALID
    lines = rest.split("\n")
    sys.stdout.write(json.dumps([n for n, line in enumerate(lines) if expression.search(line)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())

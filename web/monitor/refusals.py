"""What went wrong as HTTP status and JSON."""

from __future__ import annotations

from desktop.engine.documents import problem_document
from desktop.engine.errors import EngineError, NotRunning, TrayError, UsageError, WouldHarm
from web.monitor.operation import Reply

_KINDS: tuple[tuple[type[TrayError], int], ...] = (
    (UsageError, 422),
    (WouldHarm, 409),
    (NotRunning, 503),
    (EngineError, 503),
)
# A refusal from the engine keeps only its exit code (client.refusal).
_EXIT_CODES = {2: 422, 3: 503, 5: 409}
_CONFLICT = frozenset(
    {
        "cleanup-going-on",
        "duplicate-node",
        "node-refused",
        "not-stopped",
        "not-this-app",
        "nothing-to-force",
        "silent-node",
    }
)
"""The state of things does not allow it; nothing has failed."""
_NOT_FOUND = frozenset({"no-such-task", "no-such-queue", "no-such-process", "no-such-service"})


def refusal(error: TrayError) -> Reply:
    """The error as JSON, with the status of its kind."""
    if error.problem.code in _NOT_FOUND:
        status = 404
    elif error.problem.code in _CONFLICT:
        status = 409
    else:
        status = next((number for kind, number in _KINDS if isinstance(error, kind)), 500)
        status = _EXIT_CODES.get(error.exit_code, status)
    return status, problem_document(error.problem) or {}

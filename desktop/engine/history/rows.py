"""A task as a row of the file, and back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from desktop.engine.history.schema import KEYS_A_SECOND, STATE_NUMBER, STATES
from desktop.engine.task_model import Attempt, Task

Row = tuple[Any, ...]
UNKNOWN_ROOT = b""
"""Told apart from NULL, which says that a task is its own root."""
KEY_MAX = 253_402_300_799 * KEYS_A_SECOND
"""The end of the year 9999."""
INTEGER_MAX = 2**63 - 1
ID_MAX_CHARS = 255
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CUT = re.compile(r"…\[\+\d+\]\Z")
_encode_attempts = msgspec.msgpack.Encoder().encode
_decode_attempts = msgspec.msgpack.Decoder(tuple[Attempt, ...]).decode


def id_value(task_id: str) -> bytes | str:
    """What stands for an id in the file: the 16 bytes of a UUID, else the text itself."""
    if len(task_id) == 36 and _UUID.fullmatch(task_id):
        return bytes.fromhex(task_id.replace("-", ""))
    return storable(task_id)[:ID_MAX_CHARS]


def id_text(value: bytes | str) -> str:
    if isinstance(value, str):
        return value
    digits = value.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def storable(words: str) -> str:
    """Text that SQLite takes and gives back: half a surrogate pair and NUL become "\\ufffd"."""
    if words.isascii():
        return words.replace("\0", "\ufffd") if "\0" in words else words
    return words.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def kept(words: str, most_bytes: int) -> str | None:
    """Text as it is stored: cut at ``most_bytes`` of UTF-8, the cut said at its end as
    ``…[+12345]`` (characters). None for ""."""
    if not words:
        return None
    if not words.isascii() or "\0" in words:
        words = storable(words)
    if len(words) * 4 <= most_bytes or len(encoded := words.encode()) <= most_bytes:
        return words
    head = encoded[:most_bytes].decode("utf-8", "ignore")
    return f"{head}…[+{len(words) - len(head)}]"


def is_cut(words: str) -> bool:
    """Whether the history kept only the beginning of this text."""
    return _CUT.search(words) is not None


def key_of(seen_at: float, now: float) -> int:
    """The key that a task seen then would like; what is no instant, or lies ahead, counts as now.
    Nothing can be heard before it happens: a node's clock is ahead."""
    at = seen_at if math.isfinite(seen_at) and 0 < seen_at <= now else now
    return min(int(at * KEYS_A_SECOND), KEY_MAX)


def row_maker(
    name: Callable[[str], int],
    node: Callable[[str], int],
    queue: Callable[[str], int],
    fault: Callable[[Task], int | None],
    most_bytes: int,
) -> Callable[[int, bytes | str, Task], Row]:
    """``make(key, id value, task)``, where the four give the small integers."""

    def make(key: int, id_: bytes | str, task: Task) -> Row:
        root = task.root_id
        return (
            key,
            id_,
            name(task.name),
            STATE_NUMBER[task.state],
            node(task.worker),
            _small(task.worker_pid),
            queue(task.queue),
            # Most have few of these: what is not called costs nothing.
            kept(task.args, most_bytes) if task.args else None,
            kept(task.kwargs, most_bytes) if task.kwargs else None,
            kept(task.result, most_bytes) if task.result else None,
            kept(task.exception, most_bytes) if task.exception else None,
            kept(task.traceback, most_bytes) if task.traceback else None,
            _small(task.retries) if task.retries else None,
            _small(task.starts),
            (None if root == task.id else id_value(root)) if root else UNKNOWN_ROOT,
            id_value(task.parent_id) if task.parent_id else None,
            task.sent_at,
            task.received_at,
            task.started_at,
            task.finished_at,
            task.runtime_s,
            task.eta,
            task.expires_at,
            storable(task.revoked_why) if task.revoked_why else None,
            _small(task.clock),
            _attempts(task, most_bytes) if task.attempts else None,
            fault(task) if task.exception or task.traceback or task.attempts else None,
            storable(task.doubt) if task.doubt else None,
        )

    return make


def task_of(row: Sequence[Any]) -> Task:
    """The task of a row whose name, node and queue were joined as text."""
    id_ = id_text(row[1])
    root = row[14]
    return Task(
        id_,
        row[2],
        STATES[row[3]],
        row[4],
        row[5] or 0,
        row[6],
        row[7] or "",
        row[8] or "",
        row[9] or "",
        row[10] or "",
        row[11] or "",
        row[12] or 0,
        row[13] or 0,
        id_ if root is None else id_text(root) if root else "",
        id_text(row[15]) if row[15] else "",
        row[16],
        row[17],
        row[18],
        row[19],
        row[20],
        row[21],
        row[22],
        row[23] or "",
        row[0] / KEYS_A_SECOND,
        row[24] or 0,
        _decode_attempts(row[25]) if row[25] else (),
        row[27] or "",
    )


def _small(number: int) -> int | None:
    if 0 <= number <= INTEGER_MAX:
        return number or None
    return INTEGER_MAX if number > 0 else max(number, -INTEGER_MAX)


def _attempts(task: Task, most_bytes: int) -> bytes:
    return _encode_attempts(
        [
            msgspec.structs.replace(
                one,
                worker=storable(one.worker),
                exception=kept(one.exception, most_bytes) or "",
                traceback=kept(one.traceback, most_bytes) or "",
            )
            for one in task.attempts
        ]
    )

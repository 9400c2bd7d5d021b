"""The names that kombu's Redis transport gives things, as an app's options change them.

Source: ``kombu/transport/redis.py`` (5.7), ``Channel`` and ``QoS``. Pure.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence

import msgspec

PRIORITY_STEPS = (0, 3, 6, 9)
"""kombu's, unless ``priority_steps`` says otherwise."""
PRIORITY_MAX = 9
_SEP = "\x06\x16"


class Keys(msgspec.Struct, frozen=True):
    """Keys and channels of one app on one database, its ``global_keyprefix`` included."""

    prefix: str = ""
    unacked: str = "unacked"
    """Hash: delivery tag to ``[message, exchange, routing key]``."""
    index: str = "unacked_index"
    """Sorted set: delivery tag by the time of its delivery."""
    pidbox: str = "/0.celery.pidbox"
    """Channel of remote control, to which every worker that can be asked listens."""
    sep: str = _SEP
    steps: tuple[int, ...] = PRIORITY_STEPS

    def list_of(self, queue: str, priority: int) -> str:
        """The list that messages of this priority wait in (``_q_for_pri``)."""
        step = self.steps[bisect(self.steps, priority) - 1]
        return f"{self.prefix}{queue}{self.sep}{step}" if step else f"{self.prefix}{queue}"

    def lists_of(self, queue: str) -> tuple[str, ...]:
        """All lists of a queue, in the order in which they are consumed."""
        return tuple(dict.fromkeys(self.list_of(queue, step) for step in self.steps))


def keys(
    options: Mapping[str, str | int | float | bool],
    database: int,
    *,
    control_exchange: str = "celery",
    steps: Sequence[int] = (),
) -> Keys:
    """``options`` are the app's ``broker_transport_options``, ``steps`` its ``priority_steps``."""
    prefix = str(options.get("global_keyprefix") or "")
    fanout = options.get("fanout_prefix", True)
    before = fanout if isinstance(fanout, str) else ("/{db}." if fanout else "")
    return Keys(
        prefix=prefix,
        unacked=prefix + str(options.get("unacked_key") or "unacked"),
        index=prefix + str(options.get("unacked_index_key") or "unacked_index"),
        pidbox=f"{prefix}{before.replace('{db}', str(database))}{control_exchange}.pidbox",
        sep=str(options.get("sep") or _SEP),
        steps=tuple(sorted(steps)) or PRIORITY_STEPS,
    )

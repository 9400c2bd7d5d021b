"""Has a worker that was just asked to stop look up from its queue.

An idle worker sleeps in a BRPOP of up to a second, and sees only when that ends that it is to
stop. A message that comes in between is the last one it takes, and it keeps it until its own
tasks are done: with a task of 15 minutes, so long (measured). ``CLIENT UNBLOCK`` ends the wait as
if its second were over.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection

from desktop.engine.broker import connected
from desktop.engine.errors import TrayError
from desktop.engine.redis_url import is_redis

POP = "brpop"


def end_waiting(url: str, addresses: Collection[str]) -> int:
    """End the waits of the connections from these ``host:port``; how many there were. Blocking.

    A Redis that can't be asked or does not allow it is no failure: the worker stops all the same.
    """
    ended = 0
    if not addresses or not is_redis(url):
        return ended
    with contextlib.suppress(TrayError), connected(url) as client:
        for one in client.client_list():
            waits = one.get("cmd") == POP and "b" in one.get("flags", "")
            if waits and one.get("addr") in addresses:
                ended += int(client.client_unblock(int(one["id"])))
    return ended

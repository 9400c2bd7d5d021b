"""Runs a fetch in processes that are killed after a given time, one after the other.

``python -m tests.web.downloads.crasher URL ID WHEN…``: for each a process begins the fetch and is
killed, after so many seconds, or (``synced``) when more of the file is known to be on the disk;
then one may finish. Forked from here, where no thread runs.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from web.downloads.fetch import Order, fetch
from web.downloads.files import store
from web.downloads.limits import Limits


def main(url: str, download_id: str, instants: list[str]) -> None:
    limits = Limits(keep_free_bytes=0)
    order = Order(download_id, url)
    facts = store() / download_id / ".facts"
    for instant in instants:
        before = facts.read_bytes() if facts.exists() else None
        child = os.fork()
        if not child:
            try:
                fetch(order, lambda done, total: None, limits)
            finally:
                os._exit(0)
        if instant == "synced":
            while (facts.read_bytes() if facts.exists() else None) in (before, None):
                time.sleep(0.01)
        else:
            time.sleep(float(instant))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        for path in (store() / download_id).glob("[!.]*"):
            # Whatever has the name of a file is the whole file, at any instant.
            print(path.name, path.stat().st_size, flush=True)
    whole = fetch(order, lambda done, total: None, limits)
    print("whole", whole.name, whole.size_bytes, whole.sha256, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])

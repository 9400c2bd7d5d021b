"""SHA-256 of a file while it comes, on a second core when the file is large."""

from __future__ import annotations

import hashlib
import queue
import threading

INLINE_BYTES = 4 * 1024 * 1024
"""Below this a thread costs more than it saves."""
AHEAD = 2
"""Pieces that may wait: more would only be memory."""


class Digest:
    """As hashlib's, for one writer; ``hexdigest`` waits for all pieces, ``close`` for none."""

    def __init__(self) -> None:
        self._inner = hashlib.sha256()
        self._seen_bytes = 0
        self._pieces: queue.Queue[bytes | None] = queue.Queue(AHEAD)
        self._thread: threading.Thread | None = None

    def update(self, data: bytes) -> None:
        self._seen_bytes += len(data)
        if self._seen_bytes <= INLINE_BYTES:
            self._inner.update(data)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True, name="sha256")
            self._thread.start()
        self._pieces.put(data)

    def hexdigest(self) -> str:
        self.close()
        return self._inner.hexdigest()

    def close(self) -> None:
        """No piece comes any more."""
        if self._thread is not None:
            self._pieces.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while (piece := self._pieces.get()) is not None:
            self._inner.update(piece)  # lets other threads run meanwhile

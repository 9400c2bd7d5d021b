"""One tray a home: a second launch raises the first's window and leaves."""

from __future__ import annotations

import contextlib
import socket
import time

from filelock import FileLock, Timeout
from PySide6.QtCore import QObject, QSocketNotifier, Signal

from desktop.paths import Home

CONNECT_S = 1.0
RAISE_S = 5.0
"""The first may itself only be starting: so long its socket is waited for."""
WAITING_MAX = 8


class SingleInstance(QObject):
    """Holds the name, or asks the holder to come to the front.

    The lock says who is first, and the kernel lets go of it when its holder dies; the socket is
    only how the holder is asked. A plain one: QtNetwork would cost 3 MB for a knock on the door.
    """

    raised = Signal()

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = home.socket.with_name("tray.sock")
        self._lock = FileLock(home.root / "tray.lock", timeout=0, mode=0o600)
        self._door: socket.socket | None = None
        self._notifier: QSocketNotifier | None = None

    def take(self) -> bool:
        """True when this is the only one; False when another was asked to show its window."""
        try:
            self._lock.acquire()
        except Timeout:
            self._raise_other()
            return False
        # Without a socket (a full disk) it is still the first, and only can't be raised.
        with contextlib.suppress(OSError):
            self._listen()
        return True

    def release(self) -> None:
        """Let the next one be first."""
        if self._notifier and self._door:
            self._notifier.setEnabled(False)
            self._door.close()
            self._path.unlink(missing_ok=True)
            self._notifier = self._door = None
        self._lock.release()

    def _listen(self) -> None:
        # A killed program leaves its socket behind, which nobody listens on.
        self._path.unlink(missing_ok=True)
        door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            door.setblocking(False)
            door.bind(str(self._path))
            self._path.chmod(0o600)
            door.listen(WAITING_MAX)
        except OSError:
            door.close()
            raise
        self._door = door
        self._notifier = QSocketNotifier(door.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_knock)

    def _raise_other(self) -> None:
        deadline = time.monotonic() + RAISE_S
        while time.monotonic() < deadline:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
                knock.settimeout(CONNECT_S)
                with contextlib.suppress(OSError):
                    knock.connect(str(self._path))
                    return
            time.sleep(0.05)

    def _on_knock(self) -> None:
        if self._door is None:
            return
        with contextlib.suppress(OSError):  # it has gone again
            self._door.accept()[0].close()
        self.raised.emit()

"""One tray a home: a second launch raises the first's window and leaves."""

from __future__ import annotations

import hashlib
import os
import time

from filelock import FileLock, Timeout
from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from desktop.paths import Home

CONNECT_MS = 1000
RAISE_S = 5.0
"""The first may itself only be starting: so long its socket is waited for."""


class SingleInstance(QObject):
    """Holds the name, or asks the holder to come to the front.

    The lock says who is first, and the kernel lets go of it when its holder dies; the socket is
    only how the holder is asked.
    """

    raised = Signal()

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        digest = hashlib.sha256(os.fsencode(home.root)).hexdigest()[:16]
        self._name = f"celery-tray-{os.getuid()}-{digest}"
        self._lock = FileLock(home.root / "tray.lock", timeout=0, mode=0o600)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)

    def take(self) -> bool:
        """True when this is the only one; False when another was asked to show its window."""
        try:
            self._lock.acquire()
        except Timeout:
            self._raise_other()
            return False
        # A killed program leaves its socket behind, which nobody listens on.
        QLocalServer.removeServer(self._name)
        self._server.listen(self._name)
        return True

    def release(self) -> None:
        """Let the next one be first."""
        self._server.close()
        self._lock.release()

    def _raise_other(self) -> None:
        deadline = time.monotonic() + RAISE_S
        while time.monotonic() < deadline:
            socket = QLocalSocket()
            socket.connectToServer(self._name)
            if socket.waitForConnected(CONNECT_MS):
                socket.disconnectFromServer()
                return
            time.sleep(0.05)

    def _on_connection(self) -> None:
        connection = self._server.nextPendingConnection()
        if connection is not None:
            connection.disconnected.connect(connection.deleteLater)
        self.raised.emit()

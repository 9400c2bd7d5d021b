"""One tray a home: a second launch raises the first's window and leaves."""

from __future__ import annotations

import hashlib
import os

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from desktop.paths import Home

CONNECT_MS = 1000


class SingleInstance(QObject):
    """Holds the name, or asks the holder to come to the front."""

    raised = Signal()

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        digest = hashlib.sha256(os.fsencode(home.root)).hexdigest()[:16]
        self._name = f"celery-tray-{os.getuid()}-{digest}"
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)

    def take(self) -> bool:
        """True when this is the only one; False when another was asked to show its window."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if socket.waitForConnected(CONNECT_MS):
            socket.disconnectFromServer()
            return False
        # A killed program leaves its socket behind, which nobody listens on.
        QLocalServer.removeServer(self._name)
        self._server.listen(self._name)
        return True

    def _on_connection(self) -> None:
        connection = self._server.nextPendingConnection()
        if connection is not None:
            connection.disconnected.connect(connection.deleteLater)
        self.raised.emit()

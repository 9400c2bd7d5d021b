"""The tray program, which also tells what is on its screen and where:

    python -m tests.live.seen_tray SOCKET [OPTIONS OF celery-tray]

Nothing of the program is replaced. Whoever connects to the socket is sent one JSON document, a
list of what a person could read now, each with its place on the display. :mod:`tests.live.person`
reads it, and clicks with a real mouse.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtNetwork import QLocalServer
from PySide6.QtWidgets import QAbstractItemView, QApplication, QMenu, QWidget

from desktop.cli.main import run
from desktop.ui import app

Thing = dict[str, Any]


class SeenDesktop(app.Desktop):
    """The program's parts, and a socket that tells what they show."""

    socket = ""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._server = QLocalServer(self._app)
        self._server.newConnection.connect(self._on_connection)
        assert self._server.listen(self.socket), self._server.errorString()

    def _on_connection(self) -> None:
        connection = self._server.nextPendingConnection()
        things: list[Thing] = []
        for window in QApplication.topLevelWidgets():
            if window.isVisible():
                for thing in _seen(window):
                    things.append({**thing, "window": window.windowTitle()})
        connection.write(json.dumps(things).encode())
        connection.disconnectFromServer()


def _seen(window: QWidget) -> Iterator[Thing]:
    for widget in (window, *window.findChildren(QWidget)):
        if not widget.isVisible() or widget.window() is not window:
            continue  # a dialog is a window of its own, and its parent's child
        at = QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size())
        words = widget.accessibleName() or str(getattr(widget, "text", widget.toolTip)())
        if isinstance(widget, QMenu):
            yield from _entries(widget)
        elif isinstance(widget, QAbstractItemView):
            yield from _cells(widget)
        elif words or widget.isWindow():
            found = QApplication.widgetAt(at.center())
            reached = found is not None and (found is widget or widget.isAncestorOf(found))
            kind = widget.metaObject().className()
            yield _thing(
                kind, words or widget.windowTitle(), at, on=widget.isEnabled(), reached=reached
            )


def _entries(menu: QMenu) -> Iterator[Thing]:
    for entry in menu.actions():
        if entry.isVisible() and not entry.isSeparator():
            at = menu.actionGeometry(entry)
            yield _thing(
                "entry",
                entry.text(),
                QRect(menu.mapToGlobal(at.topLeft()), at.size()),
                on=entry.isEnabled(),
            )


def _cells(view: QAbstractItemView) -> Iterator[Thing]:
    model = view.model()
    for row in range(model.rowCount()):
        for column in range(model.columnCount()):
            index = model.index(row, column)
            at = view.visualRect(index)
            if at.isEmpty():
                continue
            words = index.data(Qt.ItemDataRole.AccessibleTextRole)
            corner = view.viewport().mapToGlobal(at.topLeft())
            seen = view.viewport().rect().contains(at.center())
            place = QRect(corner, at.size())
            yield _thing("cell", str(words), place, row=row, reached=seen)


def _thing(kind: str, words: str, at: QRect, **more: object) -> Thing:
    place = (at.x(), at.y(), at.width(), at.height())
    return {"kind": kind, "words": words, "at": place, "on": True, "reached": True, **more}


if __name__ == "__main__":
    SeenDesktop.socket = sys.argv.pop(1)
    app.Desktop = SeenDesktop  # type: ignore[misc]
    sys.exit(run(sys.argv[1:]))

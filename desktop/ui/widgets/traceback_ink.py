"""Colour and weight for tracebacks: where it happened, and what; the rest steps back."""

from __future__ import annotations

import re

from PySide6.QtGui import QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from desktop.ui import theme

_FRAME = re.compile(r'\s*File "([^"]*)", line (\d+)(?:, in (.*))?')
_ERROR = re.compile(r"(?!Traceback|File|During|The above)[A-Za-z_][\w.]*(?=:|$)")
_NOT_OURS = ("site-packages", "dist-packages", "/lib/python", "<frozen ")
LINE_MAX = 2_000
"""Longer lines stay as they are."""


class TracebackInk(QSyntaxHighlighter):
    """Frames of libraries are faint, one's own are not; the exception is strong, and red."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._frame_is_theirs = False

    def highlightBlock(self, line: str) -> None:
        if len(line) > LINE_MAX:
            return
        found = _FRAME.match(line)
        if found is not None:
            self._frame_is_theirs = any(part in found[1] for part in _NOT_OURS)
            self.setFormat(0, len(line), _format("sub"))
            if not self._frame_is_theirs:
                name = found.start(1) + found[1].rfind("/") + 1
                self.setFormat(name, found.end(1) - name, _format("text", strong=True))
                self.setFormat(found.start(2), len(found[2]), _format("text", strong=True))
                if found[3]:
                    self.setFormat(found.start(3), len(found[3]), _format("run"))
            return
        if line[:1].isspace() or line.startswith("Traceback"):
            theirs = self._frame_is_theirs or line.startswith("Traceback")
            self.setFormat(0, len(line), _format("sub" if theirs else "text"))
            return
        error = _ERROR.match(line)
        if error is not None:
            self.setFormat(0, len(line), _format("bad"))
            self.setFormat(0, error.end(), _format("bad", strong=True))


def _format(color: str, *, strong: bool = False) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(theme.color(color))
    if strong:
        made.setFontWeight(QFont.Weight.Bold)
    return made

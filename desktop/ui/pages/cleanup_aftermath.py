"""What is left to know after cleanups: how the last one ended, what is stranded, what was lost."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.engine.cleanup_model import CleanupProgress, Stranded
from desktop.engine.states import Severity
from desktop.ui.pages.cleanup_result import LostTasks, result_words
from desktop.ui.view import View
from desktop.ui.widgets.banner import Banner
from desktop.words import trn

RESULT_KEPT_S = 600.0
"""What came of a cleanup is shown this long, unless it is put away."""
GAP = 12


class CleanupAftermath(QWidget):
    """Up to three messages above the table; it takes no room when there are none."""

    run_again_asked = Signal(tuple)
    """Ids of lost tasks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._put_away = 0.0
        """When the cleanup began whose result was put away."""
        self._last: CleanupProgress | None = None
        self.result = Banner()
        self.stranded = Banner()
        self.lost = LostTasks()
        self.result.dismissed.connect(self._on_result_dismissed)
        self.lost.asked.connect(self.run_again_asked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for widget in (self.result, self.stranded, self.lost):
            column.addWidget(widget)

    def take(self, view: View, stranded: Stranded | None) -> None:
        """Show what the stack tells; ``stranded`` as the last look found it."""
        stack = view.stack
        self._last = progress = stack.cleanup if stack else None
        ended = progress.ended_at if progress else None
        fresh = ended is not None and view.now - ended < RESULT_KEPT_S
        if progress is not None and fresh and progress.started_at != self._put_away:
            self.result.show_words(*result_words(progress))
        else:
            self.result.hide()
        self._show_stranded((stack.stranded if stack else None) or stranded)
        self.lost.show_tasks(stack.lost if stack else (), ready=view.reachable)
        parts = (self.result, self.stranded, self.lost)
        self.setVisible(any(not part.isHidden() for part in parts))

    def _show_stranded(self, stranded: Stranded | None) -> None:
        if stranded is None or not stranded.count:
            self.stranded.hide()
            return
        title = trn(
            "{n} task of a dead worker waits to be put back",
            "{n} tasks of dead workers wait to be put back",
            stranded.count,
        )
        why = str(stranded.why)
        self.stranded.show_words(Severity.WARNING, title, why, dismissable=False)

    def _on_result_dismissed(self) -> None:
        if self._last is not None:
            self._put_away = self._last.started_at
        self.result.hide()

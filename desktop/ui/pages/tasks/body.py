"""The lower part of the page: table or figures, with the details of a task beside or over them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from desktop.ui.pages.page import GAP
from desktop.ui.pages.tasks.detail import WIDTH, TaskDetailPanel
from desktop.ui.widgets.sidebar import WIDTH as SIDEBAR

WIDE = 980 - SIDEBAR - 48
"""From this width on the details stand beside the table; below it they lie over it."""


class Body(QWidget):
    """Two faces, one of which is seen; the details belong to the first."""

    def __init__(self, listed: tuple[QWidget, ...], figures: QWidget) -> None:
        super().__init__()
        table = QWidget()
        column = QVBoxLayout(table)
        column.setContentsMargins(0, 0, 0, 0)
        for part in listed:
            column.addWidget(part, 1)
        self._figures = figures
        self._faces = QStackedLayout()
        self._faces.addWidget(table)
        self._faces.addWidget(figures)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(self._faces)
        self.detail = TaskDetailPanel(self)
        self.detail.hide()
        self.installEventFilter(self)
        self.detail.installEventFilter(self)

    @property
    def figures_shown(self) -> bool:
        return self._faces.currentWidget() is self._figures

    def show_figures(self, shown: bool) -> None:
        """The figures, or the table."""
        self._faces.setCurrentIndex(1 if shown else 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in {QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide}:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        beside = not self.detail.isHidden() and self.width() >= WIDE
        self._column.setContentsMargins(0, 0, WIDTH + GAP if beside else 0, 0)
        self.detail.setGeometry(self.width() - WIDTH, 0, WIDTH, self.height())
        self.detail.raise_()

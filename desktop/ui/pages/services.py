"""All services in a table, and the details of the one that is selected."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop.engine.states import ServiceState
from desktop.ui.pages.page import GAP, Page, Surroundings
from desktop.ui.pages.service_detail import ServiceDetail
from desktop.ui.pages.service_table import HEADER, ROW, ServiceTable
from desktop.ui.phrases import running_count
from desktop.ui.view import View
from desktop.ui.widgets.empty_state import EmptyState
from desktop.ui.widgets.table_card import TableCard
from desktop.words import text, tr

ROWS_SEEN_MIN = 3
DETAIL_HEIGHT_MIN = 190


class ServicesPage(Page):
    """The table above, the details below: command lines and errors need the whole width."""

    name = "services"
    label = text("Services")
    icon = "services"
    scrolls = False

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(around, parent)
        self.table = ServiceTable()
        self.detail = ServiceDetail(around.actions)
        self.empty = EmptyState("services")
        self._card = TableCard(self.table)
        self._wanted = ""
        self._closed = False
        self.column.setSpacing(12)
        self.column.addWidget(self._card)
        self.column.addWidget(self.detail, 1)
        self.column.addWidget(self.empty, 1)
        self.column.addStretch(0)
        self.table.picked.connect(self._on_picked)
        self.table.menu_asked.connect(self._on_menu_asked)
        self.detail.closed.connect(self.escape)
        self.retranslate()

    def retranslate(self) -> None:
        self.header.title.setText(self.title())
        self.table.setAccessibleName(self.title())
        self.detail.retranslate()

    def refresh(self, view: View) -> None:
        has = bool(view.services)
        self._card.setVisible(has)
        self.empty.setVisible(not has)
        self.empty.show_words(tr("No services yet. They appear here when a project is open."))
        self.table.take(view)
        if self._wanted and view.stack and view.stack.service(self._wanted):
            self.table.choose(self._wanted)
            self._wanted = ""
        if has and not self.table.chosen and not self._closed:
            self.table.choose(_most_urgent(view))
        self._show_sentence(view)
        self._show_detail()
        self._fit()

    def show_argument(self, argument: str) -> None:
        """Select the service of this name."""
        if not argument:
            return
        self._closed = False
        self._wanted = argument
        if self.view is not None:
            self.refresh(self.view)

    def check_again(self) -> None:
        service = (
            self.view.stack.service(self.table.chosen) if self.view and self.view.stack else None
        )
        if service is not None and service.state is ServiceState.RUNNING:
            self.around.actions.restart(service.name)
        else:
            self.around.actions.look_again()

    def escape(self) -> None:
        """Close the details."""
        self._closed = True
        self.table.clearSelection()
        self.table.setCurrentIndex(self.table.rootIndex())
        self._show_detail()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_sentence(self, view: View) -> None:
        stack = view.stack
        if stack is None or not stack.services:
            self.header.show_sentence("")
            return
        failed = any(s.state is ServiceState.FAILED for s in stack.services)
        up = not view.can_start and not failed
        glyph, color = ("state-failed", "bad") if failed else ("state-idle", "off")
        if up:
            glyph, color = "state-ok", "ok"
        self.header.show_sentence(running_count(stack), glyph, color)

    def _show_detail(self) -> None:
        view = self.view
        service = view.stack.service(self.table.chosen) if view and view.stack else None
        self.detail.setVisible(service is not None)
        if service is not None and view is not None:
            stack_id = view.stack.id if view.stack else ""
            self.detail.show_service(
                service, view, self.around.trends.series(stack_id, service.name)
            )

    def _on_picked(self, _name: str) -> None:
        self._closed = False
        self._show_detail()
        self._fit()

    def _on_menu_asked(self, name: str, at: QPoint) -> None:
        service = self.view.stack.service(name) if self.view and self.view.stack else None
        if service is not None and self.view is not None:
            menu = self.around.actions.menu(self, service, self.view)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(at)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """All rows where there is room; else the table scrolls and leaves room for the details."""
        wanted = self.table.height_wanted() + 2
        least = min(wanted, HEADER + ROWS_SEEN_MIN * ROW + 2)
        room = self.height() - 20 - 24 - self.header.height() - GAP
        if not self.detail.isHidden():
            room -= DETAIL_HEIGHT_MIN + 12
        table = max(least, min(wanted, room))
        self._card.setFixedHeight(table)
        self.detail.setMaximumHeight(max(DETAIL_HEIGHT_MIN, self.detail.height_wanted()))


def _most_urgent(view: View) -> str:
    """The service to show first: one that failed, else the first."""
    failed = [s for s in view.services if s.state is ServiceState.FAILED]
    return (failed or list(view.services))[0].name

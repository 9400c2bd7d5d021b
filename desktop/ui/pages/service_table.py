"""The table of services: a model over the values of the snapshot, and how its cells are drawn."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import (
    QModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop.engine.model import ServiceStatus
from desktop.quantities import duration, percent, size
from desktop.ui import icons, theme
from desktop.ui.phrases import DASH, service_state, service_title
from desktop.ui.view import View
from desktop.ui.widgets import row_table
from desktop.ui.widgets.chip import draw_chip
from desktop.ui.widgets.row_model import Index, RowModel
from desktop.ui.widgets.row_table import Shape
from desktop.words import text

ROW = 32
HEADER = 30
PAD = 12


class Column(IntEnum):
    NAME = 0
    STATE = 1
    PID = 2
    CPU = 3
    MEMORY = 4
    UPTIME = 5
    RESTARTS = 6
    ADDRESS = 7


SHAPES = {
    Column.NAME: Shape(text("Service"), 140),
    Column.STATE: Shape(text("State"), 132),
    Column.PID: Shape(text("PID"), 70, True),
    Column.CPU: Shape(text("CPU"), 62, True),
    Column.MEMORY: Shape(text("Memory"), 80, True),
    Column.UPTIME: Shape(text("Uptime"), 98, True),
    Column.RESTARTS: Shape(text("Restarts"), 78, True),
    Column.ADDRESS: Shape(text("Address"), 140),
}
NARROW = 760
"""Below this width the columns that matter least are left out."""
_LEFT_OUT = (Column.ADDRESS, Column.RESTARTS)


class ServiceModel(RowModel[ServiceStatus]):
    """One row per service, in the stack's order."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(SHAPES, parent)
        self._view: View | None = None

    def take(self, view: View) -> None:
        """Show these services; a selection stays where its service stays."""
        self._view = view
        self.show_rows(view.services)

    def is_same(self, one: ServiceStatus, other: ServiceStatus) -> bool:
        return one.name == other.name

    def row_of(self, name: str) -> int:
        """The row of a service; -1 when there is none of this name."""
        return next((n for n, service in enumerate(self.rows) if service.name == name), -1)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        service = self.row(index.row())
        if service is None or self._view is None:
            return None
        column = Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cell(service, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{SHAPES[column].title}: {self._cell(service, column)}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return row_table.alignment(SHAPES[column])
        return None

    def _cell(self, service: ServiceStatus, column: Column) -> str:
        uptime_s = self._view.uptime_s(service) if self._view else None
        cells = {
            Column.NAME: service_title(service),
            Column.STATE: service_state(service.state),
            Column.PID: DASH if service.pid is None else str(service.pid),
            Column.CPU: DASH if service.cpu_percent is None else percent(service.cpu_percent),
            Column.MEMORY: DASH if service.rss_bytes is None else size(service.rss_bytes),
            Column.UPTIME: DASH if uptime_s is None else duration(uptime_s),
            Column.RESTARTS: str(service.restarts),
            Column.ADDRESS: service.url or DASH,
        }
        return cells[column]


class ServiceDelegate(QStyledItemDelegate):
    """Draws cells on the line grid, and the state as glyph and word."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(40, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        model = index.model()
        service = model.row(index.row()) if isinstance(model, ServiceModel) else None
        if service is None:
            return
        painter.save()
        row_table.draw_row(painter, option, index)
        inside = rect.adjusted(PAD, 0, -PAD, 0)
        column = Column(index.column())
        words = str(index.data(Qt.ItemDataRole.DisplayRole))
        if column is Column.STATE:
            glyph, tone = icons.STATES[service.state]
            calm = tone in _CALM
            ink = "sub" if calm else ""
            draw_chip(painter, inside, glyph, tone, words, tinted=not calm, word_color=ink)
        else:
            strong = column is Column.NAME
            row_table.draw_words(painter, inside, words, SHAPES[column], strong=strong)
        painter.restore()


_CALM = frozenset({theme.Tone.OK, theme.Tone.OFF})


class ServiceTable(QTableView):
    """The table; its selected row is what the details tell of."""

    picked = Signal(str)
    """Name of the service whose row was chosen."""
    menu_asked = Signal(str, object)
    """Name of a service and a QPoint on the screen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = ServiceModel(self)
        self.setModel(self._model)
        self.setItemDelegate(ServiceDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        row_table.set_up(self, SHAPES, row_px=ROW, header_px=HEADER, narrowest_px=40)
        self.selectionModel().currentRowChanged.connect(self._on_current_row_changed)

    def take(self, view: View) -> None:
        """Show what is known now."""
        chosen = self.chosen
        self._model.take(view)
        row = self._model.row_of(chosen) if chosen else -1
        if row != self.currentIndex().row():
            self.selectRow(row)

    @property
    def chosen(self) -> str:
        """Name of the selected service; "" when none is."""
        service = self._model.row(self.currentIndex().row())
        return service.name if service else ""

    def choose(self, name: str) -> None:
        """Select the row of a service."""
        self.selectRow(self._model.row_of(name))

    def height_wanted(self) -> int:
        """Tall enough for all rows."""
        return HEADER + ROW * max(1, self._model.rowCount())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.viewport().width() < NARROW
        for column in _LEFT_OUT:
            self.setColumnHidden(column, narrow)
        filling = Column.NAME if narrow else Column.ADDRESS
        others = sum(
            shape.width
            for column, shape in SHAPES.items()
            if column is not filling and not self.isColumnHidden(column)
        )
        header = self.horizontalHeader()
        for column, shape in SHAPES.items():
            room = self.viewport().width() - others
            header.resizeSection(column, max(room, 80) if column is filling else shape.width)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(self.viewport().mapFromGlobal(event.globalPos()))
        service = self._model.row(index.row())
        if service is not None:
            self.choose(service.name)
            self.menu_asked.emit(service.name, event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.chosen:
            self.picked.emit(self.chosen)
        else:
            super().keyPressEvent(event)

    def _on_current_row_changed(self, current: QModelIndex) -> None:
        service = self._model.row(current.row())
        if service is not None:
            self.picked.emit(service.name)

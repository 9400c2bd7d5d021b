"""Numbers side by side in one card, and the machine's resources against their thresholds."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.engine.machine import CPU_MAX_PERCENT, DISK_FREE_MIN_BYTES, MEMORY_MAX_PERCENT
from desktop.engine.model import Machine
from desktop.quantities import percent, size
from desktop.ui import theme
from desktop.ui.fonts import Role
from desktop.ui.phrases import DASH
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.label import Label, draw_line, width_of
from desktop.words import tr

ROW = 16


def short(number: int) -> str:
    """A count in six characters at most: "17,951", "123k", "1.2M"."""
    if number < 100_000:
        return f"{number:,}"
    if number < 999_500:
        return f"{number / 1000:.0f}k"
    millions = number / 1_000_000
    return f"{millions:.1f}M" if millions < 99.95 else f"{millions:,.0f}M"


class Metric(QWidget):
    """A number and what it counts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = Label(DASH, Role.METRIC)
        self._caption = Label("", Role.SECONDARY, "sub")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._number)
        column.addWidget(self._caption)

    @property
    def number(self) -> str:
        return self._number.text()

    def show_number(self, number: int | None, caption: str, color: str = "text") -> None:
        """The number (None: not known) in a token's colour."""
        exact = DASH if number is None else f"{number:,}"
        shown = exact if number is None else short(number)
        self._number.setText(shown)
        self._number.setToolTip("" if shown == exact else exact)
        self._number.set_color(color)
        self._caption.setText(caption)
        self.setAccessibleName(f"{caption}: {exact}")


class MachineGauges(QWidget):
    """CPU, memory and free disk of the machine; over its threshold a value is amber."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[tuple[str, float | None, float, str, bool], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_machine(self, machine: Machine | None) -> None:
        """The machine as it is; None: not known."""
        rows: tuple[tuple[str, float | None, float, str, bool], ...] = ()
        if machine is not None:
            rows = (
                (
                    tr("CPU"),
                    machine.cpu_percent / 100,
                    CPU_MAX_PERCENT / 100,
                    percent(machine.cpu_percent),
                    machine.cpu_percent >= CPU_MAX_PERCENT,
                ),
                (
                    tr("Memory"),
                    machine.memory_percent / 100,
                    MEMORY_MAX_PERCENT / 100,
                    percent(machine.memory_percent),
                    machine.memory_percent >= MEMORY_MAX_PERCENT,
                ),
                (
                    tr("Disk free"),
                    None,
                    0.0,
                    size(machine.disk_free_bytes),
                    machine.disk_free_bytes <= DISK_FREE_MIN_BYTES,
                ),
            )
        if rows != self._rows:
            self._rows = rows
            spoken = ", ".join(f"{row[0]} {row[3]}" for row in rows)
            self.setAccessibleName(tr("This machine: {values}", values=spoken))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 3 * ROW)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 3 * ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        label_width = max((width_of(row[0], Role.SMALL) for row in self._rows), default=0) + 10
        for number, (label, share, limit, value, over) in enumerate(self._rows):
            row = QRect(0, number * ROW, self.width(), ROW)
            draw_line(painter, row, label, Role.SMALL, theme.color("sub"))
            draw_line(
                painter,
                row,
                value,
                Role.SMALL,
                theme.color("warn" if over else "text"),
                align=Qt.AlignmentFlag.AlignRight,
            )
            if share is not None:
                bar = QRectF(label_width, row.center().y() - 1, self.width() - label_width - 52, 4)
                self._draw_bar(painter, bar, share, limit, over)
        painter.end()

    @staticmethod
    def _draw_bar(painter: QPainter, bar: QRectF, share: float, limit: float, over: bool) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("well"))
        painter.drawRoundedRect(bar, 2, 2)
        filled = QRectF(bar)
        filled.setWidth(max(4.0, bar.width() * min(max(share, 0.0), 1.0)))
        painter.setBrush(theme.color("warn" if over else "accent"))
        painter.drawRoundedRect(filled, 2, 2)
        # Where it begins to be too much.
        painter.setBrush(theme.color("faint"))
        painter.drawRect(QRectF(bar.left() + bar.width() * limit, bar.top() - 2, 1, 8))


class MetricStrip(Card):
    """Cells divided by hairlines."""

    def __init__(
        self, cells: tuple[tuple[QWidget, int], ...], parent: QWidget | None = None
    ) -> None:
        """``cells``: each with its share of the width."""
        super().__init__(parent=parent)
        self._cells = [cell for cell, _ in cells]
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 11, 16, 11)
        row.setSpacing(24)
        for cell, share in cells:
            row.addWidget(cell, share, Qt.AlignmentFlag.AlignVCenter)
        self.setFixedHeight(72)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        for cell in self._cells[1:]:
            painter.fillRect(cell.x() - 13, 12, 1, self.height() - 24, theme.color("border"))
        painter.end()

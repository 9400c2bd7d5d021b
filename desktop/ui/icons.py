"""Icons from SVG files of one colour, drawn in the colour and at the size that is asked for.

An engine draws them at the screen's own pixel ratio, so that they are crisp on every display.
"""

from __future__ import annotations

import functools

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from desktop import paths
from desktop.engine.states import ServiceState, TaskState
from desktop.ui import theme
from desktop.ui.theme import Tone

GLYPH = 12
"""Side of a state glyph, device-independent pixels."""
ICON = 16
"""Side of an icon in a button or the sidebar, device-independent pixels."""

STATES: dict[ServiceState | TaskState, tuple[str, Tone]] = {
    ServiceState.STOPPED: ("state-idle", Tone.OFF),
    ServiceState.STARTING: ("state-spin", Tone.RUN),
    ServiceState.RUNNING: ("state-ok", Tone.OK),
    ServiceState.STOPPING: ("state-stopping", Tone.RUN),
    ServiceState.BACKOFF: ("state-retry", Tone.WARN),
    ServiceState.FAILED: ("state-failed", Tone.BAD),
    ServiceState.EXTERNAL: ("state-external", Tone.OK),
    TaskState.PENDING: ("state-waiting", Tone.OFF),
    TaskState.RECEIVED: ("state-waiting", Tone.OFF),
    TaskState.STARTED: ("state-busy", Tone.RUN),
    TaskState.SUCCESS: ("state-ok", Tone.OK),
    TaskState.FAILURE: ("state-failed", Tone.BAD),
    TaskState.RETRY: ("state-retry", Tone.WARN),
    TaskState.REVOKED: ("state-revoked", Tone.REVOKED),
    TaskState.REJECTED: ("state-revoked", Tone.REVOKED),
}
"""Each state's glyph and colour; the shape alone already tells them apart."""


@functools.cache
def renderer(name: str) -> QSvgRenderer:
    """The drawing of ``resources/icons/NAME.svg``."""
    return QSvgRenderer(str(paths.resources() / "icons" / f"{name}.svg"))


def draw(painter: QPainter, rect: QRectF, name: str, color: QColor, angle: float = 0.0) -> None:
    """Draw an icon into ``rect``, turned by ``angle`` degrees about its middle."""
    ratio = painter.device().devicePixelRatio()
    image = _image(name, color.rgba(), round(rect.width() * ratio), round(rect.height() * ratio))
    painter.save()
    if angle:
        painter.translate(rect.center())
        painter.rotate(angle)
        painter.translate(-rect.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(rect, image)
    painter.restore()


@functools.lru_cache(maxsize=512)
def _image(name: str, rgba: int, width: int, height: int) -> QImage:
    image = QImage(QSize(max(width, 1), max(height, 1)), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer(name).render(painter, QRectF(image.rect()))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(image.rect(), QColor.fromRgba(rgba))
    painter.end()
    return image


class _Engine(QIconEngine):
    """Draws one icon; a disabled one in the theme's faint colour."""

    def __init__(self, name: str, color: QColor) -> None:
        super().__init__()
        self._name = name
        self._color = color

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        dim = mode == QIcon.Mode.Disabled
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        draw(painter, square, self._name, theme.color("faint") if dim else self._color)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self._drawn(size, mode, state)

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        if not _asks_in_device_pixels():
            made = self._drawn((size.toSizeF() * scale).toSize(), mode, state)
            made.setDevicePixelRatio(scale)
            return made
        return self._drawn(size, mode, state)

    def _drawn(self, pixels: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        made = QPixmap(pixels)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, QRect(QPoint(0, 0), pixels), mode, state)
        painter.end()
        return made

    def clone(self) -> QIconEngine:
        return _Engine(self._name, QColor(self._color))


class _Probe(QIconEngine):
    """Notes what size Qt asks for."""

    asked = 0

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        type(self).asked = size.width()
        return QPixmap(size)

    def clone(self) -> QIconEngine:
        return _Probe()


@functools.cache
def _asks_in_device_pixels() -> bool:
    """Up to Qt 6.8 the size of a scaled pixmap is asked for in device pixels, later not."""
    QIcon(_Probe()).pixmap(QSize(8, 8), 2.0)
    return _Probe.asked == 16


def icon(name: str, color: QColor | str | None = None) -> QIcon:
    """``resources/icons/NAME.svg`` in a colour (default: the theme's text colour)."""
    return QIcon(_Engine(name, QColor(color) if color is not None else theme.color("text")))


def pixmap(name: str, color: QColor | str, side: int = ICON, ratio: float = 1.0) -> QPixmap:
    """An icon of ``side`` device-independent pixels for a screen of this pixel ratio."""
    made = QPixmap.fromImage(
        _image(name, QColor(color).rgba(), round(side * ratio), round(side * ratio))
    )
    made.setDevicePixelRatio(ratio)
    return made


def state_glyph(state: ServiceState | TaskState) -> QIcon:
    """The state's glyph in its colour of the theme in force."""
    name, tone = STATES[state]
    return icon(name, theme.tokens().tone(tone))

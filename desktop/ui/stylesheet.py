"""The style of Qt's own widgets, written from a theme's tokens."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.ui.theme import Tokens

_TEMPLATE = Template("""
QWidget#window, QScrollArea#page, QWidget#content, QDialog { background: $bg; }
QWidget#sidebar { background: $side; border: none; border-right: 1px solid $border; }
QScrollArea { border: none; background: transparent; }
QToolTip {
  background: $card; color: $text; border: 1px solid $border; border-radius: 6px; padding: 4px 8px;
}

QPushButton, QToolButton#button {
  background: $card; color: $text; border: 1px solid $border; border-radius: 6px;
  padding: 0 12px; min-height: 28px;
}
QPushButton[size="large"] { min-height: 32px; padding: 0 14px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $down; }
QPushButton:disabled { color: $faint; background: $bg; border-color: $hair; }
QPushButton:focus { border: 2px solid $accent; padding: 0 11px; min-height: 26px; }
QPushButton[size="large"]:focus { min-height: 30px; padding: 0 13px; }
QPushButton[look="primary"] { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[look="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[look="primary"]:pressed { background: $accent_down; border-color: $accent_down; }
QPushButton[look="primary"]:disabled { background: $bg; color: $faint; border-color: $hair; }
QPushButton[look="primary"]:focus { border: 2px solid $text; }
QPushButton[look="danger"] { color: $bad; }
QPushButton[look="danger"]:disabled { color: $faint; }
QPushButton[look="link"] {
  background: transparent; border: 1px solid transparent; color: $run; padding: 0 4px;
}
QPushButton[look="link"]:hover { text-decoration: underline; }
QPushButton[look="link"]:focus { border: 2px solid $accent; padding: 0 3px; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed { background: $down; }
QToolButton:checked { background: $sel; }
QToolButton:focus { border: 2px solid $accent; }
QToolButton::menu-indicator { image: none; }

QLineEdit, QComboBox {
  background: $card; color: $text; border: 1px solid $border; border-radius: 6px;
  min-height: 28px; padding: 0 8px; selection-background-color: $accent;
  selection-color: $on_accent;
}
QLineEdit:focus, QComboBox:focus { border: 2px solid $accent; min-height: 26px; padding: 0 7px; }
QLineEdit[wrong="true"] { border: 2px solid $bad; min-height: 26px; padding: 0 7px; }
QLineEdit:disabled, QComboBox:disabled { color: $faint; background: $bg; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url("$chevron"); width: 12px; height: 12px; }
QComboBox QAbstractItemView {
  background: $card; color: $text; border: 1px solid $border; padding: 4px; outline: none;
  selection-background-color: $sel; selection-color: $text;
}
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 8px; border-radius: 4px; }

QListView#offers {
  background: $card; color: $text; border: 1px solid $border; padding: 4px; outline: none;
  selection-background-color: $sel; selection-color: $text;
}
QListView#offers::item { min-height: 26px; padding: 0 8px; border-radius: 4px; }
QListView#offers::item:selected { background: $sel; color: $text; }

QCheckBox, QRadioButton { color: $text; spacing: 8px; min-height: 24px; border-radius: 4px; }
QCheckBox:disabled { color: $faint; }
QCheckBox::indicator {
  width: 16px; height: 16px; border: 1px solid $faint; border-radius: 4px; background: $card;
}
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$tick"); }
QCheckBox::indicator:disabled { border-color: $border; background: $bg; }
QCheckBox::indicator:focus { border: 2px solid $accent; width: 14px; height: 14px; }
QCheckBox::indicator:checked:focus { border-color: $text; }

QMenu { background: $card; color: $text; border: 1px solid $border; padding: 6px; }
QMenu::item { padding: 0 28px 0 10px; height: 28px; border-radius: 5px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $faint; background: transparent; }
QMenu::icon { padding-left: 10px; }
QMenu::separator { height: 1px; background: $hair; margin: 6px 8px; }

QTableView {
  background: transparent; color: $text; border: none; outline: none; gridline-color: $hair;
  selection-background-color: $sel; selection-color: $text;
}
QHeaderView { background: transparent; border: none; }
QHeaderView::section {
  background: transparent; color: $sub; border: none; border-bottom: 1px solid $hair;
  padding: 0 12px; height: 30px;
}
QPlainTextEdit, QAbstractScrollArea#log {
  background: $card; color: $text; border: none; selection-background-color: $accent;
  selection-color: $on_accent;
}

QTabBar { border: none; }
QTabBar::tab {
  background: transparent; color: $sub; border: none; border-bottom: 2px solid transparent;
  padding: 0 12px; height: 32px;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus { background: $hover; }

QStatusBar { background: $side; color: $sub; border-top: 1px solid $border; font-size: 12px; }
QSizeGrip { width: 0; height: 0; }
QStatusBar::item { border: none; }

QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $handle; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def stylesheet(theme: Tokens) -> str:
    """Qt style sheet of ``theme``. A focused field or button has a ring 2 pixels wide."""
    from desktop.paths import resources

    icons = resources() / "icons"
    return _TEMPLATE.substitute(
        {name: getattr(theme, name) for name in theme.__slots__},
        chevron=(
            icons / ("chevron-down-dark.svg" if theme.dark else "chevron-down.svg")
        ).as_posix(),
        tick=(icons / "tick-white.svg").as_posix(),
    )

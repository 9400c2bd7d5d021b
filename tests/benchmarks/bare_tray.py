"""The peer of the tray's memory: a PySide6 program with a tray icon, its menu and one window."""

from __future__ import annotations

import signal
import sys

from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QMenu, QSystemTrayIcon

signal.signal(signal.SIGTERM, signal.SIG_DFL)
app = QApplication(sys.argv)
pixmap = QPixmap(32, 32)
pixmap.fill()
menu = QMenu()
menu.addAction("Quit", app.quit)
icon = QSystemTrayIcon(QIcon(pixmap))
icon.setContextMenu(menu)
icon.show()
window = QMainWindow()
window.setWindowTitle("Bare tray")
window.resize(900, 600)
window.setCentralWidget(QLabel("One window"))
window.show()
app.exec()

"""The person's own choices, where things are kept, and which versions run."""

from __future__ import annotations

import platform
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, qVersion
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from desktop import __version__
from desktop.engine.errors import TrayError
from desktop.ui.fonts import Role
from desktop.ui.pages.page import Page, Surroundings
from desktop.ui.theme import Mode
from desktop.ui.view import View
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.label import Label
from desktop.words import LANGUAGES, text, tr

CAPTION_WIDTH = 150


class SettingsPage(Page):
    """Every choice takes effect at once."""

    name = "settings"
    label = text("Settings")
    icon = "settings"

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(around, parent)
        self.language = QComboBox()
        self.theme = QComboBox()
        for box in (self.language, self.theme):
            box.setFixedWidth(220)
        self.login = QCheckBox()
        self.start_stack = QCheckBox()
        self.close_to_tray = QCheckBox()
        self.notifications = QCheckBox()
        self.choose = Button("", "folder")
        self.choose.clicked.connect(around.choose_project)
        self.open_home = Button("", "folder")
        self.open_home.clicked.connect(lambda: around.actions.open_path(around.home.root))
        self._appearance = _Section()
        self._login = _Section()
        self._places = _Section()
        self._versions = _Section()
        self._lay_out()
        self.language.activated.connect(self._on_language)
        self.theme.activated.connect(self._on_theme)
        self.login.clicked.connect(self._on_login)
        self.start_stack.clicked.connect(self._on_start_stack)
        self.close_to_tray.clicked.connect(self._on_close_to_tray)
        self.notifications.clicked.connect(self._on_notifications)
        self.retranslate()

    def _lay_out(self) -> None:
        self._appearance.add_row("language", self.language)
        self._appearance.add_row("theme", self.theme)
        self._login.add_wide(self.login)
        self._login.add_wide(self.start_stack, indent=24)
        self._login.add_wide(self.close_to_tray)
        self._login.add_wide(self.notifications)
        self._places.add_row("project", self._places.value("project"), self.choose)
        self._places.add_row("home", self._places.value("home"), self.open_home)
        for name in ("program", "engine", "python", "qt"):
            self._versions.add_row(name, self._versions.value(name))
        for section in (self._appearance, self._login, self._places, self._versions):
            self.column.addWidget(section)
        self.column.addStretch(1)

    def retranslate(self) -> None:
        self.header.title.setText(self.title())
        self.header.show_sentence(tr("Changes take effect at once"))
        self._appearance.set_title(tr("Appearance"))
        self._appearance.set_caption("language", tr("Language"))
        self._appearance.set_caption("theme", tr("Theme"))
        self._login.set_title(tr("Start and close"))
        self.login.setText(tr("Start Celery Tray at login"))
        self.start_stack.setText(tr("Start all services then, too"))
        self.close_to_tray.setText(tr("Closing the window leaves Celery Tray in the tray"))
        self.notifications.setText(
            tr("Notify me when a service fails, or is ready while the window is closed")
        )
        self._places.set_title(tr("Places"))
        self._places.set_caption("project", tr("Project"))
        self._places.set_caption("home", tr("State and logs"))
        self.choose.set_words(tr("Choose folder…"))
        self.open_home.set_words(tr("Open folder"))
        self._versions.set_title(tr("Versions"))
        self._versions.set_caption("program", "Celery Tray")
        self._versions.set_caption("engine", tr("Engine"))
        self._versions.set_caption("python", "Python")
        self._versions.set_caption("qt", "Qt")
        self.language.setAccessibleName(tr("Language"))
        self.theme.setAccessibleName(tr("Theme"))
        self._fill_boxes()

    def _fill_boxes(self) -> None:
        preferences = self.around.preferences
        languages = (("", tr("System language")), *LANGUAGES.items())
        themes = (
            (Mode.SYSTEM.value, tr("Like the system")),
            (Mode.LIGHT.value, tr("Light")),
            (Mode.DARK.value, tr("Dark")),
        )
        for box, choices, chosen in (
            (self.language, languages, preferences.language),
            (self.theme, themes, preferences.theme),
        ):
            box.clear()
            for value, words in choices:
                box.addItem(words, value)
            box.setCurrentIndex(max(0, box.findData(chosen)))

    # --- what is known now ------------------------------------------------------------------

    def wake(self) -> None:
        """The login item may have been changed from the tray's menu or the command line."""
        self._show_login()

    def refresh(self, view: View) -> None:
        bundled = tr("Bundled app")
        self._places.show_value("project", view.project or bundled)
        self._places.show_value("home", str(self.around.home.root))
        self._versions.show_value("program", __version__)
        engine = view.engine if view.reachable else None
        self._versions.show_value(
            "engine",
            tr("{version} (pid {pid})", version=engine.version, pid=engine.pid)
            if engine
            else tr("Out of reach"),
        )
        self._versions.show_value("python", platform.python_version())
        self._versions.show_value("qt", qVersion() or "")

    def _show_login(self) -> None:
        from desktop.system import login_item

        preferences = self.around.preferences
        with QSignalBlocker(self.login), QSignalBlocker(self.start_stack):
            try:
                status = login_item.current().status()
            except TrayError as error:
                self.login.setEnabled(False)
                self.login.setToolTip(str(error.problem.title))
                return
            self.login.setChecked(status.enabled)
            self.start_stack.setChecked(
                status.start_stack if status.enabled else preferences.start_stack_at_login
            )
            self.start_stack.setEnabled(status.enabled)
        self.close_to_tray.setChecked(preferences.close_to_tray)
        self.notifications.setChecked(preferences.notifications)

    # --- choices ----------------------------------------------------------------------------

    def _on_language(self) -> None:
        self.around.preferences.language = str(self.language.currentData())

    def _on_theme(self) -> None:
        self.around.preferences.theme = str(self.theme.currentData())

    def _on_login(self, wanted: bool) -> None:
        from desktop.system import login_item

        item = login_item.current()
        project = self.view.project if self.view else ""
        launch = login_item.Launch(self.start_stack.isChecked(), project, self.around.home.root)
        enable = partial(item.enable, launch)
        try:
            (enable if wanted else item.disable)()
        except TrayError as error:
            self.around.actions.failed.emit(error.problem)
        self._show_login()

    def _on_start_stack(self, wanted: bool) -> None:
        self.around.preferences.start_stack_at_login = wanted
        if self.login.isChecked():
            self._on_login(True)

    def _on_close_to_tray(self, wanted: bool) -> None:
        self.around.preferences.close_to_tray = wanted

    def _on_notifications(self, wanted: bool) -> None:
        self.around.preferences.notifications = wanted


class _Section(Card):
    """A titled card of rows: caption, value, button."""

    def __init__(self) -> None:
        super().__init__()
        self._title = Label("", Role.CARD_TITLE)
        self._captions: dict[str, Label] = {}
        self._values: dict[str, Label] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 12, 16, 14)
        self._column.setSpacing(8)
        self._column.addWidget(self._title)

    def value(self, name: str) -> Label:
        """A value's words, which may be selected as a path may be long."""
        made = Label("", Role.BODY, elide=Qt.TextElideMode.ElideMiddle)
        self._values[name] = made
        return made

    def add_row(self, name: str, *widgets: QWidget) -> None:
        caption = self._captions[name] = Label("", Role.BODY, "sub")
        caption.setFixedWidth(CAPTION_WIDTH)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(caption)
        for widget in widgets:
            stretch = 1 if isinstance(widget, Label) else 0
            row.addWidget(widget, stretch)
        if not any(isinstance(widget, Label) for widget in widgets):
            row.addStretch(1)
        self._column.addLayout(row)

    def add_wide(self, widget: QWidget, indent: int = 0) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(indent, 0, 0, 0)
        row.addWidget(widget)
        row.addStretch(1)
        self._column.addLayout(row)

    def set_title(self, words: str) -> None:
        self._title.setText(words)

    def set_caption(self, name: str, words: str) -> None:
        self._captions[name].setText(words)

    def show_value(self, name: str, words: str) -> None:
        self._values[name].setText(words)

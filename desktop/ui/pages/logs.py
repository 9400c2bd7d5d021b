"""The services' logs, live: one or all, filtered, followed or held."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QPaintEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.ui import icons, theme
from desktop.ui.fonts import Role
from desktop.ui.pages.log_reader import LINES_MAX, Batch, LogReader, Request
from desktop.ui.pages.page import Page, Surroundings
from desktop.ui.phrases import service_title
from desktop.ui.view import View
from desktop.ui.widgets.button import Button, IconButton
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.empty_state import EmptyState
from desktop.ui.widgets.label import Label
from desktop.ui.widgets.log_view import LogView
from desktop.words import text, tr, trn

TYPING_MS = 150
"""So long after the last key the filter takes effect."""
ALL = ""
ENGINE = "*engine"
"""No service's name begins with an asterisk."""


class LogsPage(Page):
    """What is read in the thread is shown here; nothing is read while nobody looks."""

    name = "logs"
    label = text("Logs")
    icon = "logs"
    scrolls = False

    def __init__(self, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(around, parent)
        self.reader = LogReader(self)
        self.reader.read.connect(self._on_read)
        self.reader.refused.connect(self._on_refused)
        self.chooser = QComboBox()
        self.chooser.setMinimumWidth(180)
        self.chooser.currentIndexChanged.connect(self._on_chosen)
        self.filter = QLineEdit()
        self.filter.setClearButtonEnabled(False)
        self._magnifier = QAction(self)
        self.filter.addAction(self._magnifier, QLineEdit.ActionPosition.LeadingPosition)
        self.filter.textChanged.connect(self._on_typed)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._ask)
        self.regex = IconButton("regex", side=30)
        self.regex.setCheckable(True)
        self.regex.toggled.connect(self._ask)
        self.wrap = IconButton("wrap", side=30)
        self.wrap.setCheckable(True)
        self.copy = IconButton("copy", side=30)
        self.copy.clicked.connect(self._on_copy)
        self.follow = Button("", "pause", large=True)
        self.follow.clicked.connect(self.pause)
        self.open_file = Button("", "file", large=True)
        self.open_file.clicked.connect(self._on_open_file)
        self.open_folder = Button("", "folder", large=True)
        self.open_folder.clicked.connect(self._on_open_folder)
        for button in (self.follow, self.open_file, self.open_folder):
            self.header.add_action(button)
        self.log = LogView(LINES_MAX)
        self.wrap.toggled.connect(self.log.set_wrap)
        self.log.following_changed.connect(self._on_following_changed)
        self.log.held_changed.connect(self._show_sentence)
        self.wrong = Label("", Role.SECONDARY, "bad", wrap=True)
        self.wrong.hide()
        self.empty = EmptyState("logs")
        self.empty.pressed.connect(self.escape)
        self._kept = 0
        self._shown: Request | None = None
        self._names: tuple[str, ...] = ()
        self._lay_out()
        self._colour()
        self.retranslate()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.chooser)
        bar.addWidget(self.filter, 1)
        for button in (self.regex, self.wrap, self.copy):
            bar.addWidget(button)
        card = _LogCard(self.log)
        card.layout().addWidget(self.empty)  # type: ignore[union-attr]
        self.column.setSpacing(12)
        self.column.addLayout(bar)
        self.column.addWidget(self.wrong)
        self.column.addWidget(card, 1)
        self.empty.hide()

    def retranslate(self) -> None:
        self.header.title.setText(self.title())
        self.filter.setPlaceholderText(tr("Filter lines"))
        self.filter.setAccessibleName(tr("Filter lines"))
        self.chooser.setAccessibleName(tr("Which log"))
        self.regex.set_words(tr("Regular expression"))
        self.wrap.set_words(tr("Break long lines"))
        self.copy.set_words(tr("Copy what is selected, or all lines"))
        self.open_file.set_words(tr("Open file"))
        self.open_folder.set_words(tr("Open folder"))
        self.log.setAccessibleName(self.title())
        self._names = ()
        self._show_follow()

    # --- for the window ---------------------------------------------------------------------

    def wake(self) -> None:
        self.reader.start()

    def sleep(self) -> None:
        self.reader.stop()

    def refresh(self, view: View) -> None:
        self._fill_chooser(view)
        self._ask()
        self._show_sentence()

    def show_argument(self, argument: str) -> None:
        """Show the log of the service of this name."""
        place = self.chooser.findData(argument or ALL)
        if place >= 0:
            self.chooser.setCurrentIndex(place)
            self.log.follow(True)

    def search(self) -> None:
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def check_again(self) -> None:
        """Read the files again from their ends."""
        self.reader.ask(Request())
        self._ask()

    def pause(self) -> None:
        self.log.follow(not self.log.following)

    def escape(self) -> None:
        """Clear the filter, then leave it."""
        if self.filter.text():
            self.filter.clear()
        else:
            self.log.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- which log --------------------------------------------------------------------------

    @property
    def chosen(self) -> str:
        """Name of the service whose log is shown; "" for all."""
        return str(self.chooser.currentData() or ALL)

    def _fill_chooser(self, view: View) -> None:
        names = tuple(service.name for service in view.services)
        if names == self._names and self.chooser.count():
            return
        self._names = names
        before = self.chosen
        self.chooser.blockSignals(True)
        self.chooser.clear()
        self.chooser.addItem(tr("All services"), ALL)
        for service in (one for one in view.services if not one.of):
            self.chooser.addItem(service_title(service), service.name)
        self.chooser.addItem(tr("Engine"), ENGINE)
        self.chooser.setCurrentIndex(max(0, self.chooser.findData(before)))
        self.chooser.blockSignals(False)

    def _paths(self) -> tuple[tuple[str, Path], ...]:
        """Names and log files of what is chosen."""
        if self.chosen == ENGINE:
            return ((tr("Engine"), self.around.home.engine_log),)
        if self.view is None or self.view.stack is None:
            return ()
        stack = self.around.home.stack(self.view.stack.id)
        return tuple(
            (service_title(s), Path(s.log_path) if s.log_path else stack.log(s.name))
            for s in self.view.services
            if self.chosen in {ALL, s.name} and not s.of  # it writes to another's log
        )

    def _on_chosen(self) -> None:
        self.log.follow(True)
        self._ask()

    # --- filter -----------------------------------------------------------------------------

    def _on_typed(self) -> None:
        self._typing.start()

    def _ask(self) -> None:
        sources = self._paths()
        self.log.set_names(tuple(name for name, _ in sources))
        self.reader.ask(
            Request(tuple(path for _, path in sources), self.filter.text(), self.regex.isChecked())
        )

    def _on_refused(self, why: str) -> None:
        self._say_wrong(why)

    def _say_wrong(self, why: str) -> None:
        self.wrong.setText(why)
        self.wrong.setVisible(bool(why))
        if self.filter.property("wrong") != bool(why):
            self.filter.setProperty("wrong", bool(why))
            self.filter.style().unpolish(self.filter)
            self.filter.style().polish(self.filter)

    # --- lines ------------------------------------------------------------------------------

    def _on_read(self, batch: Batch) -> None:
        lines = [(line.source, line.words) for line in batch.lines]
        if batch.replaces:
            self._shown = batch.request
            self._say_wrong("")
            self.log.replace(lines)
        elif batch.request == self._shown:
            self.log.append(lines)
        else:
            return
        self._kept = batch.kept
        self._show_emptiness()
        self._show_sentence()

    def _show_emptiness(self) -> None:
        empty = self.log.is_empty
        self.log.setVisible(not empty)
        self.empty.setVisible(empty)
        if not empty:
            return
        if self._kept and self.filter.text():
            self.empty.show_words(
                tr("Nothing matches “{words}”.", words=self.filter.text()), tr("Clear filter")
            )
        else:
            self.empty.show_words(tr("No log lines yet. They appear here as they are written."))

    def _show_sentence(self) -> None:
        count = 0 if self.log.is_empty else self.log.blockCount()
        if self._shown is not None and self._shown.wanted:
            words = trn(
                "{found} of {count} line match",
                "{found} of {count} lines match",
                self._kept,
                found=f"{count:,}",
                count=f"{self._kept:,}",
            )
        else:
            words = trn("{count} line", "{count} lines", count, count=f"{count:,}")
        if self.log.following:
            live = tr("Live")
            self.header.show_sentence(f"{live} · {words}", "state-busy", "run")
        else:
            on_hold = tr("Held")
            new = trn("{n} new line", "{n} new lines", self.log.held)
            self.header.show_sentence(f"{on_hold} · {words} · {new}", "pause", "off")

    def _on_following_changed(self, _following: bool) -> None:
        self._show_follow()
        self._show_sentence()

    def _show_follow(self) -> None:
        following = self.log.following
        self.follow.set_icon("pause" if following else "down")
        self.follow.set_words(tr("Hold") if following else tr("Follow"))

    # --- elsewhere --------------------------------------------------------------------------

    def _on_copy(self) -> None:
        selected = self.log.textCursor().selectedText().replace("\u2029", "\n")
        self.around.actions.copy(selected or self.log.toPlainText())

    def _on_open_file(self) -> None:
        paths = self._paths()
        if len(paths) == 1:
            self.around.actions.open_path(paths[0][1])
        else:
            self._on_open_folder()

    def _on_open_folder(self) -> None:
        paths = self._paths()
        if paths:
            self.around.actions.open_path(paths[0][1].parent)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_magnifier"):
            self._colour()

    def _colour(self) -> None:
        self._magnifier.setIcon(icons.icon("search", theme.color("sub")))
        self.chooser.setIconSize(QSize(icons.GLYPH, icons.GLYPH))


class _LogCard(Card):
    """The card around the lines; it carries their focus ring."""

    def __init__(self, log: QWidget) -> None:
        super().__init__()
        self._log = log
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 2)
        column.addWidget(log)

    def paintEvent(self, event: QPaintEvent) -> None:
        self.set_surface("card", "accent" if self._log.hasFocus() else "border")
        super().paintEvent(event)

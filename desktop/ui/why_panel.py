"""Why isn't it running? The answer, what to do, and each step with its evidence."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.engine.model import Problem
from desktop.engine.queue_commands import WhyReport
from desktop.engine.task_model import Reason
from desktop.ui import icons
from desktop.ui.actions import Actions
from desktop.ui.fonts import Role
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.glyph import Glyph
from desktop.ui.widgets.label import Label
from desktop.words import tr

SIZE = (620, 560)
ID_MAX = 155
_LOOKS = {
    True: ("state-attention", "warn"),
    False: ("state-idle", "off"),
    None: ("state-waiting", "off"),
}


class WhyPanel(QDialog):
    """Opened over the window, never executed. It asks by itself; Enter in the field asks anew."""

    def __init__(self, parent: QWidget | None, actions: Actions, task_id: str = "") -> None:
        """``task_id`` "": a person types one."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Why isn't it running?"))
        self.setModal(True)
        self.resize(*SIZE)
        self._actions = actions
        self._report: WhyReport | None = None
        self._asked = 0
        self.field = QLineEdit(task_id)
        self.field.setMaxLength(ID_MAX)
        self.field.setPlaceholderText(tr("ID of a task"))
        self.field.setAccessibleName(tr("ID of a task"))
        self.field.returnPressed.connect(self.ask)
        self.again = Button(tr("Look"), "search", look="primary")
        self.again.setAutoDefault(False)
        self.again.clicked.connect(self.ask)
        self.answer = Label("", Role.PANEL_TITLE, wrap=True)
        self.evidence = Label("", Role.BODY, "sub", wrap=True)
        self.fix = Label("", Role.BODY, wrap=True)
        self._steps = QVBoxLayout()
        self._copy = Button(tr("Copy"), "copy")
        self._copy.setAutoDefault(False)
        self._copy.clicked.connect(self._on_copy_clicked)
        self._lay_out()
        self._show_words("", "", "")
        if task_id:
            self.ask()

    def _lay_out(self) -> None:
        asking = QHBoxLayout()
        asking.setSpacing(8)
        asking.addWidget(self.field, 1)
        asking.addWidget(self.again)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        column.addWidget(self.answer)
        column.addWidget(self.evidence)
        column.addWidget(self.fix)
        column.addSpacing(4)
        self._steps.setSpacing(8)
        column.addLayout(self._steps)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(tr("Why isn't it running?"))
        area.setWidget(inside)
        area.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        card = Card()
        within = QVBoxLayout(card)
        within.setContentsMargins(1, 1, 1, 1)
        within.addWidget(area)
        close = Button(tr("Close"))
        close.setAutoDefault(False)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self._copy)
        buttons.addWidget(close)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 20)
        whole.setSpacing(12)
        whole.addWidget(Label(tr("Why isn't it running?"), Role.PANEL_TITLE))
        whole.addLayout(asking)
        whole.addWidget(card, 1)
        whole.addLayout(buttons)

    # --- asking -----------------------------------------------------------------------------

    def ask(self) -> None:
        """Look now."""
        task_id = self.field.text().strip()
        if not task_id:
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self._asked += 1
        number = self._asked
        self._show_words(tr("Looking…"), "", "")
        self._show_steps(())

        def answered(report: WhyReport) -> None:
            if number == self._asked:
                self._show(report)

        def refused(problem: Problem) -> None:
            if number == self._asked:
                self._show_words(str(problem.title), str(problem.message), str(problem.next_step))

        self._actions.queues.why(task_id, answered, refused)

    def done(self, result: int) -> None:
        # An answer that comes when it is closed is for nobody.
        self._asked += 1
        super().done(result)

    def _show(self, report: WhyReport) -> None:
        self._report = report
        holding = next((one for one in report.reasons if one.holds), None)
        evidence, fix = (str(holding.evidence), str(holding.fix)) if holding else ("", "")
        self._show_words(str(report.answer), evidence, fix)
        self._show_steps(report.reasons)

    def _show_words(self, answer: str, evidence: str, fix: str) -> None:
        for label, words in (
            (self.answer, answer),
            (self.evidence, evidence),
            (self.fix, f"→ {fix}" if fix else ""),
        ):
            label.setText(words)
            label.setVisible(bool(words))
        self._copy.setEnabled(bool(answer) and self._report is not None)

    def _show_steps(self, reasons: tuple[Reason, ...]) -> None:
        while (item := self._steps.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for reason in reasons:
            self._steps.addWidget(_Step(reason))

    def _on_copy_clicked(self) -> None:
        if self._report is not None:
            shown = (self.answer.text(), self.evidence.text(), self.fix.text())
            steps = (f"{said_of(one)}: {one.words} {one.evidence}" for one in self._report.reasons)
            lines = (self.field.text(), *(part for part in shown if part), *steps)
            self._actions.copy("\n".join(line.rstrip() for line in lines))


def said_of(reason: Reason) -> str:
    """Whether it is so, in a word."""
    if reason.holds is None:
        return tr("Not known")
    return tr("It is so") if reason.holds else tr("Not so")


class _Step(QWidget):
    """One reason: whether it holds, as glyph and words, and what speaks for it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__()
        glyph, color = _LOOKS[reason.holds]
        self.setAccessibleName(f"{said_of(reason)}: {reason.words} {reason.evidence}".strip())
        marker = QVBoxLayout()
        marker.addSpacing(3)
        marker.addWidget(Glyph(icons.GLYPH, glyph, color))
        marker.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(0)
        role = Role.SECONDARY_MEDIUM if reason.holds else Role.SECONDARY
        words.addWidget(
            Label(str(reason.words), role, "text" if reason.holds else "sub", wrap=True)
        )
        if str(reason.evidence):
            words.addWidget(Label(str(reason.evidence), Role.SECONDARY, "sub", wrap=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addLayout(marker)
        row.addLayout(words, 1)

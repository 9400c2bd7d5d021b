"""The foot of the Cleanup page: what the checked processes add up to, and the two ways to go on."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.engine.cleanup_model import CleanupProgress
from desktop.quantities import duration, size
from desktop.ui.cleanup_lines import ENDED, Line, Summary, is_cleaning, summary
from desktop.ui.fonts import Role
from desktop.ui.pages.page import MARGIN
from desktop.ui.widgets.button import Button
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.label import Label, width_of
from desktop.words import tr, trn

HEIGHT = 76
"""Always: a button that moves while a hand is on its way is missed, or another one is hit."""


class CleanupFoot(QWidget):
    """A sentence, "Force stop…" and "Stop n processes", at the page's lower edge."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT + MARGIN)
        self.sum = Label("", Role.BODY_STRONG)
        self.tasks = Label("", Role.SECONDARY, "sub", wrap=True, lines_max=2)
        self.force = Button("", look="danger", large=True)
        self.stop = Button("", look="primary", large=True)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self.sum)
        words.addWidget(self.tasks)
        words.addStretch(1)
        card = Card()
        around = QVBoxLayout(self)
        around.setContentsMargins(MARGIN, 0, MARGIN, MARGIN)
        around.addWidget(card)
        row = QHBoxLayout(card)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(8)
        row.addLayout(words, 1)
        row.addSpacing(8)
        row.addWidget(self.force)
        row.addWidget(self.stop)

    def show_lines(
        self,
        lines: tuple[Line, ...],
        progress: CleanupProgress | None,
        now: float,
        *,
        ready: bool,
    ) -> None:
        """``ready``: a command can be sent now."""
        cleaning = is_cleaning(progress)
        # As wide as for many, so that its neighbour keeps its place, too.
        widest = trn("Stop {n} process", "Stop {n} processes", 88)
        self.stop.setMinimumWidth(width_of(widest, Role.BODY_MEDIUM) + 28)
        if progress is not None and cleaning:
            self._show_progress(lines, progress, now, ready=ready)
            return
        found = summary(lines)
        count = found.processes
        self.sum.setText(_sum(found))
        self.tasks.setText(_tasks(found))
        self.stop.set_words(
            trn("Stop {n} process", "Stop {n} processes", count) if count else tr("Stop")
        )
        self.force.set_words(tr("Force stop…"))
        for button in (self.stop, self.force):
            button.setEnabled(ready and count > 0)

    def _show_progress(
        self, lines: tuple[Line, ...], progress: CleanupProgress, now: float, *, ready: bool
    ) -> None:
        done = sum(item.step in ENDED for item in progress.items)
        tasks = sum(len(item.tasks) for item in progress.items if item.step not in ENDED)
        waiting = sum(line.waits for line in lines)
        self.sum.setText(
            tr(
                "Stopping: {done} of {total} done, for {time}",
                done=done,
                total=len(progress.items),
                time=duration(max(0.0, now - progress.started_at)),
            )
        )
        if done == len(progress.items):
            words = tr("They have ended. What they held goes back to its queues.")
        elif tasks:
            words = trn("{n} task finishes first.", "{n} tasks finish first.", tasks)
        else:
            words = tr("They take no more tasks and end.")
        if progress.patience_s is not None and done < len(progress.items):
            patience = tr(
                "Waited for up to {time}; what still runs then is left running.",
                time=duration(progress.patience_s),
            )
            words = f"{words} {patience}"
        self.tasks.setText(words)
        # It keeps its place, so that a second click does not hit what else would come there.
        self.stop.set_words(tr("Stopping…"))
        self.stop.setEnabled(False)
        self.force.set_words(
            trn("Force {n} to stop…", "Force {n} to stop…", waiting)
            if waiting
            else tr("Force stop…")
        )
        self.force.setEnabled(ready and waiting > 0)


def _sum(found: Summary) -> str:
    if not found.processes:
        return tr("Nothing is selected")
    words = trn("{n} selected", "{n} selected", found.processes)
    if not found.frees_bytes:
        return words
    frees = tr("frees {memory}", memory=size(found.frees_bytes))
    return f"{words} · {frees}"


def _tasks(found: Summary) -> str:
    if not found.processes:
        return tr("Check the processes that should stop.")
    parts = []
    if found.running:
        parts.append(trn("{n} task finishes first.", "{n} tasks finish first.", found.running))
    if found.reserved:
        parts.append(
            trn(
                "{n} waiting task goes back to its queue.",
                "{n} waiting tasks go back to their queues.",
                found.reserved,
            )
        )
    if found.unknown:
        parts.append(
            trn(
                "{n} process could not be asked what it runs; it is waited for.",
                "{n} processes could not be asked what they run; they are waited for.",
                found.unknown,
            )
        )
    if not parts:
        return tr("They run no task. Nothing is lost.")
    if not found.unknown:  # what was not asked is not called safe
        parts.append(tr("None is lost."))
    return " ".join(parts)

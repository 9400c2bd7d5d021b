"""Every part of the page in another language, for a screen reader, and in reading order."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from desktop import words
from desktop.ui.pages.tasks.comparison import Comparison
from tests.ui.sample_tasks import FAILED, FAMILY, RETRIED, ROOT, task
from tests.ui.test_window import DATA, NO_WORDS, Marked, reading_order

SAID_BY_TASKS = {"sync_inventory", "nightly", "shop.tasks", "shop.reports", "0 ms", "ID"}
"""Names of tasks, and what is the same in every language."""


@pytest.fixture
def filled(qtbot, page, history, request):
    """The page with a part of it opened."""
    known = {one.id: one for one in (*FAMILY, RETRIED, FAILED)}
    history.tasks = [known.get(one.id, one) for one in history.tasks]

    def fill(part: str) -> None:
        if part == "figures":
            page.switch.click()
        else:
            page.open({"retried": RETRIED.id, "failed": FAILED.id, "family": ROOT.id}[part])
            qtbot.waitUntil(lambda: page.detail.detail is not None)

    return fill


PARTS = ("retried", "failed", "family", "figures")


@pytest.mark.parametrize("part", PARTS)
def test_every_word_changes_with_the_language(page, window, filled, part, monkeypatch) -> None:
    filled(part)
    monkeypatch.setattr(words._InForce, "catalogue", Marked())
    window.retranslate()
    for found in page.findChildren(QWidget):
        if found.isVisible() and isinstance(found, QLabel | QAbstractButton):
            plain = found.text().strip()
            said = {*NO_WORDS, *SAID_BY_TASKS}
            if any(c.isalpha() for c in plain) and plain not in said and not _is_data(plain):
                assert "«" in plain, plain


def _is_data(words_: str) -> bool:
    known = "@" in words_ or words_.startswith("0000") or words_ == "celery"
    return known or bool(DATA.search(words_))


@pytest.mark.parametrize("part", PARTS)
def test_what_takes_the_keyboard_has_a_name(page, filled, part) -> None:
    filled(part)
    for found in page.findChildren(QWidget):
        if found.isVisible() and found.focusPolicy() & Qt.FocusPolicy.TabFocus:
            assert found.accessibleName() or getattr(found, "text", str)(), found


def test_tab_goes_from_the_filter_to_the_table_and_on_to_the_details(
    qtbot, page, window, filled
) -> None:
    filled("failed")
    qtbot.wait(1)
    places = reading_order(window)
    table = page.table.mapTo(window, page.table.rect().topLeft())
    beyond = [place for place in places if place[2] > table.x() + page.table.width()]
    before = [place for place in places if place not in beyond]
    assert before == sorted(before)


def test_the_comparison_speaks_of_what_differs(page, window, history) -> None:
    one, other = task(5), task(5, args="(2,)")
    history.tasks = [one, other]
    dialog = Comparison(page, page.around.actions.tasks.request, "", one, other)
    named = {label.accessibleName() for label in dialog.findChildren(QLabel)}
    assert "Arguments differs" in named
    dialog.deleteLater()

"""What the search box offers, and what choosing it makes of the words."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from desktop.ui.pages.tasks.completion import Known, complete

KNOWN = Known(
    ("shop.mail.send", "shop.tasks.sync", 'odd "name"'),
    ("w1@mbp",),
    ("celery", "email"),
    ("failure", "success", "started"),
)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("na", ("name:",)),
        ("-sta", ("state:",)),
        ("x state:f", ("state:failure",)),
        ("state:s", ("state:success", "state:started")),
        ("name:mail", ("name:shop.mail.send",)),
        ("name:odd", ('name:"odd  name "',)),
        ("(queue:e", ("queue:email", "queue:celery")),
        ("worker:", ("worker:w1@mbp",)),
        ("zzz", ()),
        ("", ()),
        ("state:failure", ()),
    ],
)
def test_what_fits_is_offered(words: str, offered: tuple[str, ...]) -> None:
    assert complete(words, len(words), KNOWN).offered == offered


def test_a_choice_takes_the_place_of_the_piece_at_the_cursor() -> None:
    found = complete("a sta b", 5, KNOWN)
    assert found.put("a sta b", "state:") == ("a state: b", 8)
    found = complete("a state:fa b", 10, KNOWN)
    assert found.put("a state:fa b", "state:failure") == ("a state:failure b", 15)
    found = complete("queue:c", 7, KNOWN)
    assert found.put("queue:c", "queue:celery") == ("queue:celery ", 13)


def test_tab_takes_the_first_that_is_offered(qtbot, page) -> None:
    box = page.filter.search
    box.setFocus()
    qtbot.keyClicks(box, "na")
    assert box._popup.isVisible()
    qtbot.keyClick(box._popup, Qt.Key.Key_Tab)
    assert box.text() == "name:"
    qtbot.keyClicks(box, "charge")
    qtbot.keyClick(box._popup, Qt.Key.Key_Down)
    qtbot.keyClick(box._popup, Qt.Key.Key_Return)
    assert box.text() == "name:shop.payments.charge_card "

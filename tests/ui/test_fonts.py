from __future__ import annotations

import pytest
from PySide6.QtGui import QFont

from desktop.ui import fonts
from desktop.ui.fonts import Role
from desktop.ui.widgets.label import Label


def test_no_two_roles_are_the_same_by_accident() -> None:
    assert len(list(Role)) == len(Role.__members__)


@pytest.mark.parametrize("role", list(Role))
def test_a_line_is_as_high_in_chinese_as_in_english(qtbot, light, role: Role) -> None:
    english, chinese = Label("Overview", role), Label("概览 Overview", role)
    for label in (english, chinese):
        qtbot.addWidget(label)
    assert english.sizeHint().height() == chinese.sizeHint().height() == role.line


def test_figures_have_one_width_and_chinese_has_its_fonts(qapp) -> None:
    body = fonts.font(Role.BODY)
    assert [bytes(QFont.Tag.toString(tag)) for tag in body.featureTags()] == [b"tnum"]
    assert set(fonts.CJK) <= set(body.families())
    assert fonts.font(Role.MONO).fixedPitch()

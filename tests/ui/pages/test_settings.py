from __future__ import annotations

import pytest

from desktop.engine.errors import TrayError
from desktop.system import login_item
from desktop.words import text
from tests.ui.test_window import press, text_of


@pytest.fixture
def page(window, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    window.show_page("settings")
    return window.page


def choose(box, value: str) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_choices_are_kept_at_once(page, preferences) -> None:
    choose(page.language, "zh_CN")
    choose(page.theme, "dark")
    page.close_to_tray.click()
    page.notifications.click()
    assert preferences.language == "zh_CN"
    assert preferences.theme == "dark"
    assert preferences.close_to_tray is False
    assert preferences.notifications is False


def test_the_choices_in_force_are_shown(window, preferences) -> None:
    preferences.language, preferences.theme = "zh_CN", "light"
    window.show_page("settings")
    assert window.page.language.currentText() == "简体中文"
    assert window.page.theme.currentText() == "Light"


def test_start_at_login_is_the_system_s_own_entry(page, preferences) -> None:
    assert not page.login.isChecked() and not page.start_stack.isEnabled()
    page.login.click()
    assert login_item.current().status().enabled
    assert not login_item.current().status().start_stack
    assert login_item.current().status().launch.project == "/home/ada/acme-shop"
    page.start_stack.click()
    assert login_item.current().status().start_stack
    assert preferences.start_stack_at_login
    page.login.click()
    assert not login_item.current().status().enabled


def test_what_was_changed_elsewhere_is_seen_when_the_page_is_shown(window, page) -> None:
    login_item.current().enable(login_item.Launch(start_stack=True))
    window.show_page("overview")
    window.show_page("settings")
    assert page.login.isChecked() and page.start_stack.isChecked()


def test_an_entry_that_can_t_be_written_is_told(window, page, monkeypatch) -> None:
    class Refusing:
        def enable(self, launch: login_item.Launch) -> None:
            raise TrayError("no", text("It can't be written."), text("Why."), text("Next."))

        def status(self) -> login_item.LoginStatus:
            return login_item.LoginStatus(False)

    monkeypatch.setattr(login_item, "current", Refusing)
    page.login.click()
    assert window.trouble.title == "It can't be written."
    assert not page.login.isChecked()


def test_places_and_versions_are_told(qtbot, window, page, home) -> None:
    said = text_of(page)
    assert str(home.root) in said
    assert "/home/ada/acme-shop" in said
    assert "0.1.0 (pid 51800)" in said
    with qtbot.waitSignal(window.choose_project_requested):
        press(window, page, "Choose folder…")

"""The person's choices in the window, kept in the state folder."""

from __future__ import annotations

import contextlib
import os
import time
import tomllib
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.paths import Home

Value = str | bool | list[str]
DEFAULTS: dict[str, Value] = {
    "language": "",
    "theme": "system",
    "start_stack_at_login": False,
    "close_to_tray": True,
    "notifications": True,
    "last_page": "",
    "task_columns": [],
    "task_widths": [],
    "worker_widths": [],
}


class Preferences(QObject):
    """Each choice is a property; setting one saves it and tells with ``changed(name)``."""

    changed = Signal(str)

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = home.settings
        self.set_aside: Path | None = None
        """Where a file that could not be read was put."""
        self._values: dict[str, Value] = {**DEFAULTS, **self._load()}

    def _load(self) -> dict[str, Value]:
        try:
            loaded = tomllib.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            aside = self._path.with_name(f"{self._path.name}.broken-{int(time.time())}")
            with contextlib.suppress(OSError):
                self._path.replace(aside)
                self.set_aside = aside
            return {}
        return {
            name: value
            for name, value in loaded.items()
            if name in DEFAULTS and type(value) is type(DEFAULTS[name]) and _holds_words(value)
        }

    def _set(self, name: str, value: Value) -> None:
        if self._values[name] == value:
            return
        self._values[name] = value
        with contextlib.suppress(OSError):  # a full disk costs the choice, not the program
            self._save()
        self.changed.emit(name)

    def _save(self) -> None:
        import tomlkit  # 1 MB, for the few who ever change a setting

        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self._path.with_name(self._path.name + ".new")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(tomlkit.dumps(self._values))
        partial.replace(self._path)

    @property
    def language(self) -> str:
        """A key of words.LANGUAGES; "" follows the system."""
        return str(self._values["language"])

    @language.setter
    def language(self, value: str) -> None:
        self._set("language", value)

    @property
    def theme(self) -> str:
        """ "system", "light" or "dark"."""
        return str(self._values["theme"])

    @theme.setter
    def theme(self, value: str) -> None:
        self._set("theme", value)

    @property
    def start_stack_at_login(self) -> bool:
        return bool(self._values["start_stack_at_login"])

    @start_stack_at_login.setter
    def start_stack_at_login(self, value: bool) -> None:
        self._set("start_stack_at_login", value)

    @property
    def close_to_tray(self) -> bool:
        return bool(self._values["close_to_tray"])

    @close_to_tray.setter
    def close_to_tray(self, value: bool) -> None:
        self._set("close_to_tray", value)

    @property
    def notifications(self) -> bool:
        """Tell of what happens while nobody looks."""
        return bool(self._values["notifications"])

    @notifications.setter
    def notifications(self, value: bool) -> None:
        self._set("notifications", value)

    @property
    def last_page(self) -> str:
        return str(self._values["last_page"])

    @last_page.setter
    def last_page(self, value: str) -> None:
        self._set("last_page", value)

    @property
    def task_columns(self) -> tuple[str, ...]:
        """Names of the columns of the table of tasks; (): the usual ones."""
        return tuple(self._values["task_columns"])  # type: ignore[arg-type]

    @task_columns.setter
    def task_columns(self, value: tuple[str, ...]) -> None:
        self._set("task_columns", list(value))

    @property
    def task_widths(self) -> tuple[str, ...]:
        """Of the columns of the table of tasks, where they were dragged: "worker=120"."""
        return tuple(self._values["task_widths"])  # type: ignore[arg-type]

    @task_widths.setter
    def task_widths(self, value: tuple[str, ...]) -> None:
        self._set("task_widths", list(value))

    @property
    def worker_widths(self) -> tuple[str, ...]:
        """As ``task_widths``, of the table of workers."""
        return tuple(self._values["worker_widths"])  # type: ignore[arg-type]

    @worker_widths.setter
    def worker_widths(self, value: tuple[str, ...]) -> None:
        self._set("worker_widths", list(value))


def _holds_words(value: object) -> bool:
    """A list holds strings and nothing else; whoever edits the file may err."""
    return not isinstance(value, list) or all(isinstance(one, str) for one in value)

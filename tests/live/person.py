"""A person at the tray program: reads what is on the screen, and clicks with a real mouse."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable

import msgspec

from tests.live.conftest import Stack, until
from tests.live.desktop import Desktop

ICON = "QSystemTrayIconSys"


class Thing(msgspec.Struct, frozen=True):
    """Something that is on the screen."""

    kind: str
    words: str
    at: tuple[int, int, int, int]
    """Left, top, width and height, on the display."""
    on: bool = True
    """It is not greyed out."""
    reached: bool = True
    """A click on its middle reaches it: nothing lies over it."""
    row: int = -1
    """Of a table."""
    window: str = ""
    """Title of what it is in."""

    @property
    def middle(self) -> tuple[int, int]:
        left, top, width, height = self.at
        return left + width // 2, top + height // 2


class Person:
    """Sits at one display, before the tray of one stack."""

    def __init__(self, desktop: Desktop, stack: Stack, *options: str) -> None:
        self.desktop = desktop
        self._socket = stack.home.root / "seen"
        command = [sys.executable, "-m", "tests.live.seen_tray", str(self._socket)]
        place = ["--home", str(stack.home.root), "--project", stack.project]
        self.program = subprocess.Popen([*command, *place, *options], env=desktop.env)
        until(self._socket.exists)

    def leave(self) -> int:
        """End the program; the services go on."""
        self.program.terminate()
        return self.program.wait(15)

    # --- reading ----------------------------------------------------------------------------

    def sees(self) -> list[Thing]:
        """All that is on the screen now."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self._socket))
            with connection.makefile("rb") as said:
                return msgspec.json.decode(said.read(), type=list[Thing])

    def reads(self, *parts: str, kind: str = "", window: str = "") -> Thing | None:
        """The first thing whose words contain all these parts."""
        for one in self.sees():
            here = kind in {"", one.kind} and window in {"", one.window}
            if here and all(part in one.words for part in parts):
                return one
        return None

    def finds(self, *parts: str, kind: str = "", window: str = "") -> Thing:
        """Waits until that is on the screen."""
        return self._await(lambda: self.reads(*parts, kind=kind, window=window), parts)

    def _await(self, ask: Callable[[], Thing | None], parts: tuple[str, ...]) -> Thing:
        try:
            found = until(ask)
        except AssertionError:
            seen = "\n".join(f"{one.kind}: {one.words}" for one in self.sees())
            raise AssertionError(f"{parts} can't be reached on the screen:\n{seen}") from None
        assert found
        return found

    # --- doing ------------------------------------------------------------------------------

    def clicks(self, *parts: str, kind: str = "", window: str = "", button: int = 1) -> None:
        """Clicks once on the middle of that, when it stands still and can be clicked."""
        before: Thing | None = None

        def rests() -> Thing | None:
            nonlocal before
            found, last = self.reads(*parts, kind=kind, window=window), before
            before = found
            return found if found and found == last and found.on and found.reached else None

        self.desktop.click(*self._await(rests, parts).middle, button=button)

    def opens_menu(self) -> None:
        """The tray's, by its icon in the bar."""
        self.clicks(kind=ICON, button=3)
        self.finds(kind="entry")

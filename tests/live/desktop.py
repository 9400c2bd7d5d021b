"""A desktop for tests: Xvfb, a window manager, a tray bar, each started and ended by pid.

``Desktop`` is a context manager; ``env`` is what programs on it need, ``click`` and ``key`` act on
it through xdotool, ``screenshot`` writes a PNG.
"""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

WAIT_S = 60.0


class Desktop:
    """One private X display with a tray."""

    def __init__(self, size: str = "1280x900x24", *, tray: bool = True) -> None:
        self._size = size
        self._tray = tray
        self._stack = ExitStack()
        self.env: dict[str, str] = {}

    def __enter__(self) -> Self:
        read, write = os.pipe()
        # Xvfb picks a free display itself and tells which: two runs at once never meet.
        self._run(["Xvfb", "-displayfd", str(write), "-screen", "0", self._size], pass_fds=(write,))
        os.close(write)
        with os.fdopen(read) as pipe:
            display = f":{pipe.readline().strip()}"
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("WAYLAND", "QT_"))},
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "LC_ALL": "C.UTF-8",
            "CELERY_TRAY_LANGUAGE": "en",
        }
        # A panel that is mapped while the window manager begins stays unseen, once in thirty.
        up = Path(self._stack.enter_context(TemporaryDirectory())) / "up"
        self._run(["openbox", "--startup", f"touch {up}"])
        self.until(up.exists)
        if self._tray:
            self._run(
                ["trayer", "--edge", "top", "--align", "right", "--width", "20", "--height", "28"]
            )
            self.until(lambda: bool(self.windows("panel")))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def windows(self, name: str) -> list[str]:
        """Ids of the visible windows whose title contains ``name``."""
        found = self._ask("search", "--onlyvisible", "--name", name)
        return found.split()

    def click(self, x: int, y: int, button: int = 1) -> None:
        self._ask("mousemove", str(x), str(y), "click", str(button))

    def key(self, keys: str) -> None:
        self._ask("key", "--clearmodifiers", keys)

    def types(self, words: str) -> None:
        """Key by key, where the keyboard is."""
        self._ask("type", "--delay", "20", words)

    def screenshot(self, path: Path) -> None:
        subprocess.run(["import", "-window", "root", str(path)], env=self.env, check=True)

    def picture(self, at: tuple[int, int, int, int]) -> bytes:
        """What a part of the display looks like: left, top, width, height."""
        left, top, width, height = at
        crop = ["-crop", f"{width}x{height}+{left}+{top}", "+repage", "rgb:-"]
        argv = ["import", "-window", "root", "-depth", "8", *crop]
        return subprocess.run(argv, env=self.env, capture_output=True, check=True).stdout

    def until(self, ask: object, timeout_s: float = WAIT_S) -> None:
        deadline = time.monotonic() + timeout_s
        while not ask():  # type: ignore[operator]
            assert time.monotonic() < deadline, f"not within {timeout_s} s"
            time.sleep(0.05)

    def _ask(self, *words: str) -> str:
        return subprocess.run(
            ["xdotool", *words], env=self.env, capture_output=True, text=True, check=False
        ).stdout

    def _run(self, argv: list[str], pass_fds: tuple[int, ...] = ()) -> None:
        process = subprocess.Popen(
            argv,
            env=self.env or None,
            pass_fds=pass_fds,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

        def end() -> None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

        self._stack.callback(end)

"""Where things live: resources that ship with the program, and what one user's engine keeps.

Works from a source tree, from an installed wheel and in a frozen program alike.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

SOCKET_PATH_MAX_BYTES = 100
"""Unix socket paths end at 104 bytes on macOS and 108 on Linux; a little is left for a suffix."""


def resources() -> Path:
    """The folder of icons, translations, templates and sample projects."""
    here = Path(__file__).resolve().parent
    frozen = getattr(sys, "_MEIPASS", None)
    candidates = [here / "_resources", here.parent / "resources"]
    if frozen:
        candidates.insert(0, Path(frozen) / "resources")
    return next((folder for folder in candidates if folder.is_dir()), candidates[-1])


def default_home() -> Path:
    """The state folder: ``CELERY_TRAY_HOME`` or the platform's own place for state."""
    chosen = os.environ.get("CELERY_TRAY_HOME")
    if chosen:
        return Path(chosen).expanduser().resolve()
    return platform_home()


def platform_home() -> Path:
    """The platform's own place for state, which needs no word about it."""
    import platformdirs

    return platformdirs.user_state_path("celery-tray", appauthor=False)


class Home:
    """One user's state folder. One engine serves one home."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or default_home()).expanduser().absolute()

    @property
    def engine_lock(self) -> Path:
        return self.root / "engine.lock"

    @property
    def engine_log(self) -> Path:
        return self.root / "engine.log"

    @property
    def settings(self) -> Path:
        """The person's own choices in the window (language, theme, start at login …)."""
        return self.root / "settings.toml"

    @property
    def socket(self) -> Path:
        """The engine's socket: in the home, or where that path would be too long, in a private
        folder under the temporary directory, named after the home and the user."""
        plain = self.root / "engine.sock"
        if len(os.fsencode(plain)) <= SOCKET_PATH_MAX_BYTES:
            return plain
        # On the way of every command, and seldom needed: loading these takes longer than asking.
        import hashlib
        import tempfile

        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"celery-tray-{os.getuid()}-{digest}" / "engine.sock"

    def stack(self, stack_id: str) -> StackHome:
        return StackHome(self.root / "stacks" / stack_id)

    def make(self) -> None:
        """Create the folders, readable by this user only. Raises OSError when it can't."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root.chmod(0o700)
        self.socket.parent.mkdir(exist_ok=True, mode=0o700)


class StackHome:
    """What is kept for one stack, in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def records(self) -> Path:
        return self.root / "records"

    @property
    def redis(self) -> Path:
        """Data folder of the Redis server that we start ourselves."""
        return self.root / "redis"

    @property
    def run(self) -> Path:
        """Folder in which our own children run; never holds a module that could shadow ours."""
        return self.root / "run"

    @property
    def files(self) -> Path:
        """Default file store of the bundled downloads app."""
        return self.root / "files"

    def log(self, service: str) -> Path:
        return self.logs / f"{service}.log"

    def make(self) -> None:
        """Create the folders, readable by this user only. Raises OSError when it can't."""
        for folder in (self.root, self.logs, self.records, self.redis, self.run, self.files):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def stack_id(project: Path | None) -> str:
    """A stable folder name for a project: its name for people, a digest against collisions.

    ``None`` is the bundled app.
    """
    if project is None:
        return "bundled"
    import hashlib

    digest = hashlib.sha256(os.fsencode(project)).hexdigest()[:8]
    readable = "".join(c if c.isalnum() or c in "-_" else "-" for c in project.name)[:40]
    return f"{readable or 'project'}-{digest}"

"""What a stack is made of: its configuration, and what its app says of itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

from desktop.engine import app_info, config
from desktop.engine.app_info import AppInfo
from desktop.engine.census.brokers import Broker
from desktop.engine.config import StackConfig
from desktop.engine.control import Control
from desktop.engine.errors import TrayError
from desktop.engine.model import Problem
from desktop.engine.schedule.app_schedule import AppSchedule
from desktop.engine.start_problems import unusable_folder
from desktop.paths import Home, StackHome


class StackApp:
    """Empty until it is loaded; what was loaded stays while a later configuration is broken."""

    def __init__(self, project: str, tray_home: Home, home: StackHome) -> None:
        self.project = project
        self.config: StackConfig | None = None
        self.info: AppInfo = AppInfo()
        self.known = False
        """The app has said what it is."""
        self.problem: Problem | None = None
        """Why the app can't be imported."""
        self.schedule = AppSchedule()
        self._tray_home = tray_home
        self._home = home
        self._control: tuple[str, Control] | None = None

    async def load(self) -> StackConfig:
        """Read the configuration (again) and ask the app. Raises :class:`ConfigError`."""
        try:
            self._home.make()
            # The folder's name is a digest: the next engine finds the project by this.
            (self._home.root / "project").write_text(self.project)
            loaded = config.load(Path(self.project) if self.project else None, self._tray_home)
        except OSError as error:
            raise unusable_folder(self._home, error) from None
        self.config = loaded
        await self._ask(loaded)
        return loaded

    async def _ask(self, loaded: StackConfig) -> None:
        self.problem = None
        info = app_info.cached(loaded, self._home)
        if info is None:
            try:
                info = await asyncio.to_thread(app_info.ask, loaded, self._home)
            except TrayError as error:
                self.problem = error.problem
        self.known = info is not None
        self.info = info or AppInfo()

    @property
    def title(self) -> str:
        """What the stack is called."""
        return self.config.name if self.config else (Path(self.project).name or "Celery Tray")

    @property
    def app(self) -> str:
        return self.config.app if self.config else ""

    @property
    def folder(self) -> str:
        """Where the app is imported from; "" for the bundled app, whoever configures it."""
        return self.config.cwd if self.config else self.project

    @property
    def may_start_redis(self) -> bool:
        return self.config is not None and self.config.redis.start == "if-needed"

    @property
    def key_prefix(self) -> str:
        """The app's ``global_keyprefix``."""
        return str(self.info.transport_options.get("global_keyprefix") or "")

    def control(self, url: str) -> Control:
        """Questions to the nodes on this broker."""
        if self._control is None or self._control[0] != url:
            self._control = (url, Control(url, self.info.transport_options))
        return self._control[1]

    def broker(self, url: str) -> Broker:
        return Broker(url, self.control(url), self.key_prefix)

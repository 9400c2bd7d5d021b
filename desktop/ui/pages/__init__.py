"""The pages of the window, in the order of the sidebar; the last stands at its foot."""

from __future__ import annotations

from desktop.ui.pages.cleanup import CleanupPage
from desktop.ui.pages.logs import LogsPage
from desktop.ui.pages.overview import OverviewPage
from desktop.ui.pages.page import Page
from desktop.ui.pages.queues import QueuesPage
from desktop.ui.pages.schedule import SchedulePage
from desktop.ui.pages.services import ServicesPage
from desktop.ui.pages.settings import SettingsPage
from desktop.ui.pages.tasks import TasksPage
from desktop.ui.pages.workers import WorkersPage

PAGES: tuple[type[Page], ...] = (
    OverviewPage,
    TasksPage,
    WorkersPage,
    QueuesPage,
    SchedulePage,
    ServicesPage,
    CleanupPage,
    LogsPage,
    SettingsPage,
)

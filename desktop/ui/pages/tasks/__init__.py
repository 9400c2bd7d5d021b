"""The page of the tasks: a window over the history, its search, the details, and the figures."""

from __future__ import annotations

from desktop.ui.pages.tasks.page import TasksPage

__all__ = ["TasksPage"]

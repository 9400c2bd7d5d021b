"""The page Workers: every worker of the app, and all of the one that is selected."""

from desktop.ui.pages.workers.page import WorkersPage

__all__ = ["WorkersPage"]

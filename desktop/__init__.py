"""Celery Tray: start, watch and stop a Celery project from the system tray."""

__version__ = "0.1.0"

"""The same app under Celery's usual name, so that ``celery -A web`` finds it too."""

from web.celery_app import app

__all__ = ["app"]

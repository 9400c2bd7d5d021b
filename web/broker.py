"""Where the bundled app's tasks wait: the broker's address and the queues' names.

Apart from the app, so that the page answers without waiting for Celery to be imported.
"""

import os

BROKER_URL = os.environ.get("CELERY_BROKER_URL") or "redis://127.0.0.1:6379/0"

DEFAULT = "celery"
DOWNLOADS = "download_queue"
MAINTENANCE = "maintenance_queue"
QUEUES = (DEFAULT, DOWNLOADS, MAINTENANCE)

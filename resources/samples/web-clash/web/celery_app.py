"""Its Celery app, in a module called like the one of Celery Tray's own app."""

import os
import sys

from celery import Celery

app = Celery("clash")
app.conf.update(
    broker_url=os.environ.get("CLASH_REDIS_URL", "redis://127.0.0.1:6379/0"),
    result_backend=os.environ.get("CLASH_REDIS_URL", "redis://127.0.0.1:6379/0"),
    broker_connection_retry_on_startup=True,
)


@app.task(name="web.whoami")
def whoami():
    """Which file, interpreter and process run this: to see whose code a worker has."""
    return {"file": __file__, "python": sys.executable, "pid": os.getpid()}

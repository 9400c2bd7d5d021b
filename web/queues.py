"""Names of the bundled app's queues; imports nothing, so that anybody may know them."""

DEFAULT = "celery"
DOWNLOADS = "download_queue"
MAINTENANCE = "maintenance_queue"
QUEUES = (DEFAULT, DOWNLOADS, MAINTENANCE)

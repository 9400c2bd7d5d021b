"""The bundled Celery app and the two web servers: downloads on :8000, the monitor on :8001."""

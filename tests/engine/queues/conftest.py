"""Messages as Celery sends them, without a worker that takes them."""

from __future__ import annotations

from typing import Any

import pytest
from celery import Celery
from kombu import Queue

from desktop.engine.rescue.keys import Keys
from tests.engine.conftest import Server, server, workers  # noqa: F401 - fixtures

KEYS = Keys()


class Sender:
    """Sends tasks to the queues of a server."""

    def __init__(self, url: str) -> None:
        self.app = Celery("sender", broker=url, set_as_current=False)
        self.app.conf.update(task_queues=[Queue(n) for n in ("celery", "mail")])

    def __call__(self, name: str = "shop.work", *args: object, **options: Any) -> str:
        with self.app.connection_for_write() as connection:
            return str(self.app.send_task(name, args, connection=connection, **options).id)

    def many(self, count: int, **options: Any) -> list[str]:
        """Ids of tasks whose argument is their number."""
        with self.app.connection_for_write() as connection:
            producer = self.app.amqp.Producer(connection)
            return [
                str(self.app.send_task("shop.work", (n,), producer=producer, **options).id)
                for n in range(count)
            ]


@pytest.fixture
def send(server: Server) -> Sender:  # noqa: F811
    return Sender(server.url)

from __future__ import annotations

from desktop.engine.node_control.configuration import VALUE_MAX, configuration
from desktop.engine.urls import MASK


def test_settings_are_told_without_secrets() -> None:
    told = dict(
        configuration(
            {
                "broker_url": "redis://ada:pw@host/0",
                "sentry_dsn": "https://x@y",
                "aws": {"access_key_id": "AKIA", "region": "eu", "nothing": None},
                "task_queues": [{"name": "a", "auth_token": "t"}],
                "worker_max_tasks_per_child": 10,
                "deprecated_settings": None,
                "include": ["x"],
                "long": "x" * 5000,
            }
        )
    )
    assert told["broker_url"] == f"redis://{MASK}@host/0"
    assert told["sentry_dsn"] == MASK
    assert told["aws"] == f'{{"access_key_id": "{MASK}", "region": "eu"}}'
    assert told["task_queues"] == f'[{{"name": "a", "auth_token": "{MASK}"}}]'
    assert told["worker_max_tasks_per_child"] == "10"
    assert len(told["long"]) == VALUE_MAX + 1
    assert "include" not in told and "deprecated_settings" not in told


def test_what_is_no_configuration_tells_nothing() -> None:
    assert configuration(None) == configuration(["x"]) == ()

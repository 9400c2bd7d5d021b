"""Whatever is asked in the terms of a server's OpenAPI document, or beside them, is answered in its
terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from desktop.engine.commands import Done, Open, Refused, Watch
from desktop.engine.model import Problem
from desktop.words import text
from tests.web.servers import serving

SERVERS: dict[str, Callable[[pytest.FixtureRequest], str]] = {
    "downloads": lambda request: request.getfixturevalue("rig").url,
    "monitor": lambda request: request.getfixturevalue("monitor_url"),
}
"""Address of each server; to test another, name it here."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def monitor_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Before an engine that refuses everything: what is asked is read, and nothing comes of it."""
    refused = Refused(Problem("no", text("No."), text("No."), text("No.")), exit_code=5)
    with serving("monitor", tmp_path_factory.mktemp("monitor")) as server:
        assert server.engine
        server.engine.answer = lambda command: (
            Done() if isinstance(command, Open | Watch) else refused
        )
        yield server.url


@pytest.fixture(params=SERVERS)
def url(request: pytest.FixtureRequest) -> str:
    return SERVERS[request.param](request)


def test_the_api_is_what_its_document_says(url: str) -> None:
    _ask(url, examples=4)


@pytest.mark.soak
def test_the_api_is_what_its_document_says_at_length(url: str) -> None:
    _ask(url, examples=500)


def _ask(url: str, examples: int) -> None:
    """``examples`` requests of each operation; the same in every run."""
    schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json")
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        @seed(1)
        @given(case=operation.as_strategy())
        def check(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=CHECKS)

        check()

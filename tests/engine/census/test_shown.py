"""Command lines as people see them: no credentials."""

from __future__ import annotations

import pytest

from desktop.engine.census.shown import shown


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (("celery", "-A", "shop", "worker"), "celery -A shop worker"),
        (("celery", "-n", "my worker"), "celery -n 'my worker'"),
        (("celery", "-b", "redis://:pw@h/0"), "celery -b 'redis://***@h/0'"),
        (("celery", "--broker=redis://u:p/w@h/0"), "celery '--broker=redis://***@h/0'"),
        (("f", "--basic_auth=me:pw", "--port=1"), "f --basic_auth=*** --port=1"),
        (("f", "--basic-auth", "me:pw", "x"), "f --basic-auth *** x"),
        (("f", "--cookie_secret=abc"), "f --cookie_secret=***"),
        (("f", "--auth-required", "--port=1"), "f --auth-required --port=1"),
        (
            ("[celeryd:", "a@h:MainProcess]", "(-b", "redis://:pw@h/0", "worker)", "", ""),
            "[celeryd: a@h:MainProcess] (-b redis://***@h/0 worker)",
        ),
        (("[celery", "beat]", "--password", "pw", "beat"), "[celery beat] --password *** beat"),
        ((), ""),
    ],
)
def test_a_command_line_is_shown_without_secrets(argv: tuple[str, ...], line: str) -> None:
    assert shown(argv) == line

"""Opens Flower without a question for its password: a link that is good once, for a minute.

The link proves that whoever made it can read the generated password; it does not hold it, and a
browser's command line can be read by everybody. The page that it leads to is added to Flower by
``resources/flower_config.py`` and hands the password to the browser alone
(docs/decisions/0009-flower.md).
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import secrets
import time

from desktop.engine import credentials
from desktop.engine.errors import NotRunning, ServiceError
from desktop.paths import Home
from desktop.words import Text, text

PATH = "/celery-tray/sign-in"
GOOD_FOR_S = 60.0
"""A browser that is not open yet takes seconds to start."""
ANSWER_TIMEOUT_S = 3.0


def link(home: Home, port: int) -> str:
    """An address that opens the Flower on this port of 127.0.0.1, signed in. Blocks for as long
    as Flower takes to answer, at most :data:`ANSWER_TIMEOUT_S`.

    Where that Flower knows no such links (it is of another make, or runs since before they were
    made) it is the plain address: the browser asks for the password.

    Raises :class:`NotRunning` when nothing answers there, :class:`ServiceError` when it was given
    another password than the present one, HomeError when the state folder can't be used.
    """
    plain = f"http://127.0.0.1:{port}/"
    secret = credentials.flower_credentials(home).basic_auth
    # One that is over already: who answers right knows the password, and nobody learns anything.
    status = _status(port, signed(secret, 0.0))
    if not status:
        raise NotRunning(
            "flower-not-running",
            text("Flower does not answer on port {port}.", port=str(port)),
            Text(""),
            text("Start it: {command}", command="celery-tray start flower"),
        )
    if status == http.client.FORBIDDEN:
        raise ServiceError(
            "flower-password",
            text("Flower runs with another password."),
            text("It was given the one that was in force when it started."),
            text("Start it again: {command}", command="celery-tray restart flower"),
        )
    if status != http.client.GONE:
        return plain
    return f"{plain[:-1]}{PATH}?link={signed(secret, time.time() + GOOD_FOR_S)}"


def signed(secret: str, until: float) -> str:
    """What a link carries: until when it is good (seconds since the epoch), a number that no
    other has, and the signature of both with ``secret``."""
    said = f"{int(until)}.{secrets.token_urlsafe(12)}"
    return f"{said}.{hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()}"


def _status(port: int, over: str) -> int:
    """What the page answers to a link that is over; 0: nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_TIMEOUT_S)
    with contextlib.closing(connection):
        try:
            connection.request("GET", f"{PATH}?link={over}")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0

"""Why a service ended, in words."""

from __future__ import annotations

import signal

from desktop.engine.model import Problem, ServiceSpec
from desktop.words import Text, text


def explain(
    spec: ServiceSpec,
    *,
    code: int | None,
    ran_for_s: float,
    quick: bool,
    log_tail: tuple[str, ...],
) -> Problem:
    """The problem that its end is.

    ``code`` is the exit code, negative for a signal, None when it was adopted (its end is then
    seen, but not its code). ``quick``: it ended too soon after its start to have been of use.
    """
    if quick:
        title = text("{service} exits too quickly.", service=spec.name)
    else:
        title = text("{service} crashed after running.", service=spec.name)
    return Problem(
        code="exits-quickly" if quick else "crashed",
        title=title,
        message=_how(code),
        next_step=text("Its log tells more: celery-tray logs {service}", service=spec.name),
        log=log_tail,
    )


def _how(code: int | None) -> Text:
    if code is None:
        return text("It ended; how is not known, because an earlier engine started it.")
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return text("It was ended by the signal {signal}.", signal=name)
    return text("It ended with exit code {code}.", code=code)

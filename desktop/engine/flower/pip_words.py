"""What pip writes, in words for a person: how far it is, and why it failed."""

from __future__ import annotations

import re
from typing import NamedTuple

from desktop.engine.exits import shown
from desktop.engine.model import Problem
from desktop.words import Text, Value, text

LOG_LINES = 12


class _Reason(NamedTuple):
    code: str
    pattern: str
    message: Text
    next_step: Text


_REASONS = (
    _Reason(
        "disk-full",
        r"No space left on device|Errno 28|Disk quota exceeded",
        text("The disk is full."),
        text("Free 100 MB, then try again: celery-tray start flower --install"),
    ),
    _Reason(
        "externally-managed",
        r"externally-managed-environment",
        text("This Python belongs to the system, which lets nobody but its own packages in."),
        text(
            "Give the project an environment of its own (python3 -m venv .venv), or install"
            " Flower for Celery Tray alone: celery-tray start flower --install"
        ),
    ),
    _Reason(
        "no-pip",
        r"No module named pip|ensurepip is not available|No module named '?(?:ensurepip|venv)",
        text("Its Python has no pip to install with."),
        text("Install the packages python3-venv and python3-pip of your system, then try again."),
    ),
    _Reason(
        "certificate",
        r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerification",
        text("The certificate of the package index is not trusted."),
        text("Name your company's certificates to pip: pip config set global.cert FILE"),
    ),
    _Reason(
        "proxy",
        r"ProxyError|Tunnel connection failed|Cannot connect to proxy",
        text("The proxy does not let it through to the package index."),
        text("Correct HTTPS_PROXY, or the proxy in pip's configuration."),
    ),
    _Reason(
        "no-network",
        r"Temporary failure in name resolution|Name or service not known|nodename nor servname"
        r"|getaddrinfo failed|NameResolutionError|Network is unreachable|Connection refused"
        r"|NewConnectionError|ConnectTimeoutError|ReadTimeoutError|Read timed out"
        r"|Connection (?:aborted|reset)|Max retries exceeded",
        text("The package index can't be reached."),
        text("See that the network is up, then try again: celery-tray start flower --install"),
    ),
    _Reason(
        "index-error",
        r"(?P<status>[45]\d\d) (?:Client|Server) Error|HTTP error (?P<other>[45]\d\d)",
        text("The package index answers with an error."),
        text("Try again in a while, or name another index to pip."),
    ),
    _Reason(
        "conflict",
        r"ResolutionImpossible|conflicting dependencies|incompatible with",
        text("No Flower fits the versions that are installed there, and none of them was changed."),
        text("Install it for Celery Tray alone: celery-tray start flower --install"),
    ),
    _Reason(
        "none-found",
        r"No matching distribution found for (?P<package>\S+)",
        text("The package index has no {package} for this Python."),
        text("Name an index that has it to pip, or use the built-in monitor."),
    ),
    _Reason(
        "not-writable",
        r"Permission ?[Dd]enied|Read-only file system|Errno 13|Errno 30",
        text("Its folder can't be written to."),
        text("Mend the permissions of the folder that the log names, then try again."),
    ),
)
"""The more telling first. A missing package is told last of all those of the network, because pip
says so after each of them."""

_STEPS = (
    (r"^Collecting (?P<what>[\w.-]+)", text("looks for {what}")),
    (r"Downloading (?P<what>[\w.-]+?)-\d[^ ]*\.(?:whl|tar\.gz) ", text("downloads {what}")),
    (r"Using cached (?P<what>[\w.-]+?)-\d[^ ]*\.(?:whl|tar\.gz) ", text("has {what} already")),
    (r"^Installing collected packages: (?P<what>.+)", text("puts in {what}")),
)


def step(line: str) -> Text | None:
    """What pip is doing, from a line of its; None when the line tells nothing of it."""
    for pattern, words in _STEPS:
        found = re.search(pattern, line.strip())
        if found:
            return Text(words.template, {"what": shown(found["what"])[:80]})
    return None


def failure(lines: list[str], place: str, code: int) -> Problem:
    """Why Flower could not be installed into ``place``; ``code`` is how pip ended."""
    title = text("Flower could not be installed.")
    log = tuple(shown(line) for line in lines[-LOG_LINES:])
    written = "\n".join(lines)
    for reason in _REASONS:
        found = re.search(reason.pattern, written)
        if found:
            values: dict[str, Value] = {
                name: shown(value or "") for name, value in found.groupdict().items()
            }
            message = Text(reason.message.template, values)
            return _problem(reason.code, title, message, reason.next_step, place, log)
    message = text("pip ended with exit code {code}.", code=code)
    step_ = text("Its last lines tell more. The built-in monitor needs no installation.")
    return _problem("pip", title, message, step_, place, log)


def _problem(
    code: str, title: Text, message: Text, next_step: Text, place: str, log: tuple[str, ...]
) -> Problem:
    whole = text("{reason} Nothing was changed in {place}.", reason=message, place=place)
    return Problem(f"flower-install-{code}", title, whole, next_step, log)

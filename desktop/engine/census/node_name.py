"""Celery's node names: ``name@host``, with ``%h``, ``%n``, ``%d``, ``%i`` and ``%I`` expanded."""

from __future__ import annotations

import re

DEFAULT_NAME = "celery"
_ABBREVIATION = re.compile(r"%(.)")


def node_name(given: str, hostname: str, default: str = DEFAULT_NAME) -> str:
    """The node name that Celery makes of ``-n given`` on the machine ``hostname``.

    As in celery/bin/worker.py and celery/utils/nodenames.py (5.7): what has no ``@`` is a host,
    ``%n`` is the host's first label, and the index of the main process is 0. An abbreviation
    that Celery refuses stays as it is.
    """
    name, at, host = given.partition("@")
    if not at:
        name, host = "", given
    label, _, domain = hostname.partition(".")
    known = {"h": hostname, "n": label, "d": domain, "i": "0", "I": "", "%": "%"}
    whole = f"{name or default}@{host or hostname}"
    return _ABBREVIATION.sub(lambda match: known.get(match[1], match[0]), whole)


def host_of(node: str) -> str:
    """The host part of a node name."""
    return node.partition("@")[2]


def simple_name(given: str, node: str) -> str:
    """A file name of a worker's options with ``%n``, ``%h``, ``%d``, ``%p`` … filled from its node.

    Where Celery would put a pool process's index, the main's is 0 or nothing.
    """
    name, _, host = node.partition("@")
    domain = host.partition(".")[2]
    known = {"n": name, "N": name, "h": host, "p": node, "d": domain, "i": "0", "I": "", "%": "%"}
    return _ABBREVIATION.sub(lambda match: known.get(match[1], match[0]), given)

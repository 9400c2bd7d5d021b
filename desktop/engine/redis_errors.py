"""Which refusal an error is: what a server said, or what network, system and TLS said of it.

The patterns are the servers' own sentences (``src/server.c``, ``src/acl.c``, ``src/networking.c``
of Redis and Valkey), which are stable and never translated.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator

import msgspec

from desktop.engine import redis_refusals as refusals
from desktop.engine import redis_url
from desktop.engine.redis_refusals import Refusal, Words
from desktop.words import verbatim

_SAID: tuple[tuple[str, Words], ...] = (
    (r"^(NOAUTH )?Authentication required", refusals.PASSWORD_NEEDED),
    (r"invalid username-password|invalid password", refusals.PASSWORD_WRONG),
    (r"without any password configured|no password is set", refusals.PASSWORD_NOT_SET),
    (r"protected mode", refusals.PROTECTED),
    (r"no permissions to|NOPERM", refusals.NOT_PERMITTED),
    (r"loading the dataset", refusals.LOADING),
    (r"max number of clients", refusals.FULL_OF_CLIENTS),
    (r"(DB index is out of range|invalid DB index)", refusals.NO_DATABASE),
    (r"in cluster mode|CLUSTERDOWN|Hash slot not served|^MOVED", refusals.CLUSTER),
    (r"Link with MASTER is down", refusals.MASTER_LOST),
    (r"unknown command .?.?SELECT", refusals.IS_SENTINEL),
    (r"MISCONF", refusals.DISK),
    (r"when used memory", refusals.MEMORY),
)


def said(url: str, error: Exception) -> Refusal | None:
    """The refusal that a server put in words; None when ``error`` is none of those."""
    import redis

    words = str(error)
    for pattern, reason in _SAID:
        if re.search(pattern, words, re.IGNORECASE):
            return reason.about(url, words)
    if isinstance(error, redis.ResponseError):
        return refusals.REFUSED.about(url, words)
    return None


def not_reached(url: str, error: BaseException) -> Refusal | None:
    """The refusal by network, system or TLS; None when the connection was made."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return _tls(url, cause)
        if isinstance(cause, socket.gaierror):
            return refusals.NO_SUCH_HOST.about(url, cause.strerror)
        if isinstance(cause, OSError) and cause.errno is not None:
            return _system(url, cause)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The innermost first: redis-py puts what the system said behind an error of its own."""
    chain = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    return reversed(chain)


def _tls(url: str, error: ssl.SSLError) -> Refusal | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = verbatim(error.verify_message)
        if "mismatch" in error.verify_message:
            return refusals.CERTIFICATE_NAME.about(url, reason=why)
        if "expired" in error.verify_message or "not yet valid" in error.verify_message:
            return refusals.CERTIFICATE_EXPIRED.about(url, reason=why)
        return refusals.CERTIFICATE_UNKNOWN.about(url, reason=why)
    reason = error.reason or str(error)
    if "CERTIFICATE_REQUIRED" in reason:
        return refusals.CERTIFICATE_WANTED.about(url)
    if "WRONG_VERSION" in reason or "RECORD_LAYER" in reason or isinstance(error, ssl.SSLEOFError):
        return None  # whatever is there does not speak TLS: a second look tells what it is
    return refusals.TLS_FAILED.about(url, reason)


def _system(url: str, error: OSError) -> Refusal | None:
    path = redis_url.socket_path(url)
    number, reason = error.errno, error.strerror or ""
    if number in {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}:
        return refusals.NO_ROUTE.about(url, reason)
    if number in {errno.EACCES, errno.EPERM}:
        return (refusals.SOCKET_DENIED if path else refusals.NO_ROUTE).about(url, reason)
    if number == errno.ETIMEDOUT:
        return refusals.REMOTE_SILENT.about(url)
    if number == errno.ENOENT and not path:
        return refusals.CERTIFICATE_FILE.about(url, reason)
    if number in {errno.ENOENT, errno.ECONNREFUSED, errno.EADDRNOTAVAIL}:
        local = redis_url.is_local(url)
        refusal = (refusals.ABSENT if local else refusals.REMOTE_REFUSED).about(url)
        return msgspec.structs.replace(refusal, absent=local)
    if number in {errno.ECONNRESET, errno.EPIPE}:
        return None
    return refusals.NO_ROUTE.about(url, reason)

"""Connections to exactly the address that was checked, that can be given up at any moment.

A name is resolved once, every resulting address is checked, and the connection goes to that very
address, so that a second look-up can't change the answer (DNS rebinding). Every wait is cut into
slices, between which the person's wish to stop is looked at.
"""

from __future__ import annotations

import errno
import select
import socket
import ssl
import threading
from collections.abc import Iterable
from typing import Any

import httpcore

from web.downloads.addresses import resolve
from web.downloads.failures import DownloadError
from web.downloads.patience import SLICE_S, Patience, Phase

READ_BYTES = 256 * 1024
"""At most so much at once: four times what is asked for, so that 1 GB takes fewer calls."""
_WAITING = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN})

# OpenSSL's X509_V_ERR_…: what is wrong with a certificate.
_EXPIRED = frozenset({9, 10})
_WRONG_NAME = frozenset({62, 64})


class PinnedBackend(httpcore.NetworkBackend):
    """Opens connections. ``proxy_host`` is where the person sends everything: it may be private."""

    def __init__(self, patience: Patience, proxy_host: str = "") -> None:
        self._patience = patience
        self._proxy_host = proxy_host

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self._patience.enter(Phase.CONNECT)
        trusted = bool(self._proxy_host) and host == self._proxy_host
        addresses = _resolved(host, port, self._patience, trusted=trusted)
        problem: OSError | None = None
        for address in addresses:
            self._patience.enter(Phase.CONNECT)
            try:
                return _Stream(_connected(address, port, self._patience), self._patience)
            except OSError as error:
                problem = error
        reason = problem.strerror if problem and problem.strerror else "?"
        raise DownloadError("refused", transient=True, host=host, port=port, reason=reason)

    def sleep(self, seconds: float) -> None:
        self._patience.wait()


class _Stream(httpcore.NetworkStream):
    def __init__(self, connection: socket.socket, patience: Patience) -> None:
        self._socket = connection
        self._patience = patience

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            try:
                data = self._socket.recv(READ_BYTES)
            except TimeoutError:
                self._patience.wait()
            except OSError:
                raise DownloadError("reset", transient=True) from None
            else:
                self._patience.heard()
                return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        self._patience.enter(Phase.ANSWER)
        left = memoryview(buffer)
        while left:
            try:
                left = left[self._socket.send(left) :]
            except TimeoutError:
                self._patience.wait()
            except OSError:
                raise DownloadError("reset", transient=True) from None

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        host = server_hostname or ""
        self._patience.enter(Phase.CONNECT)
        try:
            # A body without a length ends with the connection; only TLS's own farewell tells its
            # end from a cut, so an end without it is no end.
            wrapped = ssl_context.wrap_socket(
                self._socket,
                server_hostname=server_hostname,
                do_handshake_on_connect=False,
                suppress_ragged_eofs=False,
            )
            wrapped.settimeout(SLICE_S)
            while True:
                try:
                    wrapped.do_handshake()
                    break
                except TimeoutError:
                    self._patience.wait()
        except ssl.SSLCertVerificationError as error:
            raise _certificate_problem(error, host) from None
        except (ssl.SSLError, OSError) as error:
            reason = str(getattr(error, "reason", "") or error.strerror or type(error).__name__)
            raise DownloadError("tls", transient=True, host=host, reason=reason) from None
        return _Stream(wrapped, self._patience)

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket):
            return self._socket
        if info == "is_readable":
            return bool(select.select([self._socket], [], [], 0)[0])
        return self._socket if info == "socket" else None


def _connected(address: str, port: int, patience: Patience) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        begun = connection.connect_ex((address, port))
        if begun and begun not in _WAITING:
            raise OSError(begun, _words(begun))
        while not select.select([], [connection], [], SLICE_S)[1]:
            patience.wait()
        problem = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if problem:
            raise OSError(problem, _words(problem))
        connection.settimeout(SLICE_S)
    except BaseException:
        connection.close()
        raise
    return connection


def _words(number: int) -> str:
    import os

    return os.strerror(number)


def _resolved(host: str, port: int, patience: Patience, *, trusted: bool) -> list[str]:
    """As :func:`resolve`, in a thread: the system's resolver can't be interrupted."""
    found: list[str] = []
    problem: list[DownloadError] = []

    def ask() -> None:
        try:
            if trusted:
                answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                found.extend(str(entry[4][0]) for entry in answers)
            else:
                found.extend(resolve(host, port))
        except DownloadError as error:
            problem.append(error)
        except OSError:
            problem.append(DownloadError("unknown-host", transient=True, host=host))

    asking = threading.Thread(target=ask, daemon=True, name="resolve")
    asking.start()
    while True:
        asking.join(SLICE_S)
        if not asking.is_alive():
            break
        patience.wait()
    if problem:
        raise problem[0]
    return found


def _certificate_problem(error: ssl.SSLCertVerificationError, host: str) -> DownloadError:
    if error.verify_code in _EXPIRED:
        return DownloadError("tls-expired", host=host)
    if error.verify_code in _WRONG_NAME:
        return DownloadError("tls-name", host=host)
    return DownloadError("tls-unknown", host=host, reason=error.verify_message)

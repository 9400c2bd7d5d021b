"""A proxy that ends TLS and passes on what it hears, as one before the monitor does."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

import trustme

from tests.ports import free_port


@contextlib.contextmanager
def tls_proxy(port: int) -> Iterator[int]:
    """Gives the port on which https://localhost is answered by what listens on ``port``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    own = free_port()
    open_sockets: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", own)) as listener:
        threading.Thread(
            target=_accept, args=(listener, context, port, open_sockets), daemon=True
        ).start()
        try:
            yield own
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for one in open_sockets:
                _end(one)


def _accept(
    listener: socket.socket, context: ssl.SSLContext, port: int, opened: list[socket.socket]
) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, context, port, opened), daemon=True).start()


def _serve(
    client: socket.socket, context: ssl.SSLContext, port: int, opened: list[socket.socket]
) -> None:
    with contextlib.suppress(OSError):
        outside = context.wrap_socket(client, server_side=True)
        inside = socket.create_connection(("127.0.0.1", port))
        opened += [outside, inside]
        threading.Thread(target=_pass_on, args=(inside, outside), daemon=True).start()
        _pass_on(outside, inside)


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while heard := source.recv(65536):
            sink.sendall(heard)
    # What is still on its way to the reader is not cut off.
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()

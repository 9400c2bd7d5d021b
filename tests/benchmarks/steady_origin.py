"""``python -m tests.benchmarks.steady_origin``: prints its port, and answers ``GET /BYTES/RATE/…``
with so many bytes at so many bytes a second (0: as fast as they are taken)."""

from __future__ import annotations

import os
import socket
import threading
import time

PIECE = memoryview(os.urandom(1024 * 1024))


def serve(connection: socket.socket) -> None:
    with connection:
        head = connection.recv(65536).decode()
        _, size, rate, *_ = head.split(" ", 2)[1].split("/")
        left, per_s = int(size), int(rate)
        lines = f'HTTP/1.1 200 OK\r\nContent-Length: {left}\r\nETag: "{size}"\r\n\r\n'
        try:
            connection.sendall(lines.encode())
            begun, sent = time.monotonic(), 0
            while left:
                piece = PIECE[:left]
                connection.sendall(piece)
                left, sent = left - len(piece), sent + len(piece)
                if per_s:
                    time.sleep(max(0.0, begun + sent / per_s - time.monotonic()))
        except OSError:
            pass  # whoever asked has enough


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()

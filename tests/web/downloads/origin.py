"""A server on this machine that does everything that servers do, right and wrong.

Each case is one path, answered with bytes written by hand, and says how a download of it must end:
with this very file, or with this honest failure.
"""

from __future__ import annotations

import contextlib
import gzip
import random
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple

import brotli

DATA = random.Random(7).randbytes(300_000)  # noqa: S311
"""What most cases send: nothing in it repeats, so that a piece at a wrong place shows."""
OTHER = random.Random(8).randbytes(300_000)  # noqa: S311
CUT_AT = 120_000
ETAG = '"v1"'
OLD = "Tue, 01 Sep 2026 10:00:00 GMT"
FOREVER_S = 60.0


class Asked(NamedTuple):
    """One request: its number among those of the same path, its headers in lower case."""

    number: int
    method: str
    headers: dict[str, str]

    @property
    def first_byte(self) -> int | None:
        said = self.headers.get("range", "")
        return int(said.removeprefix("bytes=").rstrip("-")) if said.startswith("bytes=") else None


Answer = Callable[["Wire", Asked], None]


class Case(NamedTuple):
    name: str
    answer: Answer
    file: bytes | None
    """What must be there in the end; None: nothing, and the failure is ``code``."""
    code: str
    filename: str
    runs: int
    """How many runs of the fetch the end needs: all before the last fail on the way."""


CASES: dict[str, Case] = {}


def case(
    file: bytes | None = None, code: str = "", *, filename: str = "", runs: int = 1
) -> Callable[[Answer], Answer]:
    def add(answer: Answer) -> Answer:
        name = answer.__name__
        CASES[name] = Case(name, answer, file, code, filename or name, runs)
        return answer

    return add


class Wire:
    """The other end of one connection, with the freedom to break it."""

    def __init__(self, connection: socket.socket, ended: threading.Event) -> None:
        self._connection = connection
        self._ended = ended

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def head(self, status: str = "200 OK", *lines: str, version: str = "1.1") -> None:
        date = format_datetime(datetime.now(UTC), usegmt=True)
        text = "\r\n".join((f"HTTP/{version} {status}", f"Date: {date}", *lines))
        self.send(text.encode("latin-1") + b"\r\n\r\n")

    def whole(self, data: bytes, *lines: str, status: str = "200 OK") -> None:
        self.head(status, f"Content-Length: {len(data)}", *lines)
        self.send(data)

    def chunks(self, data: bytes, size: int = 7_000) -> None:
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            self.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")

    def reset(self) -> None:
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()

    def hang(self) -> None:
        """Silent until the other side leaves, or the server ends."""
        deadline = time.monotonic() + FOREVER_S
        self._connection.settimeout(0.1)
        while not self._ended.is_set() and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                if not self._connection.recv(1000):
                    return

    def rest(self, asked: Asked, data: bytes, *lines: str) -> None:
        """As a server that can do ranges: the rest, or the whole."""
        first = asked.first_byte
        if first is None:
            self.whole(data, *lines)
        else:
            said = f"Content-Range: bytes {first}-{len(data) - 1}/{len(data)}"
            self.whole(data[first:], said, *lines, status="206 Partial Content")

    def cut(self, data: bytes, *lines: str) -> None:
        """The beginning only, and the end of the connection; slow enough to be on the disk."""
        self.head("200 OK", f"Content-Length: {len(data)}", *lines)
        self.send(data[:CUT_AT])


class Origin:
    """Serves :data:`CASES` on a free port, also by TLS if a context is given."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        self.seen: dict[str, list[Asked]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, name: str, key: str = "") -> str:
        scheme = "https" if self._tls else "http"
        host = "localhost" if self._tls else "127.0.0.1"
        return f"{scheme}://{host}:{self.port}/{name}{f'?{key}' if key else ''}"

    def requests(self, name: str, key: str = "") -> list[Asked]:
        return self.seen.get(f"{name}{f'?{key}' if key else ''}", [])

    def close(self) -> None:
        self._ended.set()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                connection.suppress_ragged_eofs = True
            head = b""
            while b"\r\n\r\n" not in head:
                data = connection.recv(65536)
                if not data:
                    return
                head += data
            first, *lines = head.decode("latin-1").split("\r\n")
            method, target, _ = first.split(" ", 2)
            headers = dict(line.split(": ", 1) for line in lines if ": " in line)
            path = target.lstrip("/")
            with self._lock:
                seen = self.seen.setdefault(path, [])
                asked = Asked(len(seen), method, {k.lower(): v for k, v in headers.items()})
                seen.append(asked)
            CASES[path.partition("?")[0].partition("/")[0]].answer(
                Wire(connection, self._ended), asked
            )
            with contextlib.suppress(OSError):
                if isinstance(connection, ssl.SSLSocket):
                    connection = connection.unwrap()
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(1.0)
                connection.recv(1)


# Files that arrive in every lawful form


@case(DATA)
def plain(wire: Wire, asked: Asked) -> None:
    wire.whole(DATA)


@case(b"")
def empty(wire: Wire, asked: Asked) -> None:
    wire.whole(b"")


@case(DATA)
def chunked(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", "Transfer-Encoding: chunked")
    wire.chunks(DATA)
    wire.send(b"0\r\n\r\n")


@case(DATA)
def chunked_with_extensions_and_trailers(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", "Transfer-Encoding: chunked", "Trailer: X-Sum")
    wire.send(f"{len(DATA):x};name=value\r\n".encode() + DATA + b"\r\n0\r\nX-Sum: 1\r\n\r\n")


@case(DATA)
def http_1_0_with_length(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", f"Content-Length: {len(DATA)}", version="1.0")
    wire.send(DATA)


@case(DATA)
def http_1_0_ends_with_the_connection(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", version="1.0")
    wire.send(DATA)


@case(DATA)
def no_length_at_all(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", "Connection: close")
    wire.send(DATA)


@case(DATA)
def early_hints_first(wire: Wire, asked: Asked) -> None:
    wire.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x.css>; rel=preload\r\n\r\n")
    wire.whole(DATA)


@case(DATA)
def head_is_refused(wire: Wire, asked: Asked) -> None:
    if asked.method == "HEAD":
        wire.whole(b"", status="405 Method Not Allowed")
    else:
        wire.whole(DATA)


@case(DATA)
def the_same_length_twice(wire: Wire, asked: Asked) -> None:
    wire.whole(DATA, f"Content-Length: {len(DATA)}")


@case(DATA)
def odd_but_lawful_headers(wire: Wire, asked: Asked) -> None:
    lines = (f"cOnTeNt-LeNgTh:{len(DATA)}", "X-Empty:", "X-Long: " + "x" * 30_000)
    wire.head("200 OK", *lines)
    wire.send(DATA)


@case(DATA)
def no_reason_phrase(wire: Wire, asked: Asked) -> None:
    wire.whole(DATA, status="200")


@case(DATA[:100_000])
def more_than_promised(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", "Content-Length: 100000")
    wire.send(DATA)


@case(DATA)
def byte_by_byte_head(wire: Wire, asked: Asked) -> None:
    for byte in f"HTTP/1.1 200 OK\r\nContent-Length: {len(DATA)}\r\n\r\n".encode():
        wire.send(bytes([byte]))
    wire.send(DATA)


@case(DATA[:40])
def slow_drip_that_goes_on(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", "Content-Length: 40")
    for byte in DATA[:40]:
        wire.send(bytes([byte]))
        time.sleep(0.02)


# Compressed although it was asked not to be


@case(DATA)
def gzip_insisted(wire: Wire, asked: Asked) -> None:
    wire.whole(gzip.compress(DATA), "Content-Encoding: gzip")


@case(DATA)
def gzip_chunked(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", "Transfer-Encoding: chunked", "Content-Encoding: x-gzip")
    wire.chunks(gzip.compress(DATA), 999)
    wire.send(b"0\r\n\r\n")


@case(DATA + OTHER)
def gzip_in_members(wire: Wire, asked: Asked) -> None:
    body = gzip.compress(DATA) + gzip.compress(OTHER) + b"\0" * 100
    wire.whole(body, "Content-Encoding: gzip")


@case(DATA)
def deflate(wire: Wire, asked: Asked) -> None:
    wire.whole(zlib.compress(DATA), "Content-Encoding: deflate")


@case(DATA)
def deflate_without_its_header(wire: Wire, asked: Asked) -> None:
    inner = zlib.compressobj(wbits=-15)
    wire.whole(inner.compress(DATA) + inner.flush(), "Content-Encoding: deflate")


@case(DATA)
def brotli_insisted(wire: Wire, asked: Asked) -> None:
    wire.whole(brotli.compress(DATA, quality=1), "Content-Encoding: br")


@case(DATA)
def two_codings(wire: Wire, asked: Asked) -> None:
    wire.whole(zlib.compress(gzip.compress(DATA)), "Content-Encoding: gzip, deflate")


@case(b"x" * 10_000_000)
def compresses_very_well(wire: Wire, asked: Asked) -> None:
    wire.whole(gzip.compress(b"x" * 10_000_000), "Content-Encoding: gzip")


@case(gzip.compress(DATA, mtime=0), filename="source.tar.gz")
def archive_that_is_itself_compressed(wire: Wire, asked: Asked) -> None:
    wire.whole(
        gzip.compress(DATA, mtime=0),
        "Content-Encoding: gzip",
        "Content-Type: application/x-gzip",
        "Content-Disposition: attachment; filename=source.tar.gz",
    )


@case(DATA)
def identity_said_aloud(wire: Wire, asked: Asked) -> None:
    wire.whole(DATA, "Content-Encoding: identity")


@case(code="encoding-broken")
def gzip_cut_short(wire: Wire, asked: Asked) -> None:
    wire.whole(gzip.compress(DATA)[:-500], "Content-Encoding: gzip")


@case(code="encoding-broken")
def gzip_with_a_wrong_sum(wire: Wire, asked: Asked) -> None:
    packed = bytearray(gzip.compress(DATA))
    packed[-6] ^= 0xFF
    wire.whole(bytes(packed), "Content-Encoding: gzip")


@case(code="encoding-broken")
def brotli_cut_short(wire: Wire, asked: Asked) -> None:
    wire.whole(brotli.compress(DATA, quality=1)[:-500], "Content-Encoding: br")


@case(code="bomb")
def gzip_bomb(wire: Wire, asked: Asked) -> None:
    wire.whole(_BOMB, "Content-Encoding: gzip")


@case(code="bomb")
def brotli_bomb(wire: Wire, asked: Asked) -> None:
    wire.whole(_BROTLI_BOMB, "Content-Encoding: br")


@case(code="encoding")
def unknown_coding(wire: Wire, asked: Asked) -> None:
    wire.whole(DATA, "Content-Encoding: zstd")


_BOMB = gzip.compress(bytes(120_000_000), 9)
_BROTLI_BOMB = brotli.compress(bytes(120_000_000), quality=3)


# Redirects


@case(DATA, filename="plain")
def redirect(wire: Wire, asked: Asked) -> None:
    wire.whole(b"look there", "Location: /plain", status="302 Found")


@case(DATA, filename="plain")
def redirect_for_good(wire: Wire, asked: Asked) -> None:
    wire.whole(b"", "Location: plain#part", status="308 Permanent Redirect")


@case(DATA)
def redirect_with_a_cookie(wire: Wire, asked: Asked) -> None:
    if "seen=yes" in asked.headers.get("cookie", ""):
        wire.whole(DATA)
    else:
        lines = ("Set-Cookie: seen=yes; Path=/", "Location: /redirect_with_a_cookie")
        wire.whole(b"", *lines, status="303 See Other")


@case(code="redirects")
def redirect_loop(wire: Wire, asked: Asked) -> None:
    wire.whole(b"", "Location: /redirect_loop", status="301 Moved Permanently")


@case(code="scheme-file")
def redirect_to_a_local_file(wire: Wire, asked: Asked) -> None:
    wire.whole(b"", "Location: file:///etc/passwd", status="302 Found")


@case(code="missing")
def redirect_inside(wire: Wire, asked: Asked) -> None:
    """To where only this computer leads."""
    port = asked.headers["host"].rpartition(":")[2]
    wire.whole(b"", f"Location: http://127.0.0.1:{port}/not_found", status="302 Found")


@case(code="status")
def redirect_to_nowhere(wire: Wire, asked: Asked) -> None:
    wire.whole(b"", status="302 Found")


# Resuming: the first answer breaks off, the second run builds on it or starts anew


@case(DATA, runs=2)
def range_right(wire: Wire, asked: Asked) -> None:
    lines = (f"ETag: {ETAG}",)
    wire.cut(DATA, *lines) if asked.number == 0 else wire.rest(asked, DATA, *lines)


@case(DATA, runs=2)
def range_by_date(wire: Wire, asked: Asked) -> None:
    lines = (f"Last-Modified: {OLD}",)
    wire.cut(DATA, *lines) if asked.number == 0 else wire.rest(asked, DATA, *lines)


@case(DATA, runs=2)
def range_ignored(wire: Wire, asked: Asked) -> None:
    lines = (f"ETag: {ETAG}",)
    wire.cut(DATA, *lines) if asked.number == 0 else wire.whole(DATA, *lines)


@case(DATA, runs=2)
def range_from_a_wrong_place(wire: Wire, asked: Asked) -> None:
    if asked.number == 0:
        wire.cut(DATA, f"ETag: {ETAG}")
    elif asked.first_byte is None:
        wire.whole(DATA)
    else:
        wrong = asked.first_byte - 7
        said = f"Content-Range: bytes {wrong}-{len(DATA) - 1}/{len(DATA)}"
        wire.whole(DATA[wrong:], said, f"ETag: {ETAG}", status="206 Partial Content")


@case(DATA, runs=2)
def range_of_another_size(wire: Wire, asked: Asked) -> None:
    if asked.number == 0:
        wire.cut(DATA, f"ETag: {ETAG}")
    elif asked.first_byte is None:
        wire.whole(DATA)
    else:
        said = f"Content-Range: bytes {asked.first_byte}-{len(DATA)}/{len(DATA) + 1}"
        wire.whole(DATA[asked.first_byte :] + b"x", said, status="206 Partial Content")


@case(DATA, runs=2)
def range_without_its_place(wire: Wire, asked: Asked) -> None:
    if asked.number == 0:
        wire.cut(DATA, f"ETag: {ETAG}")
    elif asked.first_byte is None:
        wire.whole(DATA)
    else:
        wire.whole(DATA[asked.first_byte :], status="206 Partial Content")


@case(DATA, runs=2)
def range_in_pieces(wire: Wire, asked: Asked) -> None:
    if asked.number == 0:
        wire.cut(DATA, f"ETag: {ETAG}")
    elif asked.first_byte is None:
        wire.whole(DATA)
    else:
        kind = "Content-Type: multipart/byteranges; boundary=x"
        wire.whole(b"--x--", kind, status="206 Partial Content")


@case(DATA, runs=2)
def range_refused(wire: Wire, asked: Asked) -> None:
    if asked.number == 0:
        wire.cut(DATA, f"ETag: {ETAG}")
    elif asked.first_byte is None:
        wire.whole(DATA)
    else:
        wire.whole(b"", "Content-Range: bytes */5", status="416 Range Not Satisfiable")


@case(DATA, runs=2)
def range_compressed(wire: Wire, asked: Asked) -> None:
    if asked.number == 0:
        wire.cut(DATA, f"ETag: {ETAG}")
    elif asked.first_byte is None:
        wire.whole(DATA)
    else:
        said = f"Content-Range: bytes {asked.first_byte}-{len(DATA) - 1}/{len(DATA)}"
        packed = gzip.compress(DATA[asked.first_byte :])
        wire.whole(packed, said, "Content-Encoding: gzip", status="206 Partial Content")


@case(OTHER, runs=2)
def etag_changes_midway(wire: Wire, asked: Asked) -> None:
    if asked.number == 0:
        wire.cut(DATA, f"ETag: {ETAG}")
    else:
        wire.whole(OTHER, 'ETag: "v2"')


@case(OTHER, runs=2)
def etag_changes_and_if_range_is_ignored(wire: Wire, asked: Asked) -> None:
    if asked.number == 0:
        wire.cut(DATA, f"ETag: {ETAG}")
    else:
        wire.rest(asked, OTHER, 'ETag: "v2"')


@case(DATA, runs=2)
def weak_etag_is_not_built_upon(wire: Wire, asked: Asked) -> None:
    assert asked.first_byte is None
    wire.cut(DATA, 'ETag: W/"v1"') if asked.number == 0 else wire.whole(DATA)


@case(DATA, runs=2)
def gzip_is_not_resumed(wire: Wire, asked: Asked) -> None:
    assert asked.first_byte is None
    lines = ("Content-Encoding: gzip", f"ETag: {ETAG}")
    packed = gzip.compress(DATA)
    wire.cut(packed, *lines) if asked.number == 0 else wire.whole(packed, *lines)


@case(code="unasked-range")
def range_that_nobody_asked_for(wire: Wire, asked: Asked) -> None:
    wire.whole(DATA[5:], "Content-Range: bytes 5-299999/300000", status="206 Partial Content")


# Broken on the way


@case(code="truncated")
def less_than_promised(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", f"Content-Length: {len(DATA) + 1}")
    wire.send(DATA)


@case(code="reset")
def reset_in_the_middle(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", f"Content-Length: {len(DATA)}")
    wire.send(DATA[:1000])
    time.sleep(0.05)
    wire.reset()


@case(code="bad-answer")
def chunks_cut_off(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", "Transfer-Encoding: chunked")
    wire.chunks(DATA)


@case(code="bad-answer")
def chunks_of_nonsense(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", "Transfer-Encoding: chunked")
    wire.send(b"zz\r\nabc\r\n")


@case(code="bad-answer")
def no_answer_but_the_end(wire: Wire, asked: Asked) -> None:
    pass


@case(code="bad-answer")
def no_http(wire: Wire, asked: Asked) -> None:
    wire.send(b"220 ftp.example.org ready\r\n\r\n")


@case(code="bad-answer")
def two_lengths(wire: Wire, asked: Asked) -> None:
    wire.whole(DATA, "Content-Length: 5")


@case(code="bad-answer")
def negative_length(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", "Content-Length: -5")


@case(code="bad-answer")
def endless_head(wire: Wire, asked: Asked) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\n")
    for _ in range(200):
        wire.send(b"X-More: " + b"x" * 10_000 + b"\r\n")


@case(code="silent-answer")
def silent_answer(wire: Wire, asked: Asked) -> None:
    wire.hang()


@case(code="silent-answer")
def head_that_drips_for_ever(wire: Wire, asked: Asked) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\n")
    for _ in range(int(FOREVER_S * 10)):
        wire.send(b"X: y\r\n")
        time.sleep(0.1)


@case(code="silent-body")
def silent_body(wire: Wire, asked: Asked) -> None:
    wire.head("200 OK", f"Content-Length: {len(DATA)}")
    wire.send(DATA[:1000])
    wire.hang()


# Refusals


@case(code="missing")
def not_found(wire: Wire, asked: Asked) -> None:
    wire.whole(b"<h1>no</h1>", status="404 Not Found")


@case(code="missing")
def gone(wire: Wire, asked: Asked) -> None:
    wire.whole(b"", status="410 Gone")


@case(code="status")
def forbidden(wire: Wire, asked: Asked) -> None:
    wire.whole(b"", status="403 Forbidden")


@case(code="no-content")
def no_content(wire: Wire, asked: Asked) -> None:
    wire.head("204 No Content")


@case(code="status")
def server_error(wire: Wire, asked: Asked) -> None:
    wire.whole(b"", status="500 Internal Server Error")


@case(code="status")
def busy_for_seconds(wire: Wire, asked: Asked) -> None:
    wire.whole(b"", "Retry-After: 7", status="503 Service Unavailable")


@case(code="status")
def busy_until_a_date(wire: Wire, asked: Asked) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    wire.whole(b"", f"Retry-After: {then}", status="429 Too Many Requests")


@case(code="status")
def hostile_reason(wire: Wire, asked: Asked) -> None:
    wire.whole(b"", status="418 <script>alert(1)</script>")


@case(code="password-needed")
def password_needed(wire: Wire, asked: Asked) -> None:
    # user:pa ss
    if asked.headers.get("authorization") == "Basic dXNlcjpwYSBzcw==":
        wire.whole(DATA)
    else:
        wire.whole(b"", 'WWW-Authenticate: Basic realm="x"', status="401 Unauthorized")


@case(DATA)
def redirect_to_another_host(wire: Wire, asked: Asked) -> None:
    """The same server by another name: the credentials are not for it."""
    if asked.headers["host"].startswith("127.0.0.1"):
        port = asked.headers["host"].rpartition(":")[2]
        place = f"http://localhost:{port}/redirect_to_another_host"
        wire.whole(b"", f"Location: {place}", status="302 Found")
    else:
        assert "authorization" not in asked.headers
        wire.whole(DATA)


# Names


def _named(value: str | bytes, filename: str) -> None:
    raw = value.encode() if isinstance(value, str) else value

    def answer(wire: Wire, asked: Asked) -> None:
        wire.whole(DATA, f"Content-Disposition: {raw.decode('latin-1')}")

    answer.__name__ = f"name_{sum(name.startswith('name_') for name in CASES)}"
    case(DATA, filename=filename)(answer)


_named("attachment; filename*=UTF-8''na%C3%AFve%20%E6%96%87%E4%BB%B6.txt", "naïve 文件.txt")
_named("attachment; filename=plain.txt; filename*=utf-8'en'%e2%82%ac.txt", "€.txt")
_named("attachment; filename*=iso-8859-1''caf%E9.txt", "café.txt")
_named("attachment; filename*=nonsense''%ff.txt; filename=other.txt", "other.txt")
_named("attachment; filename*0*=utf-8''%E6%96%87; filename*1=more.txt", "文more.txt")
_named('attachment; filename="=?UTF-8?B?5paH5Lu2LnR4dA==?="', "文件.txt")
_named('attachment; filename="文件.txt"', "文件.txt")
_named('attachment; filename="文件.txt"'.encode("gbk"), "文件.txt")
_named('attachment; filename="café.txt"'.encode("latin-1"), "café.txt")
_named('attachment; filename="a \\"b\\".txt"', "a _b_.txt")
_named('attachment; filename="C:\\dir\\new.txt"', "new.txt")
_named("attachment; filename=two words.txt; size=3", "two words.txt")
_named('attachment; filename="no end.txt', "no end.txt")
_named('filename="without kind.txt"', "without kind.txt")
_named("attachment; filename=na%C3%AFve.txt", "naïve.txt")
_named('attachment; filename="../../../etc/passwd"', "passwd")
_named("attachment; filename*=utf-8''..%2F..%2Fevil.sh", "evil.sh")
_named('attachment; filename="CON.txt"', "CON_.txt")
_named('attachment; filename="gpj\u202eexe.png"', "gpjexe.png")
_named(f'attachment; filename="{"字" * 300}.tar.gz"', "")
_named('attachment; filename=""', "")
_named("inline; FileName = spaced.bin", "spaced.bin")


# Behaviour that more than one download shows


@case(DATA)
def shared(wire: Wire, asked: Asked) -> None:
    if asked.headers.get("if-none-match") == ETAG:
        wire.head("304 Not Modified", f"ETag: {ETAG}")
    else:
        wire.head("200 OK", f"Content-Length: {len(DATA)}", f"ETag: {ETAG}")
        wire.send(DATA[:CUT_AT])
        time.sleep(0.3)
        wire.send(DATA[CUT_AT:])


SLOW = random.Random(9).randbytes(1_500_000)  # noqa: S311
SLOW_PIECE = 30_000


def _slowly(wire: Wire, asked: Asked, pause_s: float) -> None:
    first = asked.first_byte or 0
    lines = [f"Content-Length: {len(SLOW) - first}", f"ETag: {ETAG}"]
    if first:
        lines.append(f"Content-Range: bytes {first}-{len(SLOW) - 1}/{len(SLOW)}")
    wire.head("206 Partial Content" if first else "200 OK", *lines)
    for start in range(first, len(SLOW), SLOW_PIECE):
        wire.send(SLOW[start : start + SLOW_PIECE])
        time.sleep(pause_s)


@case(SLOW)
def slow(wire: Wire, asked: Asked) -> None:
    """About a second."""
    _slowly(wire, asked, 0.02)


@case(SLOW, runs=0)
def slower(wire: Wire, asked: Asked) -> None:
    """Three seconds: time to do something to it."""
    _slowly(wire, asked, 0.06)


def _page(wire: Wire, asked: Asked, kind: str, name: str, data: bytes) -> None:
    wire.whole(data, f"Content-Type: {kind}", f'Content-Disposition: attachment; filename="{name}"')


EVIL = b"<script>parent.document.title='evil';top.location='/evil'</script><p>text of a page"


@case(EVIL, filename="_b_evil.html")
def evil_page(wire: Wire, asked: Asked) -> None:
    _page(wire, asked, "text/html", "<b>evil.html", EVIL)


PICTURE = (
    b"<svg xmlns='http://www.w3.org/2000/svg' width='60' height='40'><rect width='60' height='40' "
    b"fill='teal'/><script>parent.document.title='evil'</script></svg>"
)


@case(PICTURE, filename="picture.svg")
def picture(wire: Wire, asked: Asked) -> None:
    _page(wire, asked, "image/svg+xml", "picture.svg", PICTURE)


def _pdf() -> bytes:
    """One page, wholly red."""
    content = b"1 0 0 rg 0 0 200 200 re f"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(content), content),
    )
    whole, table = b"%PDF-1.4\n", b"0000000000 65535 f \n"
    for number, one in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(whole)
        whole += b"%d 0 obj%bendobj\n" % (number, one)
    end = b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(whole)
    return whole + b"xref\n0 5\n" + table + end


PDF = _pdf()


@case(PDF, filename="red.pdf")
def pdf(wire: Wire, asked: Asked) -> None:
    _page(wire, asked, "application/pdf", "red.pdf", PDF)


_now = [0]
peak = [0]
"""The most transfers of :func:`counted` that ran at once."""
_counting = threading.Lock()


@case(DATA)
def counted(wire: Wire, asked: Asked) -> None:
    with _counting:
        _now[0] += 1
        peak[0] = max(peak[0], _now[0])
    time.sleep(0.15)
    with _counting:
        _now[0] -= 1
    wire.whole(DATA)


def served(tls: ssl.SSLContext | None = None) -> Iterator[Origin]:
    origin = Origin(tls)
    yield origin
    origin.close()

"""Bodies that a server compressed although it was asked not to, in bounded pieces.

A few kilobytes can expand to gigabytes, so what comes out is bounded per step, and the whole by
its ratio to what came in.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Protocol

from web.downloads.failures import DownloadError

PIECE_BYTES = 1024 * 1024
RATIO_MAX = 200
RATIO_FREE_BYTES = 64 * 1024 * 1024
"""Below this size nobody minds what the ratio is."""
LAYERS_MAX = 2


class Decoder(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]: ...

    def finish(self) -> None:
        """Raises :class:`DownloadError` when the data ended before its own end."""


def codings(header: str) -> tuple[str, ...]:
    """The codings of a ``Content-Encoding``, the first applied first; ``identity`` is none."""
    named = (part.strip().lower() for part in header.split(","))
    return tuple(name for name in named if name not in {"", "identity"})


def decoded(body: Iterable[bytes], names: tuple[str, ...]) -> Iterator[bytes]:
    """The body without its codings. Raises :class:`DownloadError`: unknown, broken, or a bomb."""
    if len(names) > LAYERS_MAX:
        raise DownloadError("encoding", encoding=", ".join(names)[:80])
    layers = [_decoder(name) for name in reversed(names)]
    came = went = 0
    for data in body:
        came += len(data)
        for piece in _through(layers, data):
            went += len(piece)
            if went > RATIO_FREE_BYTES and went > came * RATIO_MAX:
                raise DownloadError("bomb", times=RATIO_MAX)
            yield piece
    if came:
        for layer in layers:
            layer.finish()


def _through(layers: list[Decoder], data: bytes) -> Iterator[bytes]:
    if not layers:
        yield data
        return
    for piece in layers[0].feed(data):
        yield from _through(layers[1:], piece)


def _decoder(name: str) -> Decoder:
    if name in {"gzip", "x-gzip"}:
        return _Zlib(zlib.MAX_WBITS | 16)
    if name == "deflate":
        return _Deflate()
    if name == "br":
        return _Brotli()
    raise DownloadError("encoding", encoding=name[:80])


class _Zlib:
    def __init__(self, window: int) -> None:
        self._window = window
        self._inner = zlib.decompressobj(window)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        full = False  # then more may wait inside, although all input is used
        while data or full:
            if self._inner.eof:  # several gzip members make one file; zeros may pad it
                data = data.lstrip(b"\0")
                if not data:
                    return
                self._inner = zlib.decompressobj(self._window)
            try:
                piece = self._inner.decompress(data, PIECE_BYTES)
            except zlib.error:
                raise DownloadError("encoding-broken", transient=True) from None
            data = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
            full = len(piece) == PIECE_BYTES and not self._inner.eof
            if piece:
                yield piece

    def finish(self) -> None:
        if not self._inner.eof:
            raise DownloadError("encoding-broken", transient=True)


class _Deflate:
    """With zlib's header, as the standard says, or without, as some servers have it."""

    def __init__(self) -> None:
        self._inner: _Zlib | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._inner is None and data:
            wrapped = data[0] & 0x0F == 8 and data[0] >> 4 <= 7
            self._inner = _Zlib(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        if self._inner is not None:
            yield from self._inner.feed(data)

    def finish(self) -> None:
        if self._inner is not None:
            self._inner.finish()


class _Brotli:
    def __init__(self) -> None:
        import brotli

        self._error = brotli.error
        self._inner = brotli.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            piece = self._inner.process(data, output_buffer_limit=PIECE_BYTES)
            while piece:
                yield piece
                if self._inner.is_finished() or self._inner.can_accept_more_data():
                    break
                piece = self._inner.process(b"", output_buffer_limit=PIECE_BYTES)
        except self._error:
            raise DownloadError("encoding-broken", transient=True) from None

    def finish(self) -> None:
        if not self._inner.is_finished():
            raise DownloadError("encoding-broken", transient=True)

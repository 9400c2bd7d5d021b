"""What goes over the engine's socket: frames of MessagePack, each behind its length.

::

    face   -> engine   Hello, then Request(id, command), Cancel(id) or Subscribe at any time
    engine -> face     Welcome, then Reply(id, answer); after Subscribe a Snapshot, then Deltas

A frame is a 4-byte big-endian length and that many bytes. Values are msgspec structs, so a frame
that does not fit its type is refused as a whole. Commands and answers lie in their frames as they
are until somebody asks for them: a face that only looks pays for none of their types.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from desktop.engine.snapshot import Delta, Snapshot

if TYPE_CHECKING:
    from desktop.engine.commands import Answer, Command

PROTOCOL = 1
"""Raised when a face and an engine of different versions could misunderstand each other."""

FRAME_MAX_BYTES = 64 * 1024 * 1024
_HEAD = struct.Struct(">I")
HEAD_BYTES = _HEAD.size


class Hello(msgspec.Struct, frozen=True, tag=True):
    protocol: int
    version: str
    face: str
    """"cli", "tray", "monitor" or "api"."""
    stays: bool = False
    """A face that stays (tray, monitor, up) keeps the engine alive while it is attached."""


class Welcome(msgspec.Struct, frozen=True, tag=True):
    protocol: int
    version: str
    pid: int


class Request(msgspec.Struct, frozen=True, tag=True):
    id: int
    command: msgspec.Raw
    """A :data:`Command`: see :func:`request`, :func:`command_of`."""


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """The answer to this request is not wanted any more: a question (a search) is broken off, and
    nothing is answered. What changes something is not undone by it."""

    id: int


class Subscribe(msgspec.Struct, frozen=True, tag=True):
    pass


class Reply(msgspec.Struct, frozen=True, tag=True):
    id: int
    answer: msgspec.Raw
    """An :data:`Answer`: see :func:`reply`, :func:`answer_of`."""


class Full(msgspec.Struct, frozen=True, tag=True):
    snapshot: Snapshot


class Change(msgspec.Struct, frozen=True, tag=True):
    delta: Delta


FromFace = Hello | Request | Cancel | Subscribe
FromEngine = Welcome | Reply | Full | Change

_encoder = msgspec.msgpack.Encoder()
decode_from_face = msgspec.msgpack.Decoder(FromFace).decode
decode_from_engine = msgspec.msgpack.Decoder(FromEngine).decode


def frame(message: FromFace | FromEngine) -> bytes:
    """The message as it goes over the wire."""
    body = _encoder.encode(message)
    return _HEAD.pack(len(body)) + body


def body_length(head: bytes) -> int:
    """Length of the body that follows; ValueError when it is absurd."""
    length: int = _HEAD.unpack(head)[0]
    if length > FRAME_MAX_BYTES:
        raise ValueError(f"a frame of {length} bytes")
    return length


def request(number: int, command: Command) -> Request:
    return Request(number, msgspec.Raw(_encoder.encode(command)))


def command_of(message: Request) -> Command:
    """Raises :class:`msgspec.MsgspecError` for what is no command."""
    return _command_decoder()(message.command)


def reply(number: int, answer: Answer) -> Reply:
    return Reply(number, msgspec.Raw(_encoder.encode(answer)))


def answer_of(message: Reply) -> Answer:
    """Raises :class:`msgspec.MsgspecError` for what is no answer."""
    return _answer_decoder()(message.answer)


@cache
def _command_decoder() -> Callable[[msgspec.Raw], Command]:
    from desktop.engine.commands import Command

    decode: Callable[[msgspec.Raw], Command] = msgspec.msgpack.Decoder(Command).decode
    return decode


@cache
def _answer_decoder() -> Callable[[msgspec.Raw], Answer]:
    from desktop.engine.commands import Answer

    decode: Callable[[msgspec.Raw], Answer] = msgspec.msgpack.Decoder(Answer).decode
    return decode

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.telemetry.frames import LINE_MAX, Frames


def message(payload: bytes, channel: bytes = b"/0.celeryev/task.multi") -> bytes:
    parts = (b"pmessage", b"/0.celeryev/*", channel, payload)
    return b"*4\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(one), one) for one in parts)


SUBSCRIBED = b"*3\r\n$10\r\npsubscribe\r\n$13\r\n/0.celeryev/*\r\n:1\r\n"
PONG = b"*2\r\n$4\r\npong\r\n$0\r\n\r\n"


@given(
    st.lists(st.tuples(st.binary(max_size=40), st.binary(max_size=20)), max_size=6),
    st.lists(st.integers(1, 50), max_size=40),
)
def test_messages_come_out_as_they_went_in_however_the_stream_is_cut(sent, cuts):
    stream = SUBSCRIBED + PONG + b"".join(message(payload, name) for name, payload in sent)
    frames, found = Frames(1000), []
    for cut in cuts:
        found += frames.feed(stream[:cut])
        stream = stream[cut:]
    found += frames.feed(stream)
    assert frames.said == {b"psubscribe", b"pong"}
    assert found == [payload for _, payload in sent]


@given(st.lists(st.integers(1, 400), max_size=20))
def test_what_is_too_long_is_passed_over_and_the_next_is_read(cuts):
    stream = message(b"x" * 900) + message(b"next")
    frames, found = Frames(100), []
    for cut in cuts:
        found += frames.feed(stream[:cut])
        stream = stream[cut:]
        assert len(frames._rest) <= 500
    found += frames.feed(stream)
    assert found == [b"", b"next"]


def test_refusals_are_told_in_redis_own_words():
    with pytest.raises(ValueError, match="NOPERM this user"):
        list(Frames(100).feed(b"-NOPERM this user has no permissions\r\n"))


@pytest.mark.parametrize(
    "junk", [b"HTTP/1.1 400 Bad Request\r\n", b"x" * (LINE_MAX + 1), b"$x\r\n"]
)
def test_what_is_no_redis_is_said_to_be_none(junk):
    with pytest.raises(ValueError, match=r"Redis|literal"):
        list(Frames(100).feed(junk))

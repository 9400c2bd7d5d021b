from __future__ import annotations

import asyncio

import pytest

from desktop.engine.commands import Census, CensusReport, Command
from web.monitor.shared_answers import KEPT_MAX, SharedAnswers


class Engine:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[Command] = []
        self.broken_off = 0
        self.go = asyncio.Event()

    async def submit(self, command: Command) -> CensusReport:
        self.asked.append(command)
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.broken_off += 1
            raise
        return CensusReport()


async def test_what_many_ask_at_once_is_asked_once():
    engine = Engine()
    shared = SharedAnswers(engine.submit)
    asked = [asyncio.ensure_future(shared.ask(Census(""), 1.0)) for _ in range(20)]
    await asyncio.sleep(0)
    engine.go.set()
    answers = await asyncio.gather(*asked)
    assert engine.asked == [Census("")]
    assert all(answer is answers[0] for answer in answers)
    assert await shared.ask(Census(""), 60.0) is answers[0]
    await shared.ask(Census("other"), 60.0)
    assert engine.asked == [Census(""), Census("other")]


async def test_an_answer_is_not_given_longer_than_asked_for_nor_after_a_change():
    engine = Engine()
    engine.go.set()
    shared = SharedAnswers(engine.submit)
    await shared.ask(Census(""), 60.0)
    await shared.ask(Census(""), -1.0)
    assert len(engine.asked) == 2
    shared.forget()
    await shared.ask(Census(""), 60.0)
    assert len(engine.asked) == 3


async def test_a_question_is_broken_off_when_the_last_who_waits_has_left():
    engine = Engine()
    shared = SharedAnswers(engine.submit)
    one, two = (asyncio.ensure_future(shared.ask(Census(""), 1.0)) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await one
    assert engine.broken_off == 0
    two.cancel()
    with pytest.raises(asyncio.CancelledError):
        await two
    await asyncio.sleep(0)
    assert engine.broken_off == 1
    engine.go.set()
    assert isinstance(await shared.ask(Census(""), 1.0), CensusReport)


async def test_an_error_reaches_all_and_is_not_kept():
    calls = 0

    async def submit(command: Command) -> CensusReport:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise OSError("gone")
        return CensusReport()

    shared = SharedAnswers(submit)
    answers = await asyncio.gather(
        *(shared.ask(Census(""), 60.0) for _ in range(2)), return_exceptions=True
    )
    assert [type(one) for one in answers] == [OSError, OSError]
    assert isinstance(await shared.ask(Census(""), 60.0), CensusReport)


async def test_answers_are_kept_within_bounds():
    engine = Engine()
    engine.go.set()
    shared = SharedAnswers(engine.submit)
    for number in range(3 * KEPT_MAX):
        await shared.ask(Census(str(number)), 60.0)
    await shared.ask(Census("0"), 60.0)
    assert engine.asked[-1] == Census("0")

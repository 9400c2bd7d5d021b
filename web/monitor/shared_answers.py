"""Questions that several pages ask at the same time are put to the engine once.

Twenty open pages ask the same things twice a second; what they cost is what one of them costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from desktop.engine.commands import Command
from web.monitor.operation import Reading

Question = Command | Reading

KEPT_MAX = 64
"""Answers; a page asks for fewer than ten different ones."""


class _Question:
    """One that is under way."""

    def __init__(self, answer: asyncio.Task[Any]) -> None:
        self.answer = answer
        self.waiting = 0


class SharedAnswers:
    """Answers of the last moment, and the questions that are still under way."""

    def __init__(self, submit: Callable[[Question], Coroutine[Any, Any, Any]]) -> None:
        self._submit = submit
        self._kept: dict[Question, tuple[float, Any]] = {}
        self._under_way: dict[Question, _Question] = {}

    def kept(self, command: Question, fresh_s: float) -> Any:
        """The answer that is there already, ``fresh_s`` old at most; None: it has to be asked."""
        at, answer = self._kept.get(command, (0.0, None))
        is_fresh = answer is not None and asyncio.get_running_loop().time() - at <= fresh_s
        return answer if is_fresh else None

    async def ask(self, command: Question, fresh_s: float) -> Any:
        """The answer, ``fresh_s`` old at most. Raises what the engine's side raises.

        A question that nobody waits for any more is broken off.
        """
        if (kept := self.kept(command, fresh_s)) is not None:
            return kept
        question = self._under_way.get(command)
        if question is None:
            question = _Question(asyncio.get_running_loop().create_task(self._submit(command)))
            self._under_way[command] = question
            question.answer.add_done_callback(partial(self._end, command, question))
        question.waiting += 1
        try:
            return await asyncio.shield(question.answer)
        finally:
            question.waiting -= 1
            if not question.waiting and not question.answer.done():
                self._leave(command, question)
                question.answer.cancel()

    def forget(self) -> None:
        """Something was changed: the next question is asked anew."""
        self._kept.clear()
        self._under_way.clear()

    def _leave(self, command: Question, question: _Question) -> bool:
        """False: it was asked before something changed."""
        if self._under_way.get(command) is not question:
            return False
        del self._under_way[command]
        return True

    def _end(self, command: Question, question: _Question, done: asyncio.Task[Any]) -> None:
        current = self._leave(command, question)
        if done.cancelled() or done.exception() is not None or not current:
            return
        self._kept.pop(command, None)
        self._kept[command] = asyncio.get_running_loop().time(), done.result()
        while len(self._kept) > KEPT_MAX:
            del self._kept[next(iter(self._kept))]

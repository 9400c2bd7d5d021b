"""Arguments of tasks: the real ones, or why they are not known; those typed by a person, read.

Pure. A representation is only taken for the arguments when it is whole and made of nothing but
literals; anything else is for a person to repair.
"""

from __future__ import annotations

import ast
import json
from typing import Any

import msgspec

from desktop.engine.errors import UsageError
from desktop.engine.rescue.lost import CUT_AT, payload_of
from desktop.engine.task_control.message import ARGUMENTS_MAX
from desktop.engine.task_control.whereabouts import Whereabouts
from desktop.words import Text, text, verbatim


class Arguments(msgspec.Struct, frozen=True):
    """Of one task. Whole unless ``why_not`` has words."""

    args: str = "[]"
    """A JSON list. Not whole: as near as it comes, for a form; it is not JSON then, so that it
    can't be sent unread."""
    kwargs: str = "{}"
    source: str = ""
    """"message", "node", "result" or "record"."""
    why_not: Text = Text("")

    @property
    def whole(self) -> bool:
        return not str(self.why_not)


def arguments_of(known: Whereabouts) -> Arguments:
    """The real arguments of a task, from the best source there is."""
    if known.args:
        return Arguments(known.args, known.kwargs, known.source)
    args = known.task.args or (known.message.shown_args if known.message else "")
    kwargs = known.task.kwargs or (known.message.shown_kwargs if known.message else "")
    payload = payload_of(args, kwargs) if args or kwargs else ""
    if payload:
        whole = json.loads(payload)
        return Arguments(_dumped(list(whole[0])), _dumped(whole[1]), "record")
    return Arguments(_form(args, "[]"), _form(kwargs, "{}"), why_not=_why_not(known, args, kwargs))


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _form(shown: str, empty: str) -> str:
    """What stands in the form: JSON where this part is whole, else the words as they were told."""
    if not shown:
        return empty
    payload = payload_of(shown, "{}") if empty == "[]" else payload_of("()", shown)
    if not payload:
        return shown
    args, kwargs = json.loads(payload)
    return _dumped(args if empty == "[]" else kwargs)


def _why_not(known: Whereabouts, args: str, kwargs: str) -> Text:
    message = known.message
    if message and message.unread:
        return text(
            "Its message holds {kind}, which is not read here.", kind=verbatim(message.unread)
        )
    if not args and not kwargs:
        return text("Nothing tells its arguments any more.")
    if max(len(args), len(kwargs)) >= CUT_AT or "..." in args or "..." in kwargs:
        return text("Its arguments were cut when they were told.")
    return text(
        "Its arguments hold a value that is not told as such: {what}", what=_odd(args, kwargs)
    )


def _odd(*shown: str) -> Text:
    """The part that is no literal, short."""
    for words in shown:
        try:
            ast.literal_eval(words or "()")
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return verbatim(words[:80])
    return verbatim("")


# --- typed by a person -------------------------------------------------------------------------


def read_list(words: str) -> list[Any]:
    """The arguments of a form. Raises :class:`UsageError` with the place of the mistake."""
    value = _read(words or "[]", text("Arguments"))
    if not isinstance(value, list):
        raise _wrong(text("Arguments"), text('A list is expected, in square brackets: [1, "two"]'))
    return value


def read_object(words: str) -> dict[str, Any]:
    """The named arguments of a form. Raises :class:`UsageError` with the place of the mistake."""
    value = _read(words or "{}", text("Named arguments"))
    if not isinstance(value, dict):
        raise _wrong(
            text("Named arguments"),
            text("An object is expected, in braces: {example}", example='{"name": 1}'),
        )
    return value


def _read(words: str, what: Text) -> Any:
    if len(words) > ARGUMENTS_MAX:
        raise _wrong(what, text("That is more than {n} characters.", n=ARGUMENTS_MAX))
    try:
        return json.loads(words, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _wrong(
            what,
            text(
                "This is no JSON at line {line}, column {column}: {reason}",
                line=error.lineno,
                column=error.colno,
                reason=verbatim(error.msg),
            ),
        ) from None
    except (ValueError, RecursionError) as error:
        raise _wrong(what, verbatim(str(error))) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _wrong(what: Text, why: Text) -> UsageError:
    return UsageError(
        "bad-arguments",
        text("{what} can't be read.", what=what),
        why,
        text("Write them as JSON: text in double quotes, true, false, null."),
    )

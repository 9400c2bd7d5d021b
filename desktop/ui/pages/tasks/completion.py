"""What may be typed next into the search box of the tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

FIELDS = (
    "name:",
    "state:",
    "worker:",
    "queue:",
    "args:",
    "result:",
    "error:",
    "id:",
    "root:",
    "runtime>",
    "wait>",
    "retries>",
    "since:",
    "until:",
)
"""Fields of the query language, with what comes behind each."""
WORDS = ("NOT", "OR")
SPANS = ("10m", "1h", "24h", "7d")
OFFERED_MAX = 8
_ENDS = " \t()"


@dataclass(frozen=True, slots=True)
class Known:
    """Values that some fields have."""

    names: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """``words[start:end]`` may become one of ``offered``."""

    start: int = 0
    end: int = 0
    offered: tuple[str, ...] = field(default=())

    def put(self, words: str, choice: str) -> tuple[str, int]:
        """The words with one that was offered, and where the cursor stands then."""
        behind = "" if choice[-1:] in ":>" else " "
        rest = words[self.end :]
        behind = "" if rest.startswith(" ") and behind else behind
        made = f"{words[: self.start]}{choice}{behind}{rest}"
        return made, self.start + len(choice) + len(behind)


def complete(words: str, cursor: int, known: Known) -> Completion:
    """What fits to the piece of ``words`` that ends at the cursor."""
    start = cursor
    while start and words[start - 1] not in _ENDS:
        start -= 1
    end = cursor
    while end < len(words) and words[end] not in _ENDS:
        end += 1
    piece = words[start:cursor].lstrip("-")
    start = cursor - len(piece)
    name, colon, value = piece.partition(":")
    if colon:
        offered = _values(name.lower(), value.lstrip('"'), known)
        found = tuple(f"{name}:{one}" for one in offered)
    else:
        found = _fitting(piece, (*FIELDS, *WORDS)) if piece else ()
    found = tuple(one for one in found if one != words[start:end])
    return Completion(start, end, found[:OFFERED_MAX])


def _values(name: str, value: str, known: Known) -> Iterable[str]:
    match name:
        case "name":
            return map(_quoted, _containing(value, known.names))
        case "worker":
            return map(_quoted, _containing(value, known.workers))
        case "queue":
            return map(_quoted, _containing(value, known.queues))
        case "state":
            return _fitting(value, known.states)
        case "since" | "until":
            return _fitting(value, SPANS)
        case _:
            return ()


def _fitting(piece: str, offered: Iterable[str]) -> tuple[str, ...]:
    return tuple(one for one in offered if one.lower().startswith(piece.lower()))


def _containing(piece: str, offered: tuple[str, ...]) -> tuple[str, ...]:
    """Those that begin so, then those that have it inside."""
    low = piece.lower()
    first = _fitting(piece, offered)
    return (*first, *(one for one in offered if low in one.lower() and one not in first))


def _quoted(value: str) -> str:
    plain = all(c.isalnum() or c in "._-@/" for c in value)
    return value if plain else '"' + value.replace('"', " ") + '"'

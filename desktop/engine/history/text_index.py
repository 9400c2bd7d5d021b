"""How text goes into the full-text index, and how it is asked for there. Pure.

The index knows words: runs of letters and digits. Han, kana and hangul are written without spaces
between words, so each of their characters is made a word of its own, and a run of them is asked
for as a phrase.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_EAST_ASIAN = re.compile(
    "([\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003134f])"
)


STATE, NAME, NODE = "\ue000", "\ue001", "\ue002"
"""Of the private use area: a letter to the index, and in nobody's text (:func:`spaced`)."""
_FACETS = re.compile("[\ue000-\ue002]")
NOTHING = f'"{STATE}none"'
"""An expression that finds nothing."""


def facet(kind: str, number: int) -> str:
    """The word that stands for a state, a name or a node."""
    return f"{kind}{number}"


def one_of(kind: str, numbers: Iterable[int]) -> str:
    """An expression of FTS5: any of these."""
    return " OR ".join(f'"{facet(kind, number)}"' for number in numbers) or NOTHING


def spaced(words: str | None) -> str | None:
    """Text as it is indexed."""
    if words is None or words.isascii():
        return words
    return _EAST_ASIAN.sub(r" \1 ", _FACETS.sub(" ", words))


def is_indexed(words: str) -> bool:
    """Whether the index knows any of it; punctuation alone it does not."""
    return any(char.isalnum() for char in words)


def phrase(words: str, *, prefix: bool) -> str:
    """The words as a phrase of FTS5, the last as a prefix or whole."""
    quoted = (spaced(words) or "").replace('"', '""')
    # A last character that is a word of its own has no beginning to look for.
    open_end = prefix and not _EAST_ASIAN.match(words[-1:]) and words[-1:].isalnum()
    return f'"{quoted}"' + ("*" if open_end else "")

"""Which of the two complete languages a request is answered in."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

Language = Literal["en", "zh-CN"]

DEFAULT: Language = "en"


@lru_cache(maxsize=16)
def negotiate(accept_language: str, wanted: str = "") -> Language:
    """The language for a request: ``?lang=`` when it names one, else ``Accept-Language``.

    Weights (``q=``) are honoured; of equal weights the first wins (RFC 9110, 12.5.4).
    """
    best, best_weight = DEFAULT, 0.0
    for part in (wanted or accept_language).split(",")[:32]:
        tag, _, parameters = part.partition(";")
        language = _known(tag.strip())
        weight = _weight(parameters)
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


def _known(tag: str) -> Language | None:
    subtags = tag.lower().replace("_", "-").split("-")
    if subtags[0] == "en":
        return "en"
    # Traditional Chinese readers are not served by guessing the simplified script.
    if subtags[0] == "zh" and not {"tw", "hk", "mo", "hant"}.intersection(subtags[1:]):
        return "zh-CN"
    return None


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0

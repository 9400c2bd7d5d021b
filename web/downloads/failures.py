"""Why a download failed, as a value, and its words in both languages."""

from __future__ import annotations

from web.downloads import words_en, words_zh
from web.language import Language

DETAIL_MAX_CHARS = 500


class DownloadError(Exception):
    """A download can't be done. ``transient``: trying again later may help."""

    def __init__(
        self,
        code: str,
        *,
        transient: bool = False,
        retry_after_s: float | None = None,
        **details: str | int,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.transient = transient
        self.retry_after_s = retry_after_s
        self.details = {name: _plain(str(value)) for name, value in details.items()}


WORDS: dict[str, dict[Language, tuple[str, str, str]]] = {
    code: {"en": words, "zh-CN": words_zh.WORDS[code]} for code, words in words_en.WORDS.items()
}
"""Title, message and next step; placeholders in braces."""


def explain(code: str, details: dict[str, str], language: Language) -> dict[str, str]:
    """``{"code", "title", "message", "next_step"}`` for a failure, in one language."""
    words = WORDS.get(code, WORDS["bad-answer"])[language]
    known = {"reason": code, **details}
    title, message, next_step = (_fill(part, known) for part in words)
    return {"code": code, "title": title, "message": message, "next_step": next_step}


def _fill(pattern: str, details: dict[str, str]) -> str:
    try:
        return pattern.format_map(details)
    except KeyError:
        return pattern


def _plain(text: str) -> str:
    """What a server said, as text that changes nothing around it: bounded, no control signs."""
    return "".join(c if c.isprintable() else " " for c in text)[:DETAIL_MAX_CHARS]

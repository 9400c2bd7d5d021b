"""What the page needs besides the state: its words in the reader's language, and thresholds."""

from __future__ import annotations

from typing import Any

from desktop import __version__, words
from desktop.engine import machine
from desktop.words import Text
from web.language import Language
from web.monitor.words import WORDS

PAGES = ("tasks", "workers", "queues", "schedule", "services", "cleanup")
"""Addresses of the pages besides the first; each is a file of ``static/pages/``."""

LANGUAGES: dict[Language, str] = {"en": "en", "zh-CN": "zh_CN"}
"""Languages of the web and their names in :mod:`desktop.words`."""


def speak(language: Language) -> None:
    """Make ``language`` the present one for words that are rendered next.

    The present language is the process's: render in the same step, without awaiting between.
    """
    try:
        words.set_language(LANGUAGES[language])
    except OSError:  # a catalogue that is not installed; English is in the source
        words.set_language("en")


def page_document(language: Language, *, read_only: bool) -> dict[str, Any]:
    """Everything that the page asks for once. Placeholders in its words are filled there."""
    speak(language)
    return {
        "language": language,
        "languages": {tag: words.LANGUAGES[name] for tag, name in LANGUAGES.items()},
        "version": __version__,
        "read_only": read_only,
        "thresholds": {
            "cpu_percent": machine.CPU_MAX_PERCENT,
            "memory_percent": machine.MEMORY_MAX_PERCENT,
            "disk_free_bytes": machine.DISK_FREE_MIN_BYTES,
        },
        "words": {key: _template(word) for key, word in WORDS.items()},
    }


def _template(word: Text) -> str | dict[str, str]:
    if not word.plural:
        return str(word)
    one, many = (str(Text(word.template, word.args, word.plural, n)) for n in (1, 2))
    return {"one": one, "many": many}

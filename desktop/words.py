"""The one translation layer: every word that a person reads passes through here.

Source language is English; catalogues are gettext files under ``resources/translations``.
Two ways in:

* ``tr`` and ``trn`` translate at once, for a face that is about to show the words;
* ``text`` and ``textn`` make a :class:`Text`, a message as a *value*. The engine and errors
  carry those, because the engine does not know the language of the faces that will show them.
  ``str(text)`` renders it in the language of the process that shows it.

Placeholders are named (``{port}``), so that a translation may reorder them.
"""

from __future__ import annotations

import gettext
import os
from typing import Union

import msgspec

from desktop import paths

DOMAIN = "celery-tray"
LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
"""Languages that are complete, with their own names for themselves."""

Value = Union[str, int, float, "Text"]


class _InForce:
    """The present language of this process."""

    catalogue: gettext.NullTranslations = gettext.NullTranslations()
    language = "en"


class Text(msgspec.Struct, frozen=True):
    """A message that travels: template and values, rendered where it is read."""

    template: str
    args: dict[str, Value] = {}
    plural: str = ""
    n: int = 0

    def __str__(self) -> str:
        if self.plural:
            pattern = _InForce.catalogue.ngettext(self.template, self.plural, self.n)
        else:
            pattern = _InForce.catalogue.gettext(self.template) if self.template else ""
        return _fill(pattern, {"n": self.n, **self.args})


def text(template: str, /, **args: Value) -> Text:
    """A message as a value; see the module's docstring."""
    return Text(template, args)


def textn(one: str, many: str, n: int, /, **args: Value) -> Text:
    """A counted message as a value; ``{n}`` is the count."""
    return Text(one, args, many, n)


def verbatim(words: str) -> Text:
    """Words that are nobody's to translate: a name, a line of a log, an exception's own text."""
    return Text("{words}", {"words": words})


def tr(template: str, /, **args: Value) -> str:
    """The words in the present language, now."""
    return _fill(_InForce.catalogue.gettext(template), args)


def trn(one: str, many: str, n: int, /, **args: Value) -> str:
    """Counted words in the present language, now; ``{n}`` is the count."""
    return _fill(_InForce.catalogue.ngettext(one, many, n), {"n": n, **args})


def language() -> str:
    """The present language: a key of :data:`LANGUAGES`."""
    return _InForce.language


def set_language(wanted: str = "") -> str:
    """Switch to ``wanted`` (a key of :data:`LANGUAGES`), or with "" to the system's language.

    Returns the language in force: English where there is no catalogue for what was asked.
    """
    _InForce.language = _nearest(wanted or system_language())
    _InForce.catalogue = (
        gettext.NullTranslations()
        if _InForce.language == "en"
        else gettext.translation(
            DOMAIN, paths.resources() / "translations", [_InForce.language], fallback=True
        )
    )
    return _InForce.language


def system_language() -> str:
    """The language that the environment asks for, as a POSIX locale name ("" when none).

    ``CELERY_TRAY_LANGUAGE`` wins over the usual ``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES``
    and ``LANG``.
    """
    for name in ("CELERY_TRAY_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "").split(":")[0]
        if value:
            return value
    import locale

    return locale.getlocale()[0] or ""


def _nearest(wanted: str) -> str:
    # Traditional Chinese readers are not served by guessing the simplified script.
    tag = wanted.replace("-", "_").split(".")[0].lower()
    if tag.startswith("zh") and tag not in {"zh_tw", "zh_hk", "zh_mo", "zh_hant"}:
        return "zh_CN"
    return "en"


def _fill(pattern: str, args: dict[str, Value]) -> str:
    if not args:
        return pattern
    try:
        return pattern.format_map(args)
    except (KeyError, IndexError, ValueError):
        return pattern

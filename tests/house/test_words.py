"""Every word exists in both languages, says the same things, and is compiled."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from string import Formatter

import pytest
from babel.messages.catalog import Message

from tests.house import catalogue


def _forms(words: str | Iterable[str] | None) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words or ())


def _placeholders(pattern: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(pattern) if name is not None}


def _messages() -> list[Message]:
    return [message for message in catalogue.updated() if message.id]


def test_every_word_in_the_source_is_translated() -> None:
    left = catalogue.missing(catalogue.updated())
    assert not left, "translate these, then run make words:\n" + "\n".join(left)


def test_a_translation_fills_the_same_placeholders() -> None:
    differing = [
        (message.id, message.string)
        for message in _messages()
        for form in _forms(message.string)
        if _placeholders(form) != set().union(*map(_placeholders, _forms(message.id)))
    ]
    assert not differing


def test_the_catalogue_is_what_the_source_says() -> None:
    """No entry whose words are gone, none at another place, none in another order."""
    now = catalogue.po_bytes(catalogue.updated())
    assert catalogue.PO.read_bytes() == now, "run make words"


def test_the_compiled_catalogue_is_not_stale() -> None:
    now = catalogue.mo_bytes(catalogue.updated())
    assert catalogue.MO.read_bytes() == now, "run make words"


def test_templates_are_written_out_where_they_are_used() -> None:
    """A template in a variable would never be collected, and so never translated."""
    hidden = []
    for source in catalogue.SOURCES:
        for path in sorted((catalogue.ROOT / source).rglob("*.py")):
            if path == catalogue.ROOT / "desktop" / "words.py":
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                    continue
                if node.func.id not in catalogue.KEYWORDS:
                    continue
                count = 2 if node.func.id in {"trn", "textn"} else 1
                if not all(
                    isinstance(words, ast.Constant) and isinstance(words.value, str)
                    for words in node.args[:count]
                ):
                    hidden.append(f"{path.relative_to(catalogue.ROOT)}:{node.lineno}")
    assert not hidden


@pytest.mark.parametrize("mark", ["!", "！", "您"])
def test_the_chinese_follows_the_rules_of_copy(mark: str) -> None:
    assert not [form for one in _messages() for form in _forms(one.string) if mark in form]

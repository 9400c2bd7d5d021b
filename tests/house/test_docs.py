"""The documents name what there is, and nothing that there is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.engine.config_schema import SCHEMA, Schema, TableOf

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
INNER_VARIABLES = {"CELERY_TRAY_COMPLETE"}
"""Set and read by our own programs alone."""


def _tables(path: str, schema: Schema) -> Iterator[tuple[str, str]]:
    """(table, key) of every setting."""
    for key, rule in schema.items():
        if isinstance(rule, TableOf):
            yield from _tables(f"{key}.NAME", rule.keys)
        elif callable(rule):
            yield path, key
        else:
            yield from _tables(key, rule)


@pytest.mark.parametrize(("table", "key"), sorted(_tables("", SCHEMA)))
def test_every_setting_is_documented(table: str, key: str) -> None:
    sections = re.split(r"^## ", (ROOT / "docs/configuration.md").read_text(), flags=re.MULTILINE)
    heading = f"`[{table}]`" if table else "The project"
    (section,) = [one for one in sections if heading in one.splitlines()[0]]
    names = {cell for row in section.splitlines() if row[:1] == "|" for cell in _codes(row)}
    assert names & {key, f"{table}.{key}"}


def test_every_variable_is_documented_and_no_other() -> None:
    variable = re.compile(r"CELERY_TRAY_[A-Z]+(?:_[A-Z]+)*")
    used = {
        name
        for folder in ("desktop", "web")
        for path in (ROOT / folder).rglob("*.py")
        for name in variable.findall(path.read_text())
    }
    documented = set(variable.findall((ROOT / "docs/configuration.md").read_text()))
    assert documented == used - INNER_VARIABLES


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text())
    missing = [
        link for link in links if "://" not in link and not (document.parent / link).exists()
    ]
    assert missing == []


def _codes(row: str) -> list[str]:
    return re.findall(r"`([^`]+)`", row.split(" | ", maxsplit=1)[0])

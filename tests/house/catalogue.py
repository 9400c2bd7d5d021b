"""The catalogue of translated words: ``make words`` collects them from the source and compiles.

Collecting keeps every translation whose English words are still in use and drops the others; an
entry is never filled by resemblance. Running it twice changes nothing, so the files hold no dates.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from desktop.words import DOMAIN

ROOT = Path(__file__).parents[2]
LANGUAGE = "zh_CN"
FOLDER = ROOT / "resources" / "translations" / LANGUAGE / "LC_MESSAGES"
PO = FOLDER / f"{DOMAIN}.po"
MO = FOLDER / f"{DOMAIN}.mo"

SOURCES = ("desktop", "web/monitor")
KEYWORDS = {"tr": None, "trn": (1, 2), "text": None, "textn": (1, 2)}
"""The ways into ``desktop.words``; the numbers are the arguments that hold one and many."""

_HEADER = "# Simplified Chinese words of Celery Tray; `make words` brings this file up to date."
_MIME = (
    ("Language", LANGUAGE),
    ("Plural-Forms", "nplurals=1; plural=0;"),
    ("MIME-Version", "1.0"),
    ("Content-Type", "text/plain; charset=UTF-8"),
    ("Content-Transfer-Encoding", "8bit"),
)


class _Words(Catalog):
    """A catalogue whose header holds only what gettext needs, and no dates."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return list(_MIME)

    @mime_headers.setter
    def mime_headers(self, headers: object) -> None:
        """What a file says of itself is not taken over."""


def used() -> Catalog:
    """Every template in the source, with the files that use it."""
    catalogue = _Words(locale=LANGUAGE)
    for source in SOURCES:
        folder = ROOT / source
        found = extract_from_dir(folder, [("**.py", "python")], keywords=KEYWORDS)
        for name, line, message, _comments, _context in sorted(found, key=lambda each: each[:2]):
            catalogue.add(message, locations=[((Path(source) / name).as_posix(), line)])
    return catalogue


def translated() -> Catalog:
    """What the file holds now; nothing when there is none."""
    if not PO.exists():
        return Catalog(locale=LANGUAGE)
    with PO.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def updated() -> Catalog:
    """The words in use, with the translations that there are."""
    catalogue = used()
    known = translated()
    for message in catalogue:
        old = known.get(message.id) if message.id else None
        if old is not None and old.pluralizable == message.pluralizable:
            message.string = old.string
            message.flags |= old.flags & {"fuzzy"}
    return catalogue


def po_bytes(catalogue: Catalog) -> bytes:
    """The text form; places are given as files, since lines move all the time."""
    catalogue.header_comment = _HEADER
    catalogue.fuzzy = False
    file = io.BytesIO()
    write_po(file, catalogue, width=100, sort_output=True, include_lineno=False)
    return file.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """The compiled form that gettext loads."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def missing(catalogue: Catalog) -> tuple[str, ...]:
    """Templates without a translation that holds: none at all, or one marked as fuzzy."""
    return tuple(
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id and (message.fuzzy or not message.string or not all(message.string))
    )


def main() -> int:
    """Bring both files up to date; 1 when words are left to translate."""
    catalogue = updated()
    FOLDER.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(po_bytes(catalogue))
    MO.write_bytes(mo_bytes(catalogue))
    left = missing(catalogue)
    print(f"{len(catalogue)} entries, {len(left)} to translate")
    for template in left:
        print(f"  {template}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())

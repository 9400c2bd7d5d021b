"""What to call a file: from a header in any of its forms, or from the URL, safe on every system."""

from __future__ import annotations

import mimetypes
import re
from email.header import decode_header, make_header
from pathlib import PurePosixPath
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import pathvalidate

NAME_MAX_BYTES = 200
ENDING_MAX_CHARS = 20
HEADER_MAX_CHARS = 8192
_BIDI = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_PARAMETER = re.compile(
    r""";\s*(?P<name>filename(?:\*\d*\*?)?)\s*=\s*
        (?:"(?P<quoted>(?:[^"\\]|\\.)*)(?:"|$)|(?P<bare>[^;]*))""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


def safe_name(name: str, fallback: str = "download") -> str:
    """A file name that every system takes, and that leads nowhere else."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(c for c in last if c.isprintable() and c not in _BIDI)
    short = _shortened(visible)
    clean = str(pathvalidate.sanitize_filename(short, replacement_text="_", platform="universal"))
    return clean.strip(" .") or fallback


def _shortened(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > ENDING_MAX_CHARS:
        stem, dot, ending = name, "", ""
    while len(f"{stem}{dot}{ending}".encode()) > NAME_MAX_BYTES:
        stem = stem[:-1]
    return f"{stem}{dot}{ending}"


def name_for(
    url: str, disposition: bytes | str = b"", wanted: str = "", content_type: str = ""
) -> str:
    """The person's word, else the server's, else the end of the URL; an ending is added to a
    name without any when the kind of content is known."""
    if wanted:
        return safe_name(wanted)
    said = _said(disposition if isinstance(disposition, bytes) else disposition.encode())
    if said and safe_name(said, ""):
        return safe_name(said)
    name = safe_name(unquote(urlsplit(url).path, errors="replace").rstrip("/"))
    if not PurePosixPath(name).suffix:
        kind = content_type.partition(";")[0].strip().lower()
        ending = mimetypes.guess_extension(kind) if kind != "application/octet-stream" else None
        return name + (ending or "")
    return name


def _said(raw: bytes) -> str:
    """The name in a ``Content-Disposition`` (RFC 6266, 8187, 2231, 2047, and the broken ones)."""
    header = _text(raw[:HEADER_MAX_CHARS])
    if not re.match(r"\s*[\w-]+\s*(;|$)", header):
        header = f";{header}"  # the kind is missing
    plain, extended = "", ""
    parts: dict[int, tuple[str, bool]] = {}
    for found in _PARAMETER.finditer(header):
        name = found["name"].lower()
        quoted = found["quoted"]
        value = _unquoted(quoted) if quoted is not None else found["bare"].strip().strip("'\"")
        if name == "filename":
            plain = plain or value
        elif name == "filename*":
            extended = extended or _extended(found["bare"] if quoted is None else value)
        else:
            number = int(re.sub(r"\D", "", name) or 0)
            parts.setdefault(number, (value, name.endswith("*")))
    return extended or _joined(parts) or _plain(plain)


def _unquoted(value: str) -> str:
    # Only quotes and backslashes are escaped in practice: "C:\new\file.txt" is a Windows path.
    return re.sub(r'\\(["\\])', r"\1", value)


def _plain(value: str) -> str:
    """A plain value, which may be an encoded word of mail, or percent-encoded."""
    if "=?" in value:
        try:
            return str(make_header(decode_header(value)))
        except (LookupError, ValueError):
            return value
    if re.search(r"%[0-9A-Fa-f]{2}", value):
        try:
            return unquote(value, errors="strict")
        except UnicodeDecodeError:
            return value
    return value


def _extended(value: str) -> str:
    """``charset'language'percent-encoded``; empty when it can't be understood."""
    charset, mark, rest = value.strip().partition("'")
    _, second, encoded = rest.partition("'")
    if not mark or not second:
        return unquote(value.strip(), errors="replace") if "%" in value else ""
    try:
        return unquote_to_bytes(encoded).decode(charset.strip() or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return ""


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    """A value in numbered pieces (RFC 2231)."""
    if 0 not in parts:
        return ""
    charset, data = "utf-8", b""
    for number in sorted(parts):
        value, encoded = parts[number]
        if encoded and number == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        data += unquote_to_bytes(value) if encoded else value.encode()
    try:
        return data.decode(charset or "utf-8", errors="replace")
    except LookupError:
        return data.decode(errors="replace")


def _text(raw: bytes) -> str:
    """Header bytes as text. The standard says Latin-1; servers send UTF-8 and GBK as well."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        # GBK's characters are pairs; Latin letters with accents mostly stand alone.
        pairs = all(len(run) % 2 == 0 for run in _HIGH_RUN.findall(raw))
        if pairs:
            try:
                return raw.decode("gb18030")
            except UnicodeDecodeError:
                pass
        return raw.decode("latin-1")

"""The file itself: reading it, and saying in words what is wrong with it, and on which line."""

from __future__ import annotations

import errno
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from desktop.engine.config_schema import Mistake
from desktop.engine.errors import ConfigError
from desktop.engine.project import CONFIG_FILE
from desktop.engine.toml_lines import line_of
from desktop.engine.urls import masked
from desktop.words import Text, text, textn, verbatim

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
TITLE = text("The configuration can't be read")


class Source(msgspec.Struct, frozen=True):
    """What was read: the whole text, and the table in it that is ours."""

    file: Path
    table: tuple[str, ...]
    whole: str
    content: dict[str, Any]

    def refused(self, mistakes: Sequence[Mistake]) -> ConfigError:
        """The error that tells all ``mistakes``, in the order of the file, each with its line."""
        lines = [
            (line_of(self.whole, (*self.table, *mistake.path)), mistake.what)
            for mistake in mistakes
        ]
        lines.sort(key=lambda item: item[0])
        told = [
            text("{file}, line {line}: {what}", file=str(self.file), line=line, what=what)
            for line, what in lines
        ]
        return ConfigError(
            "config-invalid",
            textn("A mistake in the configuration", "{n} mistakes in the configuration", len(told)),
            _paragraphs(told),
            text("Correct {file}, then try again.", file=self.file.name),
        )


def read(file: Path, table: tuple[str, ...]) -> Source:
    """Read ``file`` and take ``table`` out of it. Raises ConfigError in words."""
    whole = _decoded(file, _bytes_of(file))
    try:
        content: Any = tomllib.loads(whole)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(file, whole, str(error)) from error
    except RecursionError as error:
        raise ConfigError(
            "config-syntax", TITLE, text("{file} is nested too deeply.", file=str(file)), _fix(file)
        ) from error
    for key in table:
        content = content.get(key, {})
        if not isinstance(content, dict):
            what = text("[{table}] must be a table.", table=".".join(table))
            line = line_of(whole, table)
            message = text("{file}, line {line}: {what}", file=str(file), line=line, what=what)
            raise ConfigError("config-invalid", TITLE, message, _fix(file))
    return Source(file, table, whole, content)


def missing(folder: Path) -> ConfigError:
    """There is no configuration in a folder that was named as a project."""
    title = text("That folder is not a project")
    if not folder.is_dir():
        message = text("There is no folder {folder}.", folder=str(folder))
        return ConfigError("config-missing", title, message, text("Check the path."))
    return ConfigError(
        "config-missing",
        title,
        text("{folder} has no {file}.", folder=str(folder), file=CONFIG_FILE),
        text(
            'Create {file} there, with a line such as app = "shop.celery:app".',
            file=str(folder / CONFIG_FILE),
        ),
    )


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except IsADirectoryError as error:
        message = text("{file} is a folder, not a file.", file=str(file))
        next_step = text("Move the folder away, or rename it.")
        raise ConfigError("config-unreadable", TITLE, message, next_step) from error
    except PermissionError as error:
        message = text("{file} may not be read by this user.", file=str(file))
        next_step = text("Allow it: chmod u+r {file}", file=str(file))
        raise ConfigError("config-unreadable", TITLE, message, next_step) from error
    except OSError as error:
        reason = error.strerror or errno.errorcode.get(error.errno or 0, "")
        message = text("{file}: {reason}.", file=str(file), reason=reason)
        next_step = text("Check that the file is there and can be read.")
        raise ConfigError("config-unreadable", TITLE, message, next_step) from error


def _decoded(file: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = text("{file}, line {line}: this is not UTF-8 text.", file=str(file), line=line)
        next_step = text("Save {file} as UTF-8, then try again.", file=file.name)
        raise ConfigError("config-encoding", TITLE, message, next_step) from error


def _syntax(file: Path, whole: str, said: str) -> ConfigError:
    lines = whole.splitlines() or [""]
    position = _POSITION.search(said)
    line, column = len(lines), len(lines[-1]) + 1
    if position:
        said = said[: position.start()]
        if position[1]:
            line, column = int(position[1]), int(position[2])
    shown = masked(lines[min(line, len(lines)) - 1])
    message = text(
        "{file}, line {line}, column {column}: this is not valid TOML. {said}.",
        file=str(file),
        line=line,
        column=column,
        said=verbatim(said),
    )
    return ConfigError(
        "config-syntax", TITLE, message, _fix(file), (shown, " " * (column - 1) + "^")
    )


def _fix(file: Path) -> Text:
    return text("Correct {file}, then try again.", file=file.name)


def _paragraphs(parts: Sequence[Text]) -> Text:
    if len(parts) == 1:
        return parts[0]
    names = [f"p{index}" for index in range(len(parts))]
    return Text("\n".join(f"{{{name}}}" for name in names), dict(zip(names, parts, strict=True)))

"""Which files of a project an app is made of, by its import statements. Nothing is imported.

The app itself knows better (``AppInfo.sources``), but only a stack's own app is asked. What is
found here is what a reader of the source would find: imports anywhere in a file, those under
``TYPE_CHECKING`` left out, and strings that name a module, as Celery's ``include`` and Django's
settings do.
"""

from __future__ import annotations

import ast
import math
import re
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

FILES_MAX = 3000
"""Of one app; what lies beyond is not followed."""
ANSWER_MAX_S = 300.0
"""After this long it is looked again even when no file has changed: one may be new."""
SOURCE_MAX_BYTES = 2 * 1024 * 1024
"""A larger file is data that somebody generated: its imports are not looked for."""

_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_NAMES_MODULES = frozenset({"autodiscover_tasks", "config_from_object", "import_module", "Celery"})
"""Callables whose strings are modules, a single word too."""
_FOUND_BY_CELERY = ("celery", "app")
"""``-A shop`` finds ``shop.celery`` (celery/app/utils.py: find_app)."""
_DISCOVERED = ("tasks", "models", "apps")
"""Modules of a package that ``autodiscover_tasks`` and Django import by themselves."""


class _Mentions(msgspec.Struct, frozen=True):
    """Modules that one file names."""

    imports: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()
    discovers: bool = False


class Imports:
    """Keeps what each file names until the file changes. Not safe for two threads at once."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, int, _Mentions]] = {}
        self._answers: dict[tuple[str, str], tuple[float, tuple[Path, ...]]] = {}

    def files(self, app: str, folder: str) -> tuple[str, ...]:
        """The files that a process in ``folder`` loads for ``-A app``, as far as they lie in that
        folder (or its ``src``); () when the app is not found there."""
        found_at, files = self._answers.get((app, folder), (-math.inf, ()))
        now = time.monotonic()
        if now - found_at > ANSWER_MAX_S or not all(map(self._is_known, files)):
            root = Path(folder).resolve()
            files = self._follow(app, root) or self._follow(app, root / "src")
            self._answers[app, folder] = (now, files)
        return tuple(map(str, files))

    def _follow(self, app: str, root: Path) -> tuple[Path, ...]:
        module = app.partition(":")[0]
        first = [found for name in _names_of_app(module) for found in _located(name, root)]
        discovers, named = False, set[str]()
        files: dict[Path, None] = {}
        todo = list(dict.fromkeys(first))
        while todo and len(files) < FILES_MAX:
            file = todo.pop()
            if file not in files:
                files[file] = None
                mentions = self._mentions(file, root)
                for name in (*mentions.imports, *mentions.strings):
                    todo += _located(name, root)
                named.update(mentions.strings)
                discovers |= mentions.discovers
            if discovers and not todo:
                parts = (f"{name}.{part}" for name in named for part in _DISCOVERED)
                todo = [one for part in parts for one in _located(part, root) if one not in files]
        return tuple(sorted(files))

    def _is_known(self, file: Path) -> bool:
        known = self._known.get(file)
        try:
            stat = file.stat()
        except OSError:
            return False
        return known is not None and known[:2] == (stat.st_mtime_ns, stat.st_size)

    def _mentions(self, file: Path, root: Path) -> _Mentions:
        known = self._known.get(file)
        if known and self._is_known(file):
            return known[2]
        try:
            stat = file.stat()
            source = file.read_bytes() if stat.st_size <= SOURCE_MAX_BYTES else b""
        except OSError:
            return _Mentions()
        try:
            mentions = _read(ast.parse(source), _package(file, root))
        except (SyntaxError, ValueError, RecursionError):
            # It does not import now; what it was made of before is still what runs.
            mentions = known[2] if known else _Mentions()
        self._known[file] = (stat.st_mtime_ns, stat.st_size, mentions)
        return mentions


def _names_of_app(module: str) -> Iterator[str]:
    """``shop.celery.app`` may be a module, or an attribute of ``shop.celery``."""
    parts = module.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))
    yield from (f"{module}.{name}" for name in _FOUND_BY_CELERY)


def _located(name: str, root: Path) -> list[Path]:
    """The files that importing ``name`` runs: the module, and the packages that it lies in."""
    found, folder = [], root
    parts = name.split(".")
    for place, part in enumerate(parts):
        package, module = folder / part / "__init__.py", folder / f"{part}.py"
        if package.is_file():
            found.append(package)
        elif module.is_file():
            found.append(module)
            break
        elif not (folder / part).is_dir():
            # ``from shop.mail import send`` names an attribute last: what leads there still runs.
            return found if place == len(parts) - 1 else []
        folder /= part
    return found


def _package(file: Path, root: Path) -> str:
    return ".".join(file.parent.relative_to(root).parts)


def _read(tree: ast.Module, package: str) -> _Mentions:
    imports: list[str] = []
    strings: list[str] = []
    discovers = False
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            todo += node.orelse
            continue
        if isinstance(node, ast.Import):
            imports += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            imports += [base, *(f"{base}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and _called(node) in _NAMES_MODULES:
            discovers |= _called(node) == "autodiscover_tasks"
            strings += _words(node.args)
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            strings += _words(node.elts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            strings += _words([node])
        todo += ast.iter_child_nodes(node)
    return _Mentions(tuple(imports), tuple(dict.fromkeys(strings)), discovers)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _called(node: ast.Call) -> str:
    called = node.func
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _words(nodes: list[ast.expr]) -> list[str]:
    values = (node.value for node in nodes if isinstance(node, ast.Constant))
    return [v for v in values if isinstance(v, str) and len(v) < 200 and _DOTTED.fullmatch(v)]


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    base = parts[: len(parts) - node.level + 1]
    return ".".join((*base, *(node.module.split(".") if node.module else ())))

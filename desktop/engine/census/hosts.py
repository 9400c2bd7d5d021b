"""Programs that people start workers from, by the names of their processes. Pure.

The names are those of the programs' own packages and bundles, as their documentation and their
process tables show them.
"""

from __future__ import annotations

import re

from desktop.engine.census.facts import ProcessFacts
from desktop.engine.census.interpreter import file_name

_IDES = {
    "pycharm": "PyCharm",
    "idea": "IntelliJ IDEA",
    "intellij": "IntelliJ IDEA",
    "dataspell": "DataSpell",
    "webstorm": "WebStorm",
    "goland": "GoLand",
    "phpstorm": "PhpStorm",
    "rubymine": "RubyMine",
    "clion": "CLion",
    "fleet": "Fleet",
    "code": "VS Code",
    "code-insiders": "VS Code",
    "code-oss": "VS Code",
    "code-server": "VS Code",
    "codium": "VSCodium",
    "vscodium": "VSCodium",
    "cursor": "Cursor",
    "windsurf": "Windsurf",
    "zed": "Zed",
    "zed-editor": "Zed",
    "sublime_text": "Sublime Text",
    "spyder": "Spyder",
    "emacs": "Emacs",
    "nvim": "Neovim",
    "vim": "Vim",
    "jupyter-lab": "Jupyter",
    "jupyter-notebook": "Jupyter",
}
_BUNDLES = {
    "visual studio code": "VS Code",
    "pycharm ce": "PyCharm",
    "intellij idea": "IntelliJ IDEA",
    "intellij idea ce": "IntelliJ IDEA",
    "sublime text": "Sublime Text",
}
_MULTIPLEXERS = {"tmux": "tmux", "screen": "screen", "zellij": "Zellij", "dtach": "dtach"}
_TERMINALS = {
    "gnome-terminal-server": "GNOME Terminal",
    "gnome-terminal": "GNOME Terminal",
    "kgx": "GNOME Console",
    "ptyxis": "Ptyxis",
    "konsole": "Konsole",
    "xfce4-terminal": "Xfce Terminal",
    "xterm": "xterm",
    "uxterm": "xterm",
    "urxvt": "urxvt",
    "alacritty": "Alacritty",
    "kitty": "kitty",
    "wezterm-gui": "WezTerm",
    "foot": "foot",
    "ghostty": "Ghostty",
    "tilix": "Tilix",
    "terminator": "Terminator",
    "iterm2": "iTerm",
    "iterm": "iTerm",
    "terminal": "Terminal",
}
_SSH = frozenset({"sshd", "sshd-session", "dropbear"})
_CRON = frozenset({"cron", "crond", "atd", "anacron", "fcron"})

_BUNDLE = re.compile(r"/([^/]+)\.app/")
_SELECTOR = re.compile(r"-Didea\.paths\.selector=([A-Za-z]+)")


def ide_of(facts: ProcessFacts) -> str:
    """The development environment that a process is; "" when it is none."""
    for name in _names(facts):
        if found := _IDES.get(name) or _BUNDLES.get(name):
            return found
    if facts.name == "java":
        for word in facts.argv:
            if selector := _SELECTOR.match(word):
                return _IDES.get(selector[1].lower().removesuffix("ce"), selector[1])
    if any("/.vscode-server/" in word for word in facts.argv[:2]):
        return "VS Code"
    return ""


def multiplexer_of(facts: ProcessFacts) -> str:
    """tmux, screen or the like; their servers name themselves "tmux: server"."""
    return _first(facts, _MULTIPLEXERS)


def terminal_of(facts: ProcessFacts) -> str:
    """The terminal program that a process is; "" when it is none."""
    return _first(facts, _TERMINALS)


def is_ssh(facts: ProcessFacts) -> bool:
    return any(name in _SSH for name in _names(facts))


def is_cron(facts: ProcessFacts) -> bool:
    return any(name in _CRON for name in _names(facts))


def _first(facts: ProcessFacts, known: dict[str, str]) -> str:
    return next((known[name] for name in _names(facts) if name in known), "")


def _names(facts: ProcessFacts) -> tuple[str, ...]:
    """What the process may be known by, the surest first, in small letters."""
    first = facts.argv[0] if facts.argv else ""
    bundle = _BUNDLE.search(first)
    names = (bundle[1] if bundle else "", facts.name, file_name(first.partition(": ")[0]))
    return tuple(name.lower().partition(":")[0].removesuffix(".sh") for name in names if name)

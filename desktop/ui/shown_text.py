"""Other people's words, made fit to be shown: what is invisible or turns text around is written
out, and what has no end is cut.

Names, arguments, results and tracebacks of tasks come from whoever may send a message. They are
only ever shown as plain text; this sees to it that the text says what it seems to say.
"""

from __future__ import annotations

import re

from desktop.quantities import size
from desktop.words import tr

NAME_MAX = 200
"""Characters of a name or of any other word in a table."""
LINE_MAX = 400
"""Characters of arguments or a result in one line."""
BLOCK_MAX = 20_000
"""Characters of a text that is shown in whole: laying out more would hold up the window."""

_ODD = re.compile(
    "[^\\S \u00a0\u3000\n\t]"  # every blank but the usual ones
    "|[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_BREAKS = re.compile("[\n\t]")


def one_line(words: str, most: int = LINE_MAX) -> str:
    """The words in one line of ``most`` characters; more are told by an ellipsis."""
    cut = words[:most]
    if not cut.isprintable():
        cut = _BREAKS.sub(" ", _ODD.sub(_written_out, cut))
    return f"{cut}…" if len(words) > most else cut


def block(words: str, most: int = BLOCK_MAX) -> str:
    """The words with their lines; what is left out of a long text is said at its end."""
    cut = words[:most]
    if not cut.isprintable():
        cut = _ODD.sub(_written_out, cut)
    if len(words) <= most:
        return cut
    left = len(words[most:].encode("utf-8", "replace"))
    return f"{cut}\n{tr('… and {size} more; Copy takes all of it.', size=size(left))}"


def _written_out(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

"""What to do about programs that would start a worker again, by kind. Pure."""

from __future__ import annotations

import signal

from desktop.engine.model import Keeper
from desktop.words import Text, text

ENDED_BY = {"shell-loop": signal.SIGTERM, "watchfiles": signal.SIGKILL}
"""Those that are ended before their worker, each by what it dies of alone.

A loop in a shell starts the next worker when one ends. watchfiles does so when a file changes, and
then, as when it is asked to end, it kills its worker in the middle of its tasks. Killed itself, it
touches nothing: its worker goes on, and is asked to finish (measured)."""


def whom_to_ask(keeper: Keeper) -> Text | None:
    """Why its worker is left alone, with the command that stops both; None when it can be
    stopped from here."""
    name = keeper.name
    match keeper.kind:
        case "shell-loop" | "watchfiles":
            return None if keeper.pid else _by_hand(keeper)
        case "supervisor":
            command = f"supervisorctl stop {name}"
        case "systemd":
            command = f"systemctl stop {name}"
        case "systemd-user":
            command = f"systemctl --user stop {name}"
        case "launchd":
            command = f"launchctl bootout gui/$(id -u)/{name}"
        case "container":
            return text("It runs in the container {name}: stop it there.", name=name)
        case _:
            return _by_hand(keeper)
    return text(
        "{keeper} would start it again. To stop it: {command}",
        keeper=keeper.kind.partition("-")[0],
        command=command,
    )


def _by_hand(keeper: Keeper) -> Text:
    if keeper.pid:
        return text(
            "{keeper} (process {pid}) would start it again or end with it: stop that where it was "
            "started.",
            keeper=keeper.name or keeper.kind,
            pid=str(keeper.pid),
        )
    return text(
        "{keeper} would start it again: stop it where it was started.",
        keeper=keeper.name or keeper.kind,
    )

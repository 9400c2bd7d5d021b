"""Flower from window and tray: installed where a person says, opened without its password."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from desktop.engine.commands import Start
from desktop.engine.flower_commands import FlowerLink, Install, Link, may_be_in_project
from desktop.engine.model import Problem
from desktop.words import tr

if TYPE_CHECKING:
    from desktop.ui.actions import Actions
    from desktop.ui.bridge import Bridge


def ask_install(actions: Actions, bridge: Bridge, command: Start, problem: Problem) -> None:
    """Where may it be installed? Nothing is, before a person has said so."""
    dialog = actions.question(
        str(problem.title),
        "\n".join((str(problem.message), tr("The built-in monitor needs no installation."))),
    )

    def start(word: Install) -> None:
        # What else the command started is on its way.
        bridge.submit(msgspec.structs.replace(command, services=("flower",), install=word))

    theirs = may_be_in_project(problem)
    if theirs:
        dialog.offer(tr("Into the project"), lambda: start(Install.PROJECT))
    words = tr("For Celery Tray alone") if theirs else tr("Install")
    dialog.offer(words, lambda: start(Install.OURS), "primary")
    dialog.open()


def open_signed_in(actions: Actions, bridge: Bridge) -> None:
    """Open the stack's Flower in the browser; what stands against it is told as a problem."""

    def opened(link: object) -> None:
        if isinstance(link, Link):
            actions.open_url(link.url)

    bridge.request(FlowerLink(bridge.project), opened, actions.failed.emit)

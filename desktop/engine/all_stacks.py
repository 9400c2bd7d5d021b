"""What one stack has to know of all stacks of its engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from desktop.engine.census.brokers import Broker
from desktop.engine.model import Identity


class AllStacks(NamedTuple):
    """Asked anew at each use."""

    started: Callable[[], tuple[Identity, ...]]
    """Every process that the engine has started and that runs."""
    wanted: Callable[[], tuple[Identity, ...]]
    """Those of them that are to go on."""
    brokers: Callable[[], tuple[Broker, ...]]
    """The brokers that are up."""

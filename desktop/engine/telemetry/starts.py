"""When each node has started tasks: how many ran since a given moment?"""

from __future__ import annotations

from collections import OrderedDict, deque

STARTS_MAX = 2_000
"""Of one node; of more only the newest are remembered."""
NODES_MAX = 500


class _Starts:
    __slots__ = ("count", "newest")

    def __init__(self) -> None:
        self.count = 0
        self.newest: deque[float] = deque(maxlen=STARTS_MAX)


class Starts:
    """Fed by one thread; any may ask."""

    def __init__(self) -> None:
        self._nodes: OrderedDict[tuple[str, int], _Starts] = OrderedDict()

    def note(self, node: str, pid: int, at: float) -> None:
        """A task has started; ``at`` by the node's wall clock."""
        starts = self._nodes.get((node, pid))
        if starts is None:
            starts = self._nodes[node, pid] = _Starts()
            if len(self._nodes) > NODES_MAX:
                self._nodes.popitem(last=False)
        starts.count += 1
        starts.newest.append(at)

    def count(self, node: str, pid: int) -> int:
        """How many were ever noted."""
        starts = self._nodes.get((node, pid))
        return starts.count if starts else 0

    def since(self, node: str, pid: int, at: float) -> int | None:
        """How many have started after ``at`` on this node; None when more than are remembered.

        ``pid`` is the main's, as in the events.
        """
        starts = self._nodes.get((node, pid))
        if starts is None:
            return 0
        copied = starts.newest.copy()  # in one step, whatever is appended meanwhile
        count = sum(start > at for start in copied)
        return None if count == STARTS_MAX else count

"""All that was found out about one task, as one value: what the reasons are judged by."""

from __future__ import annotations

import msgspec

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.cleanup_model import LostTask, Stranded
from desktop.engine.model import WorkerRow
from desktop.engine.queues.messages import Found
from desktop.engine.states import TaskState, WorkerFinding
from desktop.engine.task_model import QueueDetail, QueuedMessage, Task, WaitingTask

ENDED = frozenset({TaskState.SUCCESS, TaskState.FAILURE, TaskState.REVOKED, TaskState.REJECTED})


NOT_REGISTERED = "NotRegistered"


class Delivered(msgspec.Struct, frozen=True):
    """Its message is out: some consumer got it and has not acknowledged it."""

    at: float
    queue: str
    """"" when it can't be told."""
    message: QueuedMessage
    redelivered_in_s: float


class Result(msgspec.Struct, frozen=True):
    """What the result backend keeps of it."""

    state: TaskState | None
    """None: written in a way that is not opened (pickle)."""
    result: str = ""
    finished_at: float | None = None


class Elsewhere(msgspec.Struct, frozen=True):
    """Where it waits instead of on the stack's broker."""

    broker: str
    """Credentials masked."""
    found: Found


class Looked(msgspec.Struct, frozen=True):
    """Where it was looked: what is not found there is not there."""

    queues: int = 0
    messages: int = 0
    """That wait in them."""
    unacked: int = 0
    nodes: int = 0
    results: bool = False
    history: bool = False
    others: int = 0
    """Other databases and brokers."""


class Evidence(msgspec.Struct, frozen=True):
    """None and empty: not found, or not asked; ``looked`` tells which."""

    id: str
    now: float
    broker: str = ""
    """Credentials masked."""
    broker_up: bool = True
    closed: bool = False
    """Its broker shows no messages (any but Redis): what waits there is not known."""
    task: Task | None = None
    """As events and history tell of it."""
    waits: Found | None = None
    delivered: Delivered | None = None
    result: Result | None = None
    nodes: tuple[NodeAnswer, ...] = ()
    """Those on the stack's broker that answered."""
    rows: tuple[WorkerRow, ...] = ()
    """The app's processes, with what is wrong with each."""
    held_back: WaitingTask | None = None
    """As the node that waits for its time tells."""
    earlier: frozenset[str] = frozenset()
    """Ids of the tasks that were delivered before it and are not acknowledged."""
    revoked_by: tuple[str, ...] = ()
    """Nodes that remember it as revoked."""
    queues: tuple[QueueDetail, ...] = ()
    lost: LostTask | None = None
    stranded: Stranded | None = None
    elsewhere: Elsewhere | None = None
    usual_s: float | None = None
    """Median runtime of its task."""
    looked: Looked = Looked()

    @property
    def message(self) -> QueuedMessage | None:
        if self.waits:
            return self.waits.message
        return self.delivered.message if self.delivered else None

    @property
    def name(self) -> str:
        """Of the task; "" when nothing tells."""
        known = (self.message, self.task, self.held_back, self.lost)
        return next((one.name for one in known if one and one.name), "")

    @property
    def queue(self) -> str:
        if self.waits:
            return self.waits.queue
        if self.delivered and self.delivered.queue:
            return self.delivered.queue
        return self.task.queue if self.task else ""

    @property
    def ended(self) -> bool:
        """It is over, however it went, and does not wait again."""
        if self.alive:
            return False
        if self.task and self.task.state in ENDED:
            return True
        return self.result is not None and (self.result.state is None or self.result.state in ENDED)

    @property
    def is_revoked(self) -> bool:
        """Somebody told so; its message may wait all the same until a worker takes it."""
        states = (self.task and self.task.state, self.result and self.result.state)
        return bool(self.revoked_by) or TaskState.REVOKED in states

    @property
    def thrown_away(self) -> bool:
        """A worker that did not know it has marked it as failed (Celery's NotRegistered)."""
        said = (self.task.exception if self.task else "", self.result.result if self.result else "")
        return self.ended and any(words.startswith(NOT_REGISTERED) for words in said)

    @property
    def alive(self) -> bool:
        """Its message or a node has it now, whatever was heard before."""
        return bool(self.waits or self.delivered or self.holder or self.runs_on)

    @property
    def runs_on(self) -> NodeAnswer | None:
        return next((n for n in self.nodes if any(t.id == self.id for t in n.tasks or ())), None)

    @property
    def holder(self) -> NodeAnswer | None:
        """The node that has taken it and has not begun."""
        return next(
            (
                node
                for node in self.nodes
                if self.id in (*(node.reserved_ids or ()), *(node.scheduled_ids or ()))
            ),
            None,
        )

    @property
    def consumers(self) -> tuple[NodeAnswer, ...]:
        """Nodes that take from its queue."""
        return tuple(node for node in self.nodes if self.queue in (node.queues or ()))

    def detail(self) -> QueueDetail | None:
        """Its queue."""
        return next((queue for queue in self.queues if queue.name == self.queue), None)

    def row(self, node: str) -> WorkerRow | None:
        return next((row for row in self.rows if row.node == node), None)

    def rows_with(self, finding: WorkerFinding) -> tuple[WorkerRow, ...]:
        return tuple(row for row in self.rows if finding in row.findings)

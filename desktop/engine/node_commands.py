"""The verbs about nodes, and what each answers.

Like :mod:`desktop.engine.commands`, of which they are a part.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from desktop.engine.states import Owner
from desktop.engine.task_model import RegisteredTask, WaitingTask
from desktop.words import Text


class NodeVerb(StrEnum):
    """What a worker can be told while it runs."""

    GROW = "grow"
    SHRINK = "shrink"
    AUTOSCALE = "autoscale"
    ADD_CONSUMER = "add-consumer"
    CANCEL_CONSUMER = "cancel-consumer"
    RATE_LIMIT = "rate-limit"
    TIME_LIMIT = "time-limit"
    RESTART_POOL = "restart-pool"
    ENABLE_EVENTS = "enable-events"
    DISABLE_EVENTS = "disable-events"
    WARM_STOP = "warm-stop"


class TellNode(msgspec.Struct, frozen=True, tag=True):
    """Tell one process of a node. Answers :class:`NodeReport`; refused when it does not answer,
    or when the name is a duplicate's and cannot single out the process."""

    project: str = ""
    node: str = ""
    pid: int = 0
    verb: NodeVerb = NodeVerb.GROW
    n: int = 1
    """Processes to grow or shrink by; of AUTOSCALE the most."""
    least: int = 0
    """Of AUTOSCALE."""
    queue: str = ""
    task: str = ""
    rate: str = ""
    """"10/m"."""
    soft_s: float | None = None
    hard_s: float | None = None
    consent: bool = False
    """The person's word to stop a worker that somebody else started."""


class NodeReport(msgspec.Struct, frozen=True, tag=True):
    words: Text
    """What the worker said it did."""


class ShowNode(msgspec.Struct, frozen=True, tag=True):
    """All that one worker tells of itself, and the processes behind it. Answers
    :class:`NodeDetail`."""

    project: str = ""
    node: str = ""
    pid: int = 0


class NodeProcess(msgspec.Struct, frozen=True):
    """A process of a worker: its main, or one of its pool's."""

    pid: int
    main: bool = False
    cpu_percent: float | None = None
    rss_bytes: int | None = None
    started_at: float | None = None
    task_id: str = ""
    task_name: str = ""
    task_started_at: float | None = None
    task_usual_s: float | None = None
    """Median runtime of this task in the history."""


class NodeDetail(msgspec.Struct, frozen=True, tag=True):
    node: str
    pid: int
    answered: bool = True
    processes: tuple[NodeProcess, ...] = ()
    pool: str = ""
    concurrency: int | None = None
    autoscale: tuple[int, int] | None = None
    """(most, least)."""
    prefetch: int | None = None
    queues: tuple[str, ...] = ()
    registered: tuple[RegisteredTask, ...] = ()
    configuration: tuple[tuple[str, str], ...] = ()
    """Settings that are not the default's; secrets masked."""
    clock: int | None = None
    uptime_s: float | None = None
    totals: tuple[tuple[str, int], ...] = ()
    """(task name, how many it has run)."""
    reserved: tuple[WaitingTask, ...] = ()
    events: bool | None = None
    """Whether it sends task events, as far as it was heard or told; None: it has run nothing."""
    scheduled: tuple[WaitingTask, ...] = ()
    """Tasks that wait for their time."""
    owner: Owner | None = None
    """None: the process is not known on this machine."""
    service: str = ""
    """The service of ours that it is."""
    command: str = ""
    """Its command line, secrets masked."""
    shares_its_name: bool = False
    """Another process answers by the same name: what can't be told apart is left out, and it can't
    be told anything."""
    pool_restarts: bool = False
    """``worker_pool_restarts``: its pool may be restarted from outside."""
    children_known: bool = True
    """False: its processes run on another machine, or can't be read."""


class DumpNode(msgspec.Struct, frozen=True, tag=True):
    """Where a process of a worker hangs: its stacks, as text. Answers :class:`StackDump`."""

    project: str = ""
    node: str = ""
    pid: int = 0
    """Of the worker's main process or of one of its pool's; 0: the main one."""
    consent: bool = False
    """The person's word to send SIGUSR1 to a worker that somebody else started, where nothing
    else tells."""


class StackDump(msgspec.Struct, frozen=True, tag=True):
    text: str
    by: str
    """"py-spy": Python's stacks as they are. "celery": what the worker wrote into its log when it
    was asked by signal. "system": only what the system and the worker tell of the process."""
    note: Text = Text("")
    """Why it is not more."""


NodeCommand = TellNode | ShowNode | DumpNode

NodeAnswer = NodeReport | NodeDetail | StackDump

NODE_QUESTIONS = (ShowNode,)
"""Change nothing: breaking them off harms nothing."""

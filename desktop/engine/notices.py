"""What to tell a person who is not looking: (what was, what is, settings) -> notices, once each.

No clock and no Qt: :meth:`Notices.take` is given each snapshot with the time of a monotonic
clock, and says with :attr:`Notices.due_at` when time alone would make news.
"""

from __future__ import annotations

import msgspec

from desktop.engine.leftovers import SAME_S, intruders
from desktop.engine.model import Finding, ServiceStatus, StackStatus, WorkerRow
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import Owner, ServiceKind, ServiceState, Severity, StackState
from desktop.words import Text, text, textn, verbatim

OUT_OF_REACH_S = 15.0
"""A face that finds no engine starts the next one, which is there within 2 s; this long is news."""
STOPPING_S = 5.0
"""An idle worker stops within 2 s (measured); one that takes longer finishes tasks."""
QUIET_S = 600.0
"""A crash or a finding that comes again within this time was told already: thresholds flap."""

NAMES_MAX = 3
"""So many workers are named in a notification; there is room for no more."""

_RESTING = frozenset({ServiceState.STOPPED, ServiceState.FAILED, ServiceState.STOPPING})
_BEGUN = frozenset({ServiceState.STARTING, ServiceState.RUNNING})

_Identity = tuple[int | None, float | None]


class Settings(msgspec.Struct, frozen=True):
    """What the person wants to hear, and sees anyway."""

    project: str = ""
    """The project whose stack is told about."""
    enabled: bool = True
    window_shown: bool = False
    """Good news and progress are on screen."""
    window_active: bool = False
    """The window is in front: it tells everything by itself."""


class Notice(msgspec.Struct, frozen=True):
    """One thing to tell, and the page of the window that shows more."""

    id: str
    title: Text
    message: Text
    severity: Severity = Severity.WARNING
    page: str = "overview"
    argument: str = ""


class Notices:
    """Remembers what was last known and what was told."""

    def __init__(self) -> None:
        self._stack: StackStatus | None = None
        self._starting = False
        self._seen: frozenset[_Identity] = frozenset()
        self._lost_at: float | None = None
        self._stopping_since: dict[str, float] = {}
        self._told_at: dict[str, float] = {}
        self._met: dict[int, float] = {}

    def take(self, snapshot: Snapshot | None, now: float, settings: Settings) -> list[Notice]:
        """What is new; None while no engine can be reached.

        What was there at the first look is no news. While nothing is wanted, or while the window
        shows it, the events pass and are not told later.
        """
        if snapshot is None:
            return self._lost(now, settings)
        self._lost_at = None
        self._told_at.pop("engine-out-of-reach", None)
        new = next((s for s in snapshot.stacks if s.project == settings.project), None)
        if new is None:
            return []  # a fresh engine that has not opened the project yet
        old, self._stack = self._stack, new
        if old is None or old.id != new.id:
            self._starting = any(s.state is ServiceState.STARTING for s in new.services)
            self._seen = _running(new)
            self._stopping_since = {}
            self._met = {row.pid: row.create_time for row in intruders(new)}
            return []
        came = self._came(new)
        loud = [*_services(old, new), *came, *_findings(old, new, bool(came))]
        soft = [*self._ready(old, new), *self._finishing(new, now)]
        if not settings.enabled:
            return []
        told = [] if settings.window_active else loud
        return self._fresh([*told, *([] if settings.window_shown else soft)], now)

    @property
    def due_at(self) -> float | None:
        """When to call :meth:`take` again though nothing has changed; None: never."""
        due = [since + STOPPING_S for since in self._stopping_since.values()]
        if self._lost_at is not None and "engine-out-of-reach" not in self._told_at:
            due.append(self._lost_at + OUT_OF_REACH_S)
        return min(due, default=None)

    def _lost(self, now: float, settings: Settings) -> list[Notice]:
        if self._lost_at is None:
            self._lost_at = now
        if now - self._lost_at < OUT_OF_REACH_S or "engine-out-of-reach" in self._told_at:
            return []
        self._told_at["engine-out-of-reach"] = now
        shown = settings.window_active or not settings.enabled
        return [] if shown else [_out_of_reach()]

    def _ready(self, old: StackStatus, new: StackStatus) -> list[Notice]:
        """All is up after somebody asked for it; not when a crashed service came back."""
        # After an engine's death the next one shows all stopped, until it has adopted them.
        if _was_asked(old, new, self._seen):
            self._starting = True
        self._seen = _running(new) or self._seen
        if new.state is not StackState.RUNNING or not self._starting:
            return []
        self._starting = False
        return [
            Notice(
                f"ready-{new.id}",
                text("{name} is running", name=new.name),
                text("All services are ready."),
                Severity.INFO,
            )
        ]

    def _came(self, new: StackStatus) -> list[Notice]:
        """Orphans and duplicates that were not there before: each process once, whatever the
        looks in between saw of it."""
        fresh = [
            row
            for row in intruders(new)
            if abs(row.create_time - self._met.get(row.pid, -SAME_S)) >= SAME_S
        ]
        self._met |= {row.pid: row.create_time for row in fresh}
        return [_intruded(fresh)] if fresh else []

    def _finishing(self, new: StackStatus, now: float) -> list[Notice]:
        waiting = {s.name: s for s in new.services if _finishes(s)}
        before, told = self._stopping_since, []
        self._stopping_since = {}
        for name, service in waiting.items():
            since = before.get(name, now)
            key = f"finishing-{name}"
            if key in self._told_at:
                continue
            self._stopping_since[name] = since
            if now - since >= STOPPING_S:
                told.append(_finishing(key, service))
                del self._stopping_since[name]
                self._told_at[key] = now
        for key in [k for k in self._told_at if k.startswith("finishing-")]:
            if key.removeprefix("finishing-") not in waiting:
                del self._told_at[key]
        return told

    def _fresh(self, notices: list[Notice], now: float) -> list[Notice]:
        fresh = []
        for notice in notices:
            if notice.id.startswith(("crashed-", "finding-")):
                told_at = self._told_at.get(notice.id)
                if told_at is not None and now - told_at < QUIET_S:
                    continue
                self._told_at[notice.id] = now
            fresh.append(notice)
        return fresh


def _services(old: StackStatus, new: StackStatus) -> list[Notice]:
    before = {one.name: one for one in old.services}
    told = []
    for one in new.services:
        was = before.get(one.name)
        if was is None:
            continue
        if one.state is ServiceState.FAILED and was.state is not ServiceState.FAILED:
            told.append(_failed(one))
        elif one.restarts > was.restarts and was.state is ServiceState.RUNNING:
            told.append(_crashed(one))
    return told


def _findings(old: StackStatus, new: StackStatus, processes_told: bool) -> list[Notice]:
    known = {one.id: set(one.pids) for one in old.findings}
    return [
        _found(one)
        for one in new.findings
        if not (one.id in known and set(one.pids) <= known[one.id])
        and one.severity is not Severity.INFO
        and not one.id.startswith("service-failed-")  # told as the service's own end
        and not (one.pids and processes_told)  # said already, with better words
    ]


def _was_asked(old: StackStatus, new: StackStatus, seen: frozenset[_Identity]) -> bool:
    before = {one.name: one.state for one in old.services}
    return any(
        before.get(one.name) in _RESTING
        and one.state in _BEGUN
        and one.wanted
        and (one.pid, one.create_time) not in seen
        for one in new.services
    )


def _running(stack: StackStatus) -> frozenset[_Identity]:
    return frozenset((one.pid, one.create_time) for one in stack.services if one.pid)


def _finishes(service: ServiceStatus) -> bool:
    # One that was taken over finishes by design, and nobody waits for it.
    stops = service.state is ServiceState.STOPPING and not service.of
    return stops and service.kind is ServiceKind.WORKER


def _failed(service: ServiceStatus) -> Notice:
    error = service.error
    return Notice(
        f"failed-{service.name}",
        error.title if error else text("{service} failed", service=service.name),
        text("{message} {next_step}", message=error.message, next_step=error.next_step)
        if error
        else Text(""),
        Severity.CRITICAL,
        "services",
        service.name,
    )


def _crashed(service: ServiceStatus) -> Notice:
    message = text("It is started again.")
    if service.error:
        message = text("{how} It is started again.", how=service.error.message)
    return Notice(
        f"crashed-{service.name}",
        text("{service} ended by itself", service=service.name),
        message,
        page="logs",
        argument=service.name,
    )


def _finishing(key: str, service: ServiceStatus) -> Notice:
    title = text("{service} is still stopping", service=service.name)
    if service.note:
        title = text("{service}: {note}", service=service.name, note=service.note)
    message = text("Open the window to wait, or to force the stop.")
    return Notice(key, title, message, Severity.INFO)


def _found(finding: Finding) -> Notice:
    return Notice(
        f"finding-{finding.id}-{'-'.join(map(str, finding.pids))}",
        finding.title,
        text("{detail} {fix}", detail=finding.detail, fix=finding.fix),
        finding.severity,
        "cleanup" if finding.pids else "overview",
    )


def _intruded(rows: list[WorkerRow]) -> Notice:
    orphans = all(row.owner is Owner.ORPHAN for row in rows)
    names = ", ".join(row.node or row.command or str(row.pid) for row in rows[:NAMES_MAX])
    more = len(rows) - NAMES_MAX
    named = text("{tasks} and {n} more", tasks=names, n=more) if more > 0 else verbatim(names)
    return Notice(
        f"workers-{'-'.join(str(row.pid) for row in rows)}",
        textn("{n} orphaned worker", "{n} orphaned workers", len(rows))
        if orphans
        else textn("{n} duplicate worker", "{n} duplicate workers", len(rows)),
        textn(
            "{names}: nobody runs it any more, and it still takes tasks from your queues.",
            "{names}: nobody runs them any more, and they still take tasks from your queues.",
            len(rows),
            names=named,
        )
        if orphans
        else textn(
            "{names}: started elsewhere, it takes tasks from the same queues as yours.",
            "{names}: started elsewhere, they take tasks from the same queues as yours.",
            len(rows),
            names=named,
        ),
        page="cleanup",
        argument=str(rows[0].pid),
    )


def _out_of_reach() -> Notice:
    return Notice(
        "engine-out-of-reach",
        text("The engine is out of reach"),
        text("Your services go on running. Celery Tray keeps trying to connect."),
    )

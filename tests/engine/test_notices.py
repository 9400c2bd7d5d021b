"""What a person is told, once each; the sample's stack goes through a day of trouble."""

from __future__ import annotations

import msgspec
import pytest

from desktop.engine.model import (
    EngineInfo,
    Finding,
    Problem,
    ServiceStatus,
    StackStatus,
    Verdict,
    WorkerRow,
)
from desktop.engine.notices import OUT_OF_REACH_S, QUIET_S, STOPPING_S, Notice, Notices, Settings
from desktop.engine.snapshot import Snapshot
from desktop.engine.states import (
    Confidence,
    Owner,
    Role,
    ServiceKind,
    ServiceState,
    Severity,
    StackState,
    WorkerFinding,
)
from desktop.words import set_language, text, textn

S = ServiceState
HIDDEN = Settings(project="/shop")
CRASH = Problem(
    "crashed", text("worker1 crashed after running."), text("Exit code 1."), text("Log.")
)


def service(
    name: str = "worker1",
    state: ServiceState = S.RUNNING,
    kind: ServiceKind = ServiceKind.WORKER,
    pid: int | None = 10,
    **more: object,
) -> ServiceStatus:
    made = ServiceStatus(name, kind, state, wanted=True, pid=pid, create_time=pid and 1.0 * pid)
    return msgspec.structs.replace(made, **more)


def stack(
    *services: ServiceStatus, state: StackState = StackState.RUNNING, **more: object
) -> StackStatus:
    base = StackStatus("shop-1", "shop", "/shop", "shop:app", "redis://…", state, services)
    return msgspec.structs.replace(base, **more)


def stopped(*services: ServiceStatus) -> StackStatus:
    return stack(
        *(msgspec.structs.replace(s, state=S.STOPPED, pid=None, wanted=False) for s in services),
        state=StackState.STOPPED,
    )


class Day:
    """Feeds snapshots at given seconds and keeps the ids of what was told."""

    def __init__(self, settings: Settings = HIDDEN) -> None:
        self.notices = Notices()
        self.settings = settings
        self.now = 0.0
        self.said: list[Notice] = []

    def sees(self, *stacks: StackStatus, after_s: float = 1.0) -> list[str]:
        return self._take(Snapshot(EngineInfo(1, "1", 0.0), stacks=stacks), after_s)

    def loses_the_engine(self, after_s: float = 1.0) -> list[str]:
        return self._take(None, after_s)

    def _take(self, snapshot: Snapshot | None, after_s: float) -> list[str]:
        self.now += after_s
        self.said = self.notices.take(snapshot, self.now, self.settings)
        return [one.id for one in self.said]


def failed(**more: object) -> ServiceStatus:
    return service(state=S.FAILED, pid=None, error=CRASH, **more)


def test_a_failed_service_is_told_once_with_its_reason_and_next_step() -> None:
    day = Day()
    day.sees(stack(service()))
    assert day.sees(stack(failed(), state=StackState.FAILED)) == ["failed-worker1"]
    [notice] = day.said
    assert str(notice.title) == "worker1 crashed after running."
    assert str(notice.message) == "Exit code 1. Log."
    assert notice.severity is Severity.CRITICAL
    assert (notice.page, notice.argument) == ("services", "worker1")
    assert day.sees(stack(failed(), state=StackState.FAILED)) == []


def test_a_service_that_fails_again_is_told_again() -> None:
    day = Day()
    day.sees(stack(failed(), state=StackState.FAILED))
    day.sees(stack(service(state=S.STARTING), state=StackState.PARTIAL))
    assert day.sees(stack(failed(), state=StackState.FAILED)) == ["failed-worker1"]


def test_what_was_there_at_the_first_look_is_no_news() -> None:
    trouble = Finding("other-workers", Severity.WARNING, text("t"), text("d"), text("f"), (1,))
    assert Day().sees(stack(failed(), state=StackState.FAILED, findings=(trouble,))) == []


def test_a_crash_is_told_at_once_and_its_return_is_not_called_ready() -> None:
    day = Day()
    day.sees(stack(service()))
    fallen = service(state=S.BACKOFF, pid=None, restarts=1, error=CRASH)
    assert day.sees(stack(fallen, state=StackState.PARTIAL)) == ["crashed-worker1"]
    assert str(day.said[0].message) == "Exit code 1. It is started again."
    assert day.sees(stack(service(state=S.STARTING, restarts=1), state=StackState.PARTIAL)) == []
    assert day.sees(stack(service(restarts=1, pid=11))) == []


def test_a_crash_that_was_over_between_two_snapshots_is_told_too() -> None:
    day = Day()
    day.sees(stack(service()))
    assert day.sees(stack(service(pid=11, restarts=1))) == ["crashed-worker1"]


def test_a_service_that_crashes_again_and_again_is_told_now_and_then() -> None:
    day = Day()
    day.sees(stack(service()))
    told = [day.sees(stack(service(restarts=n)), after_s=QUIET_S / 4) for n in range(1, 6)]
    assert told == [["crashed-worker1"], [], [], [], ["crashed-worker1"]]


def test_a_start_that_never_succeeds_is_told_once_as_its_failure() -> None:
    day = Day()
    day.sees(stopped(service()))
    told = [
        day.sees(stack(service(state=state, restarts=n, error=CRASH), state=StackState.PARTIAL))
        for state, n in ((S.STARTING, 0), (S.BACKOFF, 1), (S.STARTING, 1), (S.BACKOFF, 2))
    ]
    assert told == [[], [], [], []]
    assert day.sees(stack(failed(restarts=2), state=StackState.FAILED)) == ["failed-worker1"]


def test_ready_is_told_when_the_whole_stack_has_started() -> None:
    day = Day()
    redis = service("redis", kind=ServiceKind.REDIS, pid=5)
    day.sees(stopped(redis, service()))
    assert day.sees(stack(redis, service(state=S.STARTING), state=StackState.PARTIAL)) == []
    assert day.sees(stack(redis, service())) == ["ready-shop-1"]
    assert str(day.said[0].title) == "shop is running"
    assert day.sees(stack(redis, service())) == []


def test_ready_is_not_told_to_a_person_who_sees_the_window() -> None:
    day = Day(Settings("/shop", window_shown=True))
    day.sees(stopped(service()))
    assert day.sees(stack(service())) == []


def test_trouble_is_told_though_the_window_stands_behind_another() -> None:
    day = Day(Settings("/shop", window_shown=True))
    day.sees(stack(service()))
    assert day.sees(stack(failed(), state=StackState.FAILED)) == ["failed-worker1"]


@pytest.mark.parametrize(
    "settings", [Settings("/shop", enabled=False), Settings("/shop", window_active=True)]
)
def test_nothing_is_told_to_who_does_not_want_it_or_reads_it_already(settings: Settings) -> None:
    day = Day(settings)
    day.sees(stack(service()))
    assert day.sees(stack(failed(), state=StackState.FAILED)) == []
    assert day.loses_the_engine() == []
    assert day.loses_the_engine(after_s=OUT_OF_REACH_S) == []
    day.settings = HIDDEN
    assert day.sees(stack(failed(), state=StackState.FAILED)) == [], "it passed"


def finding(
    *pids: int, severity: Severity = Severity.WARNING, id: str = "other-workers"
) -> Finding:
    return Finding(id, severity, text("Two others"), text("They take tasks."), text("Stop."), pids)


def test_a_finding_is_told_when_it_appears_or_grows() -> None:
    day = Day()
    day.sees(stack(service()))
    assert day.sees(stack(service(), findings=(finding(1, 2),))) == ["finding-other-workers-1-2"]
    assert str(day.said[0].message) == "They take tasks. Stop."
    assert day.sees(stack(service(), findings=(finding(1, 2),))) == []
    assert day.sees(stack(service(), findings=(finding(1),))) == [], "fewer is no news"
    assert day.sees(stack(service(), findings=(finding(1, 3),))) == ["finding-other-workers-1-3"]


def test_a_threshold_that_flaps_is_told_once() -> None:
    day = Day()
    high = stack(service(), findings=(finding(id="memory-high"),))
    told = []
    for _ in range(4):
        day.sees(stack(service()))
        told += day.sees(high)
    assert told == ["finding-memory-high-"]


def test_a_note_without_urgency_and_a_failure_s_own_finding_are_not_told() -> None:
    day = Day()
    day.sees(stack(service()))
    quiet = finding(severity=Severity.INFO), finding(id="service-failed-worker1")
    assert day.sees(stack(service(), findings=quiet)) == []


def test_an_engine_that_stays_away_is_told_once_and_when_time_comes() -> None:
    day = Day()
    day.sees(stack(service()))
    assert day.loses_the_engine() == []
    assert day.notices.due_at == pytest.approx(day.now + OUT_OF_REACH_S)
    assert day.loses_the_engine(after_s=OUT_OF_REACH_S) == ["engine-out-of-reach"]
    assert day.notices.due_at is None
    assert day.loses_the_engine(after_s=100) == []
    day.sees(stack(service()))
    day.loses_the_engine()
    assert day.loses_the_engine(after_s=OUT_OF_REACH_S) == ["engine-out-of-reach"]


def test_the_next_engine_that_adopts_everything_brings_no_news() -> None:
    day = Day()
    day.sees(stack(service()))
    assert day.loses_the_engine() == []
    assert day.sees() == [], "it has not opened the project yet"
    assert day.sees(stopped(service())) == [], "nor read the records"
    assert day.sees(stack(service())) == []


def test_another_project_s_trouble_is_not_told() -> None:
    day = Day()
    other = stack(service(), project="/other", id="other-2")
    day.sees(stack(service()), other)
    assert day.sees(stack(service()), msgspec.structs.replace(other, services=(failed(),))) == []


def test_a_worker_that_finishes_tasks_is_told_after_a_while_once() -> None:
    day = Day()
    day.sees(stack(service()))
    note = textn("finishing {n} task", "finishing {n} tasks", 3)
    busy = stack(service(state=S.STOPPING, note=note), state=StackState.PARTIAL)
    assert day.sees(busy) == []
    assert day.notices.due_at == pytest.approx(day.now + STOPPING_S)
    assert day.sees(busy, after_s=STOPPING_S) == ["finishing-worker1"]
    assert str(day.said[0].title) == "worker1: finishing 3 tasks"
    assert day.sees(busy, after_s=STOPPING_S) == []
    assert day.notices.due_at is None
    assert day.sees(stopped(service())) == []


def orphan(pid: int = 401, **more: object) -> WorkerRow:
    made = WorkerRow(pid, 1.0, Role.WORKER, Owner.ORPHAN, f"celery{pid}@mbp", this_app=True)
    return msgspec.structs.replace(made, **more)


def duplicate(pid: int = 402, confidence: Confidence = Confidence.LIKELY) -> WorkerRow:
    verdict = Verdict(WorkerFinding.DUPLICATE, confidence, text("Same name as another."))
    return orphan(pid, owner=Owner.EXTERNAL, verdicts=(verdict,))


def test_an_orphan_is_told_once_and_leads_to_its_row() -> None:
    day = Day()
    day.sees(stack(service()))
    assert day.sees(stack(service(), workers=(orphan(),))) == ["workers-401"]
    [notice] = day.said
    assert str(notice.title) == "1 orphaned worker"
    assert "celery401@mbp" in str(notice.message)
    assert (notice.page, notice.argument) == ("cleanup", "401")
    assert day.sees(stack(service(), workers=(orphan(),)), after_s=QUIET_S * 2) == []
    day.sees(stack(service()))
    assert day.sees(stack(service(), workers=(orphan(),)), after_s=QUIET_S * 2) == []


def test_a_pid_that_another_process_has_now_is_news() -> None:
    day = Day()
    day.sees(stack(service(), workers=(orphan(),)))
    assert day.sees(stack(service(), workers=(orphan(create_time=900.0),))) == ["workers-401"]


def test_a_duplicate_from_elsewhere_is_told_and_its_finding_is_not_told_beside_it() -> None:
    day = Day()
    day.sees(stack(service()))
    both = stack(service(), workers=(duplicate(),), findings=(finding(402),))
    assert day.sees(both) == ["workers-402"]
    assert str(day.said[0].title) == "1 duplicate worker"
    assert day.sees(both) == []


@pytest.mark.parametrize(
    "row",
    [
        orphan(this_app=False),
        orphan(owner=Owner.EXTERNAL),
        orphan(owner=Owner.OURS),
        duplicate(confidence=Confidence.UNKNOWN),
    ],
)
def test_what_is_no_leftover_of_this_app_is_not_told(row: WorkerRow) -> None:
    day = Day()
    day.sees(stack(service()))
    assert day.sees(stack(service(), workers=(row,))) == []


def test_a_finding_about_processes_leads_to_the_cleanup() -> None:
    day = Day()
    day.sees(stack(service()))
    day.sees(stack(service(), findings=(finding(1),)))
    assert day.said[0].page == "cleanup"


def test_a_worker_that_was_taken_over_finishes_without_a_word() -> None:
    day = Day()
    day.sees(stack(service()))
    old = service(name="worker1.old", of="worker1", state=S.STOPPING)
    both = stack(service(), old)
    assert day.sees(both) == []
    assert day.sees(both, after_s=STOPPING_S) == []
    assert day.sees(stack(service())) == []


def test_the_words_are_there_in_chinese() -> None:
    day = Day()
    day.sees(stopped(service()))
    day.sees(stack(service()))
    set_language("zh_CN")
    try:
        assert str(day.said[0].title) == "shop 正在运行"
    finally:
        set_language("en")

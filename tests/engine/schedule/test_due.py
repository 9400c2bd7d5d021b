from __future__ import annotations

from desktop.engine.schedule import due
from desktop.engine.schedule.app_schedule import Told, ToldEntry

NOW = 1_000_000.0


def one(entry: ToldEntry, *, beat_runs: bool):
    return due.entries(Told(entries=(entry,)), NOW, beat_runs=beat_runs)[0]


def test_an_interval_goes_on_from_its_last_run() -> None:
    told = ToldEntry("a", "t", every_s=60, last_run_at=NOW - 20, due_at=NOW + 40, total_runs=3)
    for beat_runs in (True, False):
        shown = one(told, beat_runs=beat_runs)
        assert (shown.next_run_at, shown.late_s, shown.last_run_at) == (NOW + 40, None, NOW - 20)


def test_while_no_beat_runs_what_is_due_is_late() -> None:
    told = ToldEntry("a", "t", every_s=60, due_at=NOW - 90)
    shown = one(told, beat_runs=False)
    assert (shown.late_s, shown.next_run_at) == (90, NOW - 90)


def test_a_beat_that_runs_has_sent_what_its_file_does_not_tell_yet() -> None:
    shown = one(ToldEntry("a", "t", every_s=60, due_at=NOW - 90), beat_runs=True)
    assert (shown.late_s, shown.next_run_at) == (None, NOW + 30)
    crontab = ToldEntry("a", "t", "0 4 * * *", due_at=NOW - 90, coming=(NOW - 5, NOW + 3600))
    assert one(crontab, beat_runs=True).next_run_at == NOW + 3600


def test_what_never_ran_has_its_next_run_only_by_the_clock() -> None:
    assert one(ToldEntry("a", "t", every_s=60), beat_runs=True).next_run_at is None
    crontab = ToldEntry("a", "t", "0 4 * * *", coming=(NOW + 7,))
    assert one(crontab, beat_runs=False).next_run_at == NOW + 7


def test_what_is_late_comes_first_then_what_is_next() -> None:
    told = Told(
        entries=(
            ToldEntry("never", "t", every_s=1),
            ToldEntry("later", "t", every_s=60, due_at=NOW + 50),
            ToldEntry("late", "t", every_s=60, due_at=NOW - 50),
            ToldEntry("later still", "t", every_s=60, due_at=NOW - 500),
        )
    )
    names = [one.name for one in due.entries(told, NOW, beat_runs=False)]
    assert names == ["later still", "late", "later", "never"]


def test_a_wrong_entry_says_what_is_wrong_in_the_place_of_its_task() -> None:
    shown = one(ToldEntry("a", problem="no schedule"), beat_runs=True)
    assert (shown.task, shown.enabled) == ("no schedule", False)

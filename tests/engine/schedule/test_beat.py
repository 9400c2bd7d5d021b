from __future__ import annotations

import pytest

from desktop.engine.model import ServiceSpec, StaysAlive, WorkerRow
from desktop.engine.schedule.beat import Beat, beats, kept_elsewhere, option
from desktop.engine.states import Owner, Role, ServiceKind

OWN = ServiceSpec(
    "beat",
    ServiceKind.BEAT,
    ("python", "-m", "celery", "-A", "shop", "beat", "-s", "/run/beat-schedule"),
    "/shop",
    StaysAlive(),
)


def row(command: str, role: Role = Role.BEAT, owner: Owner = Owner.EXTERNAL) -> WorkerRow:
    return WorkerRow(7, 1.0, role, owner, cwd="/shop", command=command, this_app=True)


def test_a_beat_that_runs_comes_before_the_one_that_could() -> None:
    assert beats([row("celery -A shop beat")], OWN, "/shop") == (
        Beat("/shop/celerybeat-schedule", runs=True),
        Beat("/run/beat-schedule"),
    )


def test_our_own_is_known_even_behind_a_title() -> None:
    found = beats([row("[celery beat] -active-", owner=Owner.OURS)], OWN, "/shop")
    assert found == (Beat("/run/beat-schedule", runs=True),)


@pytest.mark.parametrize(
    ("command", "file", "scheduler"),
    [
        ("celery -A shop beat --schedule=/var/s", "/var/s", ""),
        ("celery -A shop beat -s var/s -S redbeat.RedBeatScheduler", "/shop/var/s", "redbeat.R"),
        ("celery -A shop worker -B -s/tmp/x", "/tmp/x", ""),
        ("[celery beat] -active- (-A shop beat -s /var/s)", "/var/s", ""),
        ("celery -A shop beat '", "/shop/celerybeat-schedule", ""),
    ],
)
def test_the_command_line_tells_where_it_writes(command, file, scheduler) -> None:
    role = Role.WORKER if "worker" in command else Role.BEAT
    (found,) = beats([row(command, role)], None, "/elsewhere")
    assert found.file == file
    assert found.scheduler.startswith(scheduler)
    assert found.runs


def test_an_option_without_its_value_has_none() -> None:
    assert option(["beat", "-s"], "-s", "--schedule") == ""


@pytest.mark.parametrize(
    ("scheduler", "program"),
    [
        ("celery.beat:PersistentScheduler", ""),
        ("", ""),
        ("django_celery_beat.schedulers:DatabaseScheduler", "django-celery-beat"),
        ("django", "django-celery-beat"),
        ("redbeat.RedBeatScheduler", "RedBeat"),
        ("shop.mine:Scheduler", "shop.mine:Scheduler"),
    ],
)
def test_who_keeps_the_entries_is_named(scheduler, program) -> None:
    assert kept_elsewhere(scheduler) == program

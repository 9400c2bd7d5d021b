from __future__ import annotations

import time
from pathlib import Path

import pytest

from desktop.engine.cleanup_model import HeldTask, LostTask
from desktop.engine.rescue.lost import KEPT_MAX, TOLD_S, LostTasks, payload_of, suspects
from desktop.engine.rescue.watched import Watched
from desktop.engine.telemetry.holders import Holding

DEAD = Watched(7, 1.0, "a@host", ("mail", "print"), died_at=50.0)


def known(task_id: str, lost_at: float = 0.0) -> LostTask:
    """One that can be run again."""
    return LostTask(task_id, "t", lost_at=lost_at, payload="[[], {}]")


@pytest.mark.parametrize(
    ("args", "kwargs", "payload"),
    [
        ("(1, 'a')", "{'b': None}", '[[1, "a"], {"b": null}]'),
        ("[]", "{}", "[[], {}]"),
        ("", "", "[[], {}]"),
        ("(1, '" + "x" * 1100 + "')", "{}", ""),
        ("(<object>,)", "{}", ""),
        ("({1, 2},)", "{}", ""),
        ("(1, ...)", "{}", ""),
        ("('abc...',)", "{}", ""),
        ("(1,)", "{1: 2}", ""),
        ("(1,)", "[]", ""),
        ("__import__('os').getcwd()", "{}", ""),
        ("(1e999,)", "{}", ""),
        ("(" * 500 + ")" * 500, "{}", ""),
    ],
)
def test_arguments_are_taken_only_when_their_representation_is_whole(
    args: str, kwargs: str, payload: str
) -> None:
    assert payload_of(args, kwargs) == payload


def test_a_workers_own_last_answer_knows_the_real_arguments() -> None:
    had = Holding("1", "a@host", 7, 40.0, started=True, name="t", args="(1, ...)")
    asked = {"1": HeldTask("1", "t", "[1, 2]", queue="print", payload="[[1, 2], {}]")}
    (task,) = suspects(DEAD, [had], asked, "celery")
    assert task == LostTask(
        "1", "t", "(1, ...)", "", "print", "a@host", 50.0, payload="[[1, 2], {}]"
    )


def test_where_nobody_knows_the_queue_one_that_its_worker_took_from_is_named() -> None:
    had = Holding("1", "a@host", 7, 40.0)
    assert suspects(DEAD, [had], {}, "celery")[0].queue == "mail"
    assert suspects(DEAD, [had], {}, "print")[0].queue == "print"


def test_the_list_is_kept_bounded_and_private(tmp_path: Path) -> None:
    path = tmp_path / "lost.json"
    kept = LostTasks(path)
    kept.put([LostTask(str(n), "t", lost_at=float(n), payload="[]") for n in range(KEPT_MAX + 5)])
    kept.put([LostTask("9", "t", lost_at=9.0, again_id="x")])
    assert path.stat().st_mode & 0o077 == 0
    read = LostTasks(path)
    read.load()
    assert len(read.all) == KEPT_MAX
    assert read.all[0].id == str(KEPT_MAX + 4)
    assert read.get("9") in {None, LostTask("9", "t", lost_at=9.0, again_id="x")}
    assert "9" not in {one.id for one in read.open}


def test_what_was_run_again_is_not_listed_anew_when_its_loss_is_told_once_more(
    tmp_path: Path,
) -> None:
    kept = LostTasks(tmp_path / "lost.json")
    kept.put([LostTask("1", "t")])
    kept.put([LostTask("1", "t", again_id="2")])
    kept.put([LostTask("1", "t"), known("3")])  # the cleanup's own report comes later
    assert [one.id for one in kept.open] == ["3"]
    read = LostTasks(tmp_path / "lost.json")
    read.load()
    assert [one.id for one in read.open] == ["3"]


def test_arguments_that_are_known_are_not_forgotten_when_the_loss_is_told_without(
    tmp_path: Path,
) -> None:
    kept = LostTasks(tmp_path / "lost.json")
    known = LostTask("a", "t", args="(1,)", lost_at=1.0, payload="[[1], {}]")
    kept.put([known])
    kept.put([LostTask("a", "t", lost_at=2.0)])
    assert kept.get("a") == known
    better = LostTask("a", "t", args="(1,)", lost_at=3.0, payload="[[1], {}]")
    kept.put([better])
    assert kept.get("a") == better


def test_a_list_that_can_not_be_read_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "lost.json"
    path.write_bytes(b"\xff{")
    kept = LostTasks(path)
    kept.load()
    assert kept.all == ()
    assert (tmp_path / "lost.json.broken").read_bytes() == b"\xff{"


def test_a_disk_that_refuses_leaves_the_list_in_memory(tmp_path: Path) -> None:
    kept = LostTasks(tmp_path / "gone" / "lost.json")
    with pytest.raises(OSError, match="gone"):
        kept.put([known("1")])
    assert kept.open == (known("1"),)


def test_what_can_not_be_run_again_is_told_for_a_week_and_kept(tmp_path: Path) -> None:
    now = time.time()
    old = [known("old", now - TOLD_S - 60), LostTask("past", "t", lost_at=now - TOLD_S - 60)]
    kept = LostTasks(tmp_path / "lost.json")
    kept.put([*old, LostTask("news", "t", lost_at=now - TOLD_S + 60)])
    assert {one.id for one in kept.open} == {"news", "old"}
    assert {one.id for one in kept.all} == {"news", "old", "past"}

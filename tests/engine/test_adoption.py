"""Records of an engine that died while a worker changed hands."""

from __future__ import annotations

from desktop.engine.adoption import sort_out
from desktop.engine.model import CeleryPing, ServiceSpec
from desktop.engine.records import Record
from desktop.engine.states import ServiceKind

OLD_PID, NEW_PID = 11, 12


def record(name: str, pid: int | None, *, stopping: bool = False, boot: str = "now") -> Record:
    of = "" if name == "w" else "w"
    spec = ServiceSpec(name, ServiceKind.WORKER, ("celery",), "/", CeleryPing("w@h", ""), of=of)
    return Record(spec, boot, pid=pid, create_time=1.0, stopping=stopping)


def kept(*records: Record) -> dict[str, int | None]:
    adopted, forgotten = sort_out(records, "now")
    assert len(adopted) + len(forgotten) == len(records)
    return {one.spec.name: one.pid for one in adopted}


def test_before_the_exchange_both_go_on() -> None:
    both = {"w": OLD_PID, "w.new": NEW_PID}
    assert kept(record("w", OLD_PID), record("w.new", NEW_PID)) == both


def test_died_when_the_one_before_was_written_down_as_retiring() -> None:
    told = (record("w", OLD_PID), record("w.new", NEW_PID), record("w.old", OLD_PID, stopping=True))
    assert kept(*told) == {"w": OLD_PID, "w.new": NEW_PID}, "the takeover begins once more"


def test_died_when_the_successor_had_the_place() -> None:
    told = (record("w", NEW_PID), record("w.new", NEW_PID), record("w.old", OLD_PID, stopping=True))
    assert kept(*told) == {"w": NEW_PID, "w.old": OLD_PID}


def test_a_successor_that_was_not_spawned_yet_is_started_again() -> None:
    assert kept(record("w", None), record("w.new", None)) == {"w": None, "w.new": None}


def test_another_boot_is_forgotten() -> None:
    assert kept(record("w", OLD_PID, boot="then"), record("w.new", NEW_PID)) == {"w.new": NEW_PID}

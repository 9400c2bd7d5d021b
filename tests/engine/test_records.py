"""What we started, on disk."""

from __future__ import annotations

import stat
from pathlib import Path

from desktop.engine.model import ServiceSpec, TcpOpen
from desktop.engine.records import Record, Records, boot_id
from desktop.engine.states import ServiceKind
from desktop.paths import StackHome


def make(tmp_path: Path) -> tuple[StackHome, Records, Record]:
    home = StackHome(tmp_path / "stack")
    home.make()
    spec = ServiceSpec("web", ServiceKind.WEB, ("a", "b"), "/", TcpOpen("127.0.0.1", 1))
    return home, Records(home), Record(spec, "boot", pid=42, create_time=1.5)


def test_a_record_comes_back_as_it_was_and_only_its_user_may_read_it(tmp_path: Path) -> None:
    home, records, record = make(tmp_path)
    records.save(record)
    assert records.load() == ((record,), ())
    assert stat.S_IMODE((home.records / "web.json").stat().st_mode) == 0o600
    records.remove("web")
    records.remove("web")
    assert records.load() == ((), ())


def test_a_corrupt_record_is_set_aside_told_and_never_deleted(tmp_path: Path) -> None:
    home, records, record = make(tmp_path)
    records.save(record)
    (home.records / "worker1.json").write_bytes(b'{"spec": {"na\xff')
    (home.records / "redis.json").write_text("")
    good, broken = records.load()
    assert good == (record,)
    assert {path.name.split(".")[0] for path in broken} == {"worker1", "redis"}
    assert all(path.exists() for path in broken)
    assert records.load() == ((record,), broken), "told again until a person deletes them"


def test_a_look_without_an_engine_changes_nothing(tmp_path: Path) -> None:
    home, records, _ = make(tmp_path)
    broken = home.records / "worker1.json"
    broken.write_text("{")
    assert records.load(set_aside=False) == ((), (broken,))
    assert broken.exists()


def test_a_write_that_never_finished_leaves_the_old_record(tmp_path: Path) -> None:
    home, records, record = make(tmp_path)
    records.save(record)
    (home.records / ".record-half").write_bytes(b'{"sp')
    assert records.load() == ((record,), ())


def test_the_boot_id_stays_the_same_within_a_boot() -> None:
    assert boot_id() == boot_id() != ""

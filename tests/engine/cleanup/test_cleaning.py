"""Real processes: nothing but what was meant gets a signal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from desktop.engine.cleanup.audit import Audit
from desktop.engine.cleanup.cleaning import Cleaning
from desktop.engine.commands import PlanRow
from desktop.engine.model import WorkerRow
from desktop.engine.states import Owner, PlanAction, Role
from desktop.words import Text

SLEEP = "import time; time.sleep(300)"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", SLEEP])
    yield process
    process.kill()
    process.wait()


def row_of(child: subprocess.Popen[bytes], *, command: str = "", older_s: float = 0.0) -> PlanRow:
    process = psutil.Process(child.pid)
    worker = WorkerRow(
        child.pid,
        process.create_time() - older_s,
        Role.WORKER,
        Owner.ORPHAN,
        "w@box",
        command=command,
    )
    return PlanRow(worker, PlanAction.STOP, True, Text(""), ())


async def cleaned(audit: Audit, *rows: PlanRow) -> Cleaning:
    cleaning = Cleaning(rows, patience_s=5.0, force=True, audit=audit)
    await cleaning.run()
    return cleaning


async def test_a_pid_that_was_reused_gets_no_signal(
    tmp_path: Path, child: subprocess.Popen[bytes]
) -> None:
    """The planned process has ended, and its number is another's by now."""
    audit = Audit(tmp_path / "cleanup.log")
    cleaning = await cleaned(audit, row_of(child, command="celery -A app worker", older_s=60.0))
    assert child.poll() is None
    assert cleaning.left == ()
    assert not [one for one in audit.read(100) if one.what in {"asked", "forced"}]


async def test_a_process_that_became_another_program_gets_no_signal(
    tmp_path: Path, child: subprocess.Popen[bytes]
) -> None:
    """Same pid, same create time: it has executed something else since."""
    audit = Audit(tmp_path / "cleanup.log")
    cleaning = await cleaned(audit, row_of(child, command="celery -A app worker"))
    assert child.poll() is None
    [left] = cleaning.left
    assert "another program" in str(left.why)
    assert [one.what for one in audit.read(100)] == ["left", "refused"]


async def test_what_is_as_it_was_is_asked_and_its_end_is_written_down(
    tmp_path: Path, child: subprocess.Popen[bytes]
) -> None:
    audit = Audit(tmp_path / "cleanup.log")
    as_it_is = f"{sys.executable} -c '{SLEEP}'"
    cleaning = await cleaned(audit, row_of(child, command=as_it_is))
    assert cleaning.stopped == (child.pid,)
    assert child.wait(5) == -15
    assert [one.what for one in audit.read(100)] == ["stopped", "asked"]
    assert (tmp_path / "cleanup.log").stat().st_mode & 0o777 == 0o600


def test_a_log_with_a_broken_line_is_read_around_it(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "cleanup.log")
    assert audit.read(10) == ()
    from desktop.engine.cleanup.audit import entry
    from desktop.words import verbatim

    audit.write([entry("asked", verbatim("one"), pid=1)])
    with (tmp_path / "cleanup.log").open("ab") as file:
        file.write(b'{"at": 1.0, "what": \xff\n')
    audit.write([entry("stopped", verbatim("two"), pid=1)])
    assert [str(one.words) for one in audit.read(10)] == ["two", "one"]
    assert [str(one.words) for one in audit.read(1)] == ["two"]

from __future__ import annotations

from pathlib import Path

import msgspec

from desktop.engine.app_info import AppInfo
from desktop.engine.rescue.untold import Untold, ask, weigh
from desktop.engine.rescue.watched import Watched
from desktop.engine.rescue.worker_log import Told
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from tests.engine.rescue.test_worker_log import BORN, DIED, received

DEAD = Watched(7, BORN, "w@host", died_at=DIED)
KNOWN = Task("a", "shop.a", TaskState.STARTED, args="(1,)", kwargs="{}", queue="mail")
INFO = AppInfo()
RESULTS = AppInfo(result_backend="redis://127.0.0.1/1")


def ids(had: tuple[Task, ...], told: Told, info: AppInfo = INFO) -> str:
    return "".join(one.id for one in weigh(DEAD, had, told, info))


def test_what_the_history_had_counts_where_its_end_would_be_known() -> None:
    assert ids((KNOWN,), Told()) == ""  # it may have ended while nobody listened
    assert ids((KNOWN,), Told((("a", "shop.a"),))) == "a"
    assert ids((KNOWN,), Told(), info=RESULTS) == "a"
    assert ids((KNOWN,), Told(ended=frozenset("a")), info=RESULTS) == ""


def test_the_history_knows_what_the_task_was_sent_with() -> None:
    (lost,) = weigh(DEAD, (KNOWN,), Told((("a", "shop.a"),)), INFO)
    assert (lost.queue, lost.payload, lost.lost_at) == ("mail", "[[1], {}]", DIED)


def test_what_only_the_log_knows_has_a_name_and_no_arguments() -> None:
    (lost,) = weigh(DEAD, (), Told((("a", "shop.a"),)), INFO)
    assert (lost.name, lost.args, lost.payload) == ("shop.a", "", "")


def test_a_worker_that_was_asked_to_end_may_have_given_back_what_only_its_log_knows() -> None:
    told = Told((("a", "shop.a"), ("b", "shop.b")), asked=True)
    assert ids((), told) == ""
    assert ids((KNOWN,), told) == "a"


def test_lines_of_two_workers_in_one_file_are_nobodys(tmp_path: Path) -> None:
    path = tmp_path / "w.log"
    path.write_text(received("a"))
    dead = msgspec.structs.replace(DEAD, log=str(path))
    beside = Watched(8, BORN + 60, "w@host", log=str(path))
    after = Watched(8, DIED, "w@host", log=str(path))

    def told(*running: Watched) -> Untold:
        return ask(dead, lambda *_: (), running, INFO)

    assert [one.id for one in told(after).suspects] == ["a"]
    assert told(beside) == Untold()

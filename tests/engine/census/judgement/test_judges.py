"""What each judge makes of what was seen; nothing runs here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from desktop.engine.census.answers import NodeAnswer
from desktop.engine.census.brokers import Address
from desktop.engine.census.judgement.judge import JUDGES, judged
from desktop.engine.census.judgement.old_configuration import difference
from desktop.engine.census.judgement.sight import Look, OwnService, Sight
from desktop.engine.census.sources.code import OldCode
from desktop.engine.model import ServiceSpec, StaysAlive, WorkerRow
from desktop.engine.states import (
    Confidence,
    Owner,
    Role,
    ServiceKind,
    ServiceState,
    WorkerFinding,
)

NOW = 10_000.0
HERE: Address = ("redis", "localhost", 6379, "0")
THERE: Address = ("redis", "localhost", 6379, "1")
CERTAIN, LIKELY, UNKNOWN = Confidence.CERTAIN, Confidence.LIKELY, Confidence.UNKNOWN
KINDS = {Role.WORKER: ServiceKind.WORKER, Role.BEAT: ServiceKind.BEAT}


@dataclass
class Scene:
    """What is seen, put together piece by piece; every process answers unless told otherwise."""

    rows: list[WorkerRow] = field(default_factory=list)
    answers: dict[tuple[int, float], NodeAnswer] = field(default_factory=dict)
    broker: dict[tuple[int, float], Address] = field(default_factory=dict)
    services: list[OwnService] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    def worker(self, pid: int, node: str = "", **more: Any) -> WorkerRow:
        silent, place = more.pop("silent", False), more.pop("place", HERE)
        own, spec = more.pop("own", None), more.pop("spec", {})
        said = more.pop("said", {})
        values: dict[str, Any] = {
            "role": Role.WORKER,
            "owner": Owner.OURS if own else Owner.EXTERNAL,
            "node": node or f"w{pid}@h",
            "app": "shop",
            "cwd": "/shop",
            "queues": ("celery",),
            "this_app": True,
            **more,
        }
        row = WorkerRow(pid=pid, create_time=values.pop("create_time", 1_000.0), **values)
        self.rows.append(row)
        identity = (pid, row.create_time)
        if place:
            self.broker[identity] = place
        if not silent and row.role is Role.WORKER:
            plain: dict[str, Any] = {"queues": row.queues, "tasks": (), "reserved_ids": ()}
            self.answers[identity] = NodeAnswer(row.node, pid, **{**plain, **said})
        if own:
            made = ServiceSpec(own, KINDS[row.role], (), "", StaysAlive(), node=row.node)
            self.services.append(OwnService(pid, row.create_time + 0.8, made, **spec))
        return row

    def seen(self) -> Sight:
        values: dict[str, Any] = {
            "code": {(row.pid, row.create_time): None for row in self.rows},
            "reached": frozenset({HERE}),
            "last": self.answers,
            **self.more,
        }
        return Sight(
            NOW,
            tuple(self.rows),
            answers=self.answers,
            broker=self.broker,
            services=tuple(self.services),
            **values,
        )

    def found(self) -> dict[int, dict[WorkerFinding, Confidence]]:
        return {
            row.pid: {one.finding: one.confidence for one in row.verdicts}
            for row in judged(self.seen())
            if row.verdicts
        }

    def words(self, pid: int) -> str:
        (row,) = (row for row in judged(self.seen()) if row.pid == pid)
        return " | ".join(str(one.evidence) for one in row.verdicts)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_judge_for_every_finding_and_nothing_to_say_of_what_is_well(scene: Scene) -> None:
    assert len(JUDGES) == len(WorkerFinding)
    scene.worker(1, own="worker1")
    scene.worker(2, own="worker2", queues=("mail",))
    assert scene.found() == {}


# --- duplicate ---------------------------------------------------------------------------------


def test_an_external_worker_alone_is_no_duplicate(scene: Scene) -> None:
    scene.worker(1)
    scene.worker(2)
    assert scene.found() == {}


def test_beside_ours_it_is_one_and_ours_never(scene: Scene) -> None:
    scene.worker(1, own="worker1")
    scene.worker(2)
    scene.worker(3, owner=Owner.ORPHAN)
    scene.worker(4, queues=("mail",))
    scene.worker(5, place=THERE)
    scene.worker(6, this_app=False)
    scene.worker(7, owner=Owner.OURS)
    duplicate = {WorkerFinding.DUPLICATE: CERTAIN}
    assert scene.found() == {2: duplicate, 3: duplicate}


def test_without_its_answer_it_is_only_likely(scene: Scene) -> None:
    scene.worker(1, own="worker1")
    scene.worker(2, queues=(), silent=True, place=None)
    assert scene.found()[2][WorkerFinding.DUPLICATE] is LIKELY


@pytest.mark.parametrize("spec", [{"state": ServiceState.STOPPING}, {"unwanted": CERTAIN}])
def test_beside_one_of_ours_that_goes_it_is_none(scene: Scene, spec: dict[str, Any]) -> None:
    scene.worker(1, own="worker1", spec=spec)
    scene.worker(2)
    assert 2 not in scene.found()


def test_one_name_on_two_brokers_is_no_duplicate(scene: Scene) -> None:
    scene.worker(1, "celery@h")
    scene.worker(2, "celery@h", place=THERE, app="blog", cwd="/blog", this_app=False)
    scene.worker(3, "celery@h", place=None, silent=True, this_app=False)
    assert WorkerFinding.DUPLICATE not in scene.found().get(2, {})
    assert set(scene.found()) == {3}


def test_one_name_here_and_on_another_machine(scene: Scene) -> None:
    scene.worker(1, "celery@h")
    scene.worker(2, "celery@h", owner=Owner.REMOTE)
    assert scene.found() == {1: {WorkerFinding.DUPLICATE: CERTAIN}}, "the other is out of reach"


# --- surplus -----------------------------------------------------------------------------------


def test_what_the_configuration_names_no_more(scene: Scene) -> None:
    scene.worker(1, own="worker1", spec={"unwanted": CERTAIN})
    scene.worker(2, own="bulk", spec={"unwanted": LIKELY})
    scene.worker(3, own="old", spec={"unwanted": CERTAIN, "state": ServiceState.STOPPING})
    assert scene.found() == {
        1: {WorkerFinding.SURPLUS: CERTAIN},
        2: {WorkerFinding.SURPLUS: LIKELY},
    }


def test_what_a_dead_engine_left_and_no_record_tells_of(scene: Scene) -> None:
    command = "python -m celery -A shop worker --statedb=/home/me/state/stacks/shop-1/run/w.state"
    scene.more["home"] = "/home/me/state/"
    scene.worker(1, command=command)
    scene.worker(2, command=command, owner=Owner.OURS)
    scene.worker(3, command=command, create_time=NOW - 5)
    scene.worker(4, command=command.replace("/me/", "/you/"))
    assert scene.found() == {1: {WorkerFinding.SURPLUS: CERTAIN}}


# --- stale code --------------------------------------------------------------------------------


def test_old_code_in_words(scene: Scene) -> None:
    scene.worker(1)
    old = OldCode(1_000.0, "shop/mail.py", 9_000.0, 8_000.0, certain=True, others=2)
    asked: list[tuple[str, int, float]] = []

    def tasks_since(*about: Any) -> int:
        asked.append(about)
        return 1

    scene.more = {"code": {(1, 1_000.0): old}, "tasks_since": tasks_since}
    assert scene.found() == {1: {WorkerFinding.STALE_CODE: CERTAIN}}
    words = scene.words(1)
    assert "shop/mail.py changed" in words
    assert "2 more files changed; 1 task ran on old code since" in words
    assert asked[0] == ("w1@h", 1, 8_000.0)
    scene.more["code"] = {(1, 1_000.0): msgspec.structs.replace(old, certain=False)}
    assert scene.found() == {1: {WorkerFinding.STALE_CODE: LIKELY}}


def test_where_the_sources_are_not_known_that_is_said(scene: Scene) -> None:
    scene.worker(1)
    scene.more["code"] = {}
    assert scene.found() == {1: {WorkerFinding.STALE_CODE: UNKNOWN}}
    (row,) = judged(scene.seen())
    assert row.findings == (), "what is not known is no finding"


# --- unresponsive ------------------------------------------------------------------------------


def silent(scene: Scene, *ago_s: float, **more: Any) -> dict[WorkerFinding, Confidence]:
    row = scene.worker(1, silent=True, **more)
    looks = (Look(NOW - ago, silent=frozenset({(1, row.create_time)})) for ago in ago_s)
    scene.more.setdefault("past", tuple(looks))
    return scene.found().get(1, {})


def test_two_looks_without_an_answer(scene: Scene) -> None:
    assert silent(scene, 20.0, 10.0) == {WorkerFinding.UNRESPONSIVE: LIKELY}


@pytest.mark.parametrize(
    ("looks", "more"),
    [
        ((), {}),
        ((10.0,), {"place": THERE}),
        ((10.0,), {"place": None}),
        ((10.0,), {"pool": "solo"}),
        ((10.0,), {"this_app": False}),
    ],
    ids=["one look", "broker not asked", "no broker known", "solo", "a stranger"],
)
def test_silence_that_proves_nothing(
    scene: Scene, looks: tuple[float, ...], more: dict[str, Any]
) -> None:
    assert silent(scene, *looks, **more) == {WorkerFinding.UNRESPONSIVE: UNKNOWN}


def test_it_answered_in_between(scene: Scene) -> None:
    scene.more["past"] = (Look(NOW - 20, silent=frozenset({(1, 1_000.0)})), Look(NOW - 10))
    assert silent(scene) == {WorkerFinding.UNRESPONSIVE: UNKNOWN}


def test_a_young_one_a_busy_one_and_one_that_stops_may_be_silent(scene: Scene) -> None:
    scene.more["busy"] = frozenset({"busy@h"})
    look = frozenset({(1, NOW - 20), (2, 1_000.0), (3, 1_000.0)})
    scene.more["past"] = (Look(NOW - 10, silent=look),)
    scene.worker(1, silent=True, create_time=NOW - 20)
    scene.worker(2, "busy@h", silent=True, pool="solo")
    scene.worker(3, silent=True, own="w", spec={"state": ServiceState.STOPPING})
    assert scene.found() == {}


def test_a_suspended_process(scene: Scene) -> None:
    scene.worker(1, create_time=NOW - 1)
    scene.more["suspended"] = frozenset({(1, NOW - 1)})
    assert scene.found() == {1: {WorkerFinding.UNRESPONSIVE: CERTAIN}}


# --- not consuming -----------------------------------------------------------------------------


def ghost(scene: Scene, depths: tuple[int, int, int], totals: tuple[int, int, int]) -> None:
    scene.worker(1, said={"total": totals[-1]})
    scene.more["depths"] = {(HERE, "celery"): depths[-1]}
    scene.more["past"] = tuple(
        Look(
            NOW - ago,
            idle=frozenset({(1, 1_000.0)}),
            totals={(1, 1_000.0): total},
            depths={(HERE, "celery"): depth},
        )
        for ago, depth, total in zip((20, 10), depths, totals, strict=False)
    )


def test_a_ghost(scene: Scene) -> None:
    ghost(scene, (1, 4, 9), (7, 7, 7))
    assert scene.found() == {1: {WorkerFinding.NOT_CONSUMING: LIKELY}}
    assert "from 1 to 9" in scene.words(1)


@pytest.mark.parametrize(
    ("depths", "totals"),
    [((1, 4, 9), (7, 7, 8)), ((4, 4, 4), (7, 7, 7)), ((9, 4, 10), (7, 7, 7))],
    ids=["it took one", "the queue stands still", "somebody takes"],
)
def test_no_ghost(scene: Scene, depths: tuple[int, int, int], totals: tuple[int, int, int]) -> None:
    ghost(scene, depths, totals)
    assert scene.found() == {}


def test_two_looks_make_no_ghost_and_neither_does_a_busy_worker(scene: Scene) -> None:
    ghost(scene, (1, 4, 9), (7, 7, 7))
    past = scene.more["past"]
    scene.more["past"] = past[1:]
    assert scene.found() == {}
    scene.more["past"] = past
    identity = (1, 1_000.0)
    scene.answers[identity] = msgspec.structs.replace(
        scene.answers[identity], reserved_ids=("waits",)
    )
    assert scene.found() == {}


def test_what_a_cleanup_has_stop_is_no_ghost_and_may_be_silent(scene: Scene) -> None:
    scene.worker(1, said={"queues": ()})
    scene.worker(2, silent=True)
    scene.more["past"] = tuple(
        Look(NOW - ago, silent=frozenset({(2, 1_000.0)})) for ago in (20, 10)
    )
    assert set(scene.found()) == {1, 2}
    scene.more["stopping"] = frozenset({(1, 1_000.0), (2, 1_000.0)})
    assert scene.found() == {}


# --- crosstalk ---------------------------------------------------------------------------------


def test_another_project_on_the_same_queue(scene: Scene) -> None:
    many = tuple(f"shop.t{n}" for n in range(5))
    scene.worker(1, said={"registered": many})
    scene.worker(2, app="blog", cwd="/blog", this_app=False, said={"registered": ("blog.post",)})
    crosstalk = {WorkerFinding.CROSSTALK: CERTAIN}
    assert scene.found() == {1: crosstalk, 2: crosstalk}
    assert "does not know shop.t0, shop.t1, shop.t2 and 2 more" in scene.words(1)


@pytest.mark.parametrize(
    "other",
    [
        {"place": THERE},
        {"queues": ("mail",)},
        {"said": {"registered": ("shop.a",)}},
        {"said": {"registered": None}},
        {"app": "shop", "cwd": "/shop"},
        {"app": "", "cwd": "", "said": {"registered": ("shop.a", "shop.b")}},
    ],
    ids=["broker", "queue", "same tasks", "not told", "one project", "nobody loses"],
)
def test_no_crosstalk(scene: Scene, other: dict[str, Any]) -> None:
    scene.worker(1, said={"registered": ("shop.a",)})
    said = {"registered": ("blog.post",), **other.pop("said", {})}
    values = {"app": "blog", "cwd": "/blog", "this_app": False, **other}
    scene.worker(2, said=said, **values)
    found = {finding for one in scene.found().values() for finding in one}
    assert WorkerFinding.CROSSTALK not in found


def test_a_worker_whose_project_is_not_known_is_only_likely_another_s(scene: Scene) -> None:
    scene.worker(1, said={"registered": ("shop.a",)})
    scene.worker(2, owner=Owner.REMOTE, app="", this_app=False, said={"registered": ("b",)})
    assert scene.found() == {1: {WorkerFinding.CROSSTALK: LIKELY}}


# --- old configuration -------------------------------------------------------------------------

SPEC = ServiceSpec(
    "w",
    ServiceKind.WORKER,
    ("python", "-m", "celery", "-A", "shop", "worker", "-c", "2"),
    "/shop",
    StaysAlive(),
    env={"PATH": "/usr/bin", "CELERY_BROKER_URL": "redis://:secret@h/0"},
)


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ({}, None),
        ({"argv": (*SPEC.argv[:-1], "4")}, "with -c 2; the configuration now says -c 4"),
        ({"argv": (*SPEC.argv, "-Q", "mail")}, "now adds -Q mail"),
        ({"argv": SPEC.argv[:-2]}, "started with -c 2; the configuration has that no more"),
        ({"cwd": "/blog"}, "in /shop; the configuration now says /blog"),
        ({"env": {**SPEC.env, "PATH": "/opt"}}, None),
        ({"env": {**SPEC.env, "CELERY_BROKER_URL": "redis://:other@h/0"}}, "CELERY_BROKER_URL"),
        ({"argv": (*SPEC.argv, "-b", "redis://:secret@h/0")}, "redis://***@h/0"),
    ],
)
def test_what_a_restart_would_change(new: dict[str, Any], words: str | None) -> None:
    found = difference(SPEC, msgspec.structs.replace(SPEC, **new))
    if words is None:
        assert found is None
    else:
        assert words in str(found)
        assert "secret" not in str(found)


def test_old_configuration_of_what_runs_only(scene: Scene) -> None:
    changed = msgspec.structs.replace(SPEC, argv=("python",))
    for pid, state in enumerate((ServiceState.RUNNING, ServiceState.STARTING), 1):
        scene.worker(pid, own="w", spec={"configured": changed, "state": state})
    assert scene.found() == {1: {WorkerFinding.OLD_CONFIGURATION: CERTAIN}}


# --- two beats ---------------------------------------------------------------------------------


def test_two_beats(scene: Scene) -> None:
    beat = {"role": Role.BEAT, "queues": ()}
    scene.worker(1, own="beat", **beat)
    scene.worker(2, **beat)
    scene.worker(3, command="celery -A shop worker -Bc 2", queues=("mail",))
    scene.worker(4, command="celery -A shop worker -n B@h", queues=("mail",))
    scene.worker(5, place=THERE, **beat)
    scene.worker(6, app="blog", cwd="/blog", this_app=False, **beat)
    two = {WorkerFinding.TWO_BEATS: CERTAIN}
    assert scene.found() == {2: two, 3: two}, "ours is wanted"


def test_two_beats_that_are_nobody_s(scene: Scene) -> None:
    for pid in (1, 2):
        scene.worker(pid, role=Role.BEAT, place=None)
    assert scene.found() == {pid: {WorkerFinding.TWO_BEATS: LIKELY} for pid in (1, 2)}

"""As a new user meets it: real leftovers, the real tray and window, a real mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from desktop.engine.commands import Census
from desktop.engine.states import CleanupStep
from tests.leftovers import Leftovers
from tests.live.conftest import until
from tests.live.desktop import Desktop
from tests.live.ledger import Ledger
from tests.live.person import ICON, Person

ONE_BY_ONE = ("-P", "prefork", "-c", "1", "--without-mingle", "--without-gossip", "-l", "INFO")
PATIENCE_S = 2
HARD_LIMIT = """
app.conf.task_time_limit = float(os.environ.get("BOOK_LIMIT") or 0) or None
"""
BALLOON = "QLabel"
Sit = Callable[..., Person]


class Shop(Ledger):
    """Its app may have a hard time limit: that is how long a cleanup waits for its tasks. What
    somebody else has started runs without."""

    def limit(self) -> None:
        self.module.write_text(self.module.read_text() + HARD_LIMIT)
        file = self.folder / "celery-tray.toml"
        limit = f'[env]\nBOOK_LIMIT = "{PATIENCE_S}"'
        file.write_text(file.read_text().replace("[env]", limit))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    one = Shop(tmp_path)
    yield one
    one.open_gate()
    one.end()


@pytest.fixture
def leftovers(shop: Shop) -> Iterator[Leftovers]:
    found = Leftovers(shop.folder, "book", shop.environment())
    yield found
    found.end()


@pytest.fixture
def sit(shop: Shop) -> Iterator[Sit]:
    """Puts a person before a desktop of their own, with the tray program of the shop."""
    with Desktop() as desktop:
        persons: list[Person] = []

        def begin(*options: str) -> Person:
            persons.append(Person(desktop, shop, *options))
            return persons[-1]

        yield begin
        codes = [one.leave() for one in persons]
        assert not any(codes)


def look(shop: Shop) -> None:
    """What the engine does by itself once a minute while nobody watches."""
    with shop.client() as client:
        client.submit(Census(shop.project))


def icon(person: Person) -> bytes:
    """What the tray's looks like when it rests and no balloon lies over it."""
    seen: list[bytes] = []

    def rests() -> bool:
        seen.append(person.desktop.picture(person.finds(kind=ICON).at))
        return seen[-2:] == seen[-1:] * 2 and not person.reads(kind="QBalloonTip")

    until(rests)
    return seen[-1]


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_orphans_are_told_of_once_and_stopped_by_two_clicks(
    sit: Sit, shop: Shop, leftovers: Leftovers
) -> None:
    shop.start("redis")
    person = sit("--hidden")
    person.finds("1 of 2 services running", kind=ICON)
    calm = icon(person)
    first, second = leftovers.orphans(["old1", "old2"])
    look(shop)
    person.finds("2 orphaned workers", kind=BALLOON)
    assert person.reads("old1@", "old2@", "nobody runs them", kind=BALLOON)
    person.clicks("nobody runs them", kind=BALLOON)
    for name in ("old1@", "old2@"):
        row = person.finds("Process:", name, kind="cell").row
        assert next(one.words for one in person.sees() if one.row == row) == "Checked"
    assert person.reads("Cleanup, 2 need a look", kind="NavButton")
    assert icon(person) != calm, "its badge"
    person.clicks("Stop 2 processes", kind="Button")
    person.finds("2 processes stopped", "No task was lost")
    assert gone(first) and gone(second)
    until(lambda: icon(person) == calm)

    # The window is put away; what comes now is told of, what was there is not told again.
    person.desktop.key("ctrl+w")
    until(lambda: not person.reads(kind="StatusWindow"))
    (third,) = leftovers.orphans(["old3"])
    look(shop)
    assert person.finds("orphaned worker", kind=BALLOON).words == "1 orphaned worker"
    person.clicks("old3@", "nobody runs it", kind=BALLOON, button=3)
    until(lambda: not person.reads("orphaned worker", kind=BALLOON))
    person.opens_menu()
    person.clicks("Clean up… (1)", kind="entry")
    person.clicks("Stop 1 process", kind="Button")
    until(lambda: gone(third))


def test_a_busy_one_past_the_patience_is_forced_and_its_task_runs_again(
    sit: Sit, shop: Shop, leftovers: Leftovers
) -> None:
    shop.limit()
    shop.start("redis")
    (busy,) = leftovers.orphans(["busy"], *ONE_BY_ONE)
    shop.send(1, gated=True)
    shop.until_began(1)
    person = sit()
    person.clicks("Cleanup", kind="NavButton")
    person.clicks("Stop 1 process", kind="Button")
    person.finds("Finishing run", "s so far", kind="cell")
    person.finds("1 left running", "still finishes 1 task", kind="Banner")
    assert not gone(busy)

    person.clicks("Force stop…", kind="Button")
    person.finds("1 task would be lost", kind="Label")
    told = [one.words for one in person.sees() if one.kind == "Label"]
    assert {"book.run", "would be lost"} <= set(told)
    assert any(str(shop.gate) in words for words in told), "its arguments"
    person.clicks("Force stop", kind="Button", window="Force 1 process to stop?")
    person.finds("1 process stopped", "1 task died with it", kind="Banner")
    assert gone(busy) and not shop.lines("ended")

    person.clicks("Run book.run again", kind="Button")
    until(lambda: person.reads("Run book.run again") is None)
    shop.open_gate()
    assert not shop.start("hand").failed
    assert shop.until_all_ended() == {1: 2}
    assert shop.status().lost == ()
    last = shop.status().cleanup
    assert last and [one.step for one in last.items] == [CleanupStep.STOPPED]

    person.clicks("History…", kind="Button")
    person.finds("What: Run again", kind="cell")
    rows = [one.words for one in person.sees() if one.kind == "cell" and "What:" in one.words]
    assert [words.removeprefix("What: ") for words in rows] == [
        "Run again",
        "Lost",
        "Stopped",
        "Forced",
        "Asked to stop",
        "Left running",
        "Asked to stop",
    ]
    person.clicks("Close", kind="Button", window="History of cleanups")


def test_new_code_is_taken_up_by_itself_or_by_a_click_and_broken_code_is_shown(
    sit: Sit, shop: Shop
) -> None:
    shop.configure("[worker.auto]\nautoreload = true\nconcurrency = 1\n")
    shop.start("auto", "hand")
    person = sit()

    def pid(name: str) -> int | None:
        return shop.service(name).pid

    auto, hand = pid("auto"), pid("hand")
    code = shop.module.read_text()
    shop.module.write_text(f"{code}import no_such_module\n")
    told = person.finds("The changed code does not import", kind="Banner").words
    assert "import no_such_module\nModuleNotFoundError" in told, "the traceback"
    assert pid("auto") == auto

    shop.module.write_text(f"{code}MORE = 1\n")
    until(lambda: pid("auto") not in {None, auto})
    until(lambda: person.reads("does not import", kind="Banner") is None)
    assert pid("hand") == hand, "it was not asked to follow the code"
    person.clicks("Services", kind="NavButton")
    person.clicks("hand", kind="cell")
    person.clicks("Restart on new code", kind="Button")
    until(lambda: pid("hand") not in {None, hand})
    until(lambda: person.reads("Restart on new code") is None)

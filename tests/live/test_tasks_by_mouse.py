"""The Tasks page over a real engine with real workers, by a real mouse and real keys: found,
followed, revoked, terminated, run again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from desktop.engine.history_commands import ListTasks, Selection, TaskPage
from desktop.engine.states import TaskState
from desktop.engine.task_model import Task
from tests.live.conftest import until
from tests.live.desktop import Desktop
from tests.live.ledger import Ledger
from tests.live.person import Person

FAILS = """
@app.task(name="book.lose")
def lose(page):
    write("began", 0, 0)
    raise LookupError(f"page {page} <b>is</b> missing")
"""
QUICK = 40


class Shop(Ledger):
    def configure(self, more: str = "") -> None:
        super().configure(more)
        self.module.write_text(self.module.read_text() + FAILS)

    def lose(self, page: int) -> str:
        with self._app.connection_for_write() as connection:
            return str(self._app.send_task("book.lose", (page,), connection=connection).id)

    def tasks(self, *ids: str) -> list[Task]:
        """What the history knows of these, or of all."""
        with self.client() as client:
            selection = Selection(ids, None) if ids else Selection(search="")
            page = client.submit(ListTasks(self.project, selection, limit=1_000))
        assert isinstance(page, TaskPage)
        return list(page.tasks)

    def until_state(self, task_id: str, state: TaskState) -> Task:
        def reached() -> Task | None:
            return next((one for one in self.tasks(task_id) if one.state is state), None)

        found = until(reached)
        assert found
        return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    one = Shop(tmp_path_factory.mktemp("shop"))
    one.start("redis", "hand")
    one.send(QUICK)
    yield one
    one.open_gate()
    one.end()


@pytest.fixture(scope="module")
def seated(shop: Shop) -> Iterator[Person]:
    with Desktop() as desktop:
        one = Person(desktop, shop)
        one.clicks("Tasks", kind="NavButton")
        one.finds("Succeeded, book.run", kind="cell")
        yield one
        assert one.leave() == 0


@pytest.fixture
def person(seated: Person) -> Iterator[Person]:
    """Sits before the Tasks page, with a worker that has done a few tasks."""
    yield seated
    # Whatever a test has opened or searched for is put away.
    for _ in range(3):
        seated.desktop.key("Escape")
    seated.clicks("All", kind="_Segment")


def states(person: Person) -> list[str]:
    """The words of each row's first cell, from the top."""
    cells = [one for one in person.sees() if one.kind == "cell" and one.reached]
    first = {one.row: one.words for one in reversed(cells)}
    return [first[row] for row in sorted(first)]


def test_found_read_and_run_again(person: Person, shop: Shop) -> None:
    lost = shop.lose(7)
    person.finds("Failed, book.lose", kind="cell")
    person.clicks("Failed", kind="_Segment")
    until(lambda: len(states(person)) == 1)
    person.clicks("Failed, book.lose", kind="cell")
    told = person.finds("Traceback", kind="CodeBlock")
    assert told.reached
    person.finds("Arguments", kind="CodeBlock")

    person.clicks("All", kind="_Segment")
    person.desktop.key("ctrl+f")
    person.desktop.types("state:lost")
    person.finds("The search can't be read at character 7", kind="Label")
    person.desktop.key("ctrl+a")
    person.desktop.types("name:lose args:7")
    person.desktop.key("Return")
    until(lambda: [words.split(",")[0] for words in states(person)] == ["Failed"])
    person.clicks("Run again", kind="Button")
    person.finds("Sent again", kind="Banner")
    until(lambda: len(states(person)) == 2)
    again = next(one for one in shop.tasks() if one.name == "book.lose" and one.id != lost)
    assert shop.until_state(again.id, TaskState.FAILURE).exception == shop.tasks(lost)[0].exception


def test_followed_and_held(person: Person, shop: Shop) -> None:
    kept = len(shop.tasks())
    person.finds("Live", f"{kept} kept", kind="Label")
    until(lambda: len(states(person)) > 10)
    table = person.finds("Succeeded, book.run", kind="cell")
    for _ in range(3):
        person.desktop.click(*table.middle, button=5)
    person.finds("Held", kind="Label")
    before = states(person)
    shop.send(5)
    person.finds("5 new tasks", kind="Button")
    assert states(person) == before, "what is read stays where it is"
    person.clicks("5 new tasks", kind="Button")
    person.finds("Live", f"{kept + 5} kept", kind="Label")
    assert states(person) != before


def test_revoked_and_terminated(person: Person, shop: Shop) -> None:
    begun = len(shop.lines("began"))
    first, second, waits = shop.send(3, gated=True)
    until(lambda: len(shop.lines("began")) == begun + 2)
    # Those that run were received, too, a moment ago.
    top = ["Received", "Running", "Running"]
    until(lambda: sorted(words.split(",")[0] for words in states(person)[:3]) == top)
    person.clicks("Received, book.run", kind="cell")
    person.clicks("Revoke…", kind="Button")
    person.finds("1 task would be revoked", kind="Label")
    person.clicks("Revoke 1 task", kind="Button")
    person.finds("1 task was revoked", kind="Banner")

    person.clicks("Running, book.run", kind="cell")
    person.clicks("Terminate…", kind="Button")
    person.clicks("Terminate 1 task", kind="Button")
    person.finds("1 task was ended", kind="Banner")
    ended = [one for one in shop.tasks(first, second) if one.state is TaskState.REVOKED]
    assert len(ended) == 1
    shop.open_gate()
    shop.until_state(waits, TaskState.REVOKED)
    (left,) = {first, second} - {ended[0].id}
    shop.until_state(left, TaskState.SUCCESS)
    assert len(shop.lines("began")) == begun + 2, "a revoked task does not run"
    person.finds("Revoked, book.run", kind="cell")

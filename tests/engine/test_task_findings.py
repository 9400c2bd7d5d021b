"""What is said of tasks that died, or whose messages are held by nobody who can be asked."""

from __future__ import annotations

from desktop.engine.cleanup_model import LostTask, Stranded
from desktop.engine.task_findings import NAMED_MAX, task_findings
from desktop.words import text


def test_where_nothing_died_nothing_is_said() -> None:
    assert not list(task_findings((), None))


def test_lost_tasks_are_named_with_the_way_to_run_them_again() -> None:
    lost = tuple(
        LostTask(f"id-{n}", "shop.pay", payload="" if n == 0 else "[[], {}]")
        for n in range(NAMED_MAX + 1)
    )
    [finding] = task_findings(lost, None)
    assert (finding.id, str(finding.title)) == ("lost-tasks", "4 tasks died with their workers")
    assert "shop.pay id-0" in str(finding.detail)
    assert str(finding.detail).endswith("…")
    assert "id-3" not in str(finding.detail)
    # What it was sent with is not known of the first.
    assert "--run-again id-1" in str(finding.fix)
    [finding] = task_findings(lost[:1], None)
    assert "--run-again" not in str(finding.fix)


def test_stranded_messages_are_told_with_who_keeps_them() -> None:
    [finding] = task_findings((), Stranded(2, text("w1@box does not answer.")))
    assert finding.id == "stranded-messages"
    assert str(finding.detail) == "w1@box does not answer."

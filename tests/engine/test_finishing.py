from __future__ import annotations

from pathlib import Path

from desktop.engine.finishing import Finishing


def test_tasks_are_counted_down_by_the_lines_of_their_ends(tmp_path: Path) -> None:
    log = tmp_path / "w.log"
    log.write_text("Task shop.pay[a] succeeded before it was asked\n")
    finishing = Finishing(log, ("a", "b", "c"))
    with log.open("a") as file:
        file.write("[… INFO/ForkPoolWorker-1] Task shop.pay[b] succeeded in 3.0s: None\n")
        file.write("[… INFO/ForkPoolWorker-2] shop.pay[a]: half way\n")
        file.write("[… ERROR/ForkPoolWorker-3] Task shop.pay[c] raised unexpected: KeyError()\n")
    finishing.look()
    assert finishing.count == 1
    with log.open("a") as file:
        file.write("[… INFO/ForkPoolWorker-2] Task shop.pay[a] succeeded in 9.0s: '[a]: '\n")
    finishing.look()
    assert finishing.count == 0


def test_without_a_log_nothing_is_counted_down(tmp_path: Path) -> None:
    finishing = Finishing(tmp_path / "none", ("a",))
    finishing.look()
    assert finishing.count == 1

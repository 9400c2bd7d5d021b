from __future__ import annotations

import socket
import threading

import httpx
import pytest

from desktop.engine.commands import Stop
from tests.web.servers import HARMLESS
from web.monitor.server import main


def test_it_ends_at_once_when_it_is_told_to_even_with_pages_open(monitor):
    with (
        monitor.http.stream("GET", "/api/events") as one,
        httpx.stream("GET", f"{monitor.url}/api/events", trust_env=False) as two,
    ):
        next(one.iter_lines())
        next(two.iter_lines())
        monitor.process.terminate()
        assert monitor.process.wait(10) == 0
    assert monitor.log.read_text() == ""


def test_it_ends_while_an_action_waits_for_its_answer(engine, monitor, wait_until):
    engine.answer = lambda command: None
    answers: list[httpx.Response] = []

    def stop_everything() -> None:
        answers.append(monitor.http.post("/api/stop", json={}))

    asking = threading.Thread(target=stop_everything)
    asking.start()
    wait_until(lambda: Stop("") in engine.commands)
    monitor.process.terminate()
    assert monitor.process.wait(10) == 0
    asking.join(10)
    assert answers[0].status_code == 202


def test_it_listens_on_the_loopback_address_only(monitor):
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", monitor.port), 5).close()


def test_a_port_that_is_taken_is_told_with_its_holder(home, capsys):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert main(["--port", str(port), "--home", str(home.root)]) == 1
    told = capsys.readouterr().err
    assert f"Port {port} is taken." in told
    assert "Traceback" not in told


@pytest.mark.parametrize("port", ["0", "70000", "-1", "x", ""])
def test_an_impossible_port_is_a_wrong_usage(port, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--port", port])
    assert caught.value.code == 2
    assert "1 to 65535" in capsys.readouterr().err


def test_help_has_an_example(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "celery-tray builtin-monitor --port 8001" in capsys.readouterr().out


# --- the guard -----------------------------------------------------------------------------------


def test_read_only_changes_nothing(engine, start_monitor):
    monitor = start_monitor("--read-only")
    document = monitor.http.get("/api/openapi.json").json()
    changing = [
        (method, path.replace("{", "").replace("}", ""))
        for path, methods in document["paths"].items()
        for method in methods
        if method not in {"get", "head", "options"}
    ]
    assert ("post", "/api/stop") in changing
    for method, path in changing:
        assert monitor.http.request(method, path, json={}).status_code == 403, path
    assert monitor.http.get("/page.json").json()["read_only"] is True
    assert monitor.http.get("/api/status").status_code == 200
    assert all(isinstance(one, HARMLESS) for one in engine.commands)

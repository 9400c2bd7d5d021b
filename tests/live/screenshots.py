"""Draws the README's pictures from a real stack in a real window:

    python -m tests.live.screenshots [FOLDER]

A bundled stack runs on the guide's ports where they are free, downloads flow from a slow server on
this machine, and the tray is shown in light, in dark and in Chinese. Nothing in a picture is made
up. FOLDER is ``docs/pictures`` unless told.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from desktop.engine.commands import PlanCleanup
from desktop.engine.errors import TrayError
from desktop.engine.states import ServiceState
from tests.browser import chromium
from tests.live.conftest import Stack, until
from tests.live.desktop import Desktop
from tests.live.person import Person

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
GUIDE_PORTS = {"redis_port": 6379, "web_port": 8000, "monitor_port": 8001}
SETTLED_S = 40.0
"""Long enough for the small charts to show something."""
CHUNK_BYTES = 65_536
TITLE = "Celery Tray"
FAILING_SERVICE = """
[service.mail]
command = ["python3", "send_mail.py"]
"""
FAILING_PROGRAM = "import sys\n\nsys.exit('send_mail: no server is set, see SHOP_MAIL_SERVER')\n"


def draw(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as root, Desktop("1280x840x24") as desktop, _origin() as url:
        stack = _stack(Path(root))
        try:
            stack.start()
            with _downloads(stack, url):
                _pages(desktop, stack, folder)
                _tasks(desktop, stack, url, folder)
                _web_pages(stack, folder)
                _cleanup(desktop, stack, folder)
            (stack.folder / "send_mail.py").write_text(FAILING_PROGRAM)
            stack.configure(FAILING_SERVICE)
            _failed(desktop, stack, folder)
        finally:
            stack.end()


def page_keys(name: str) -> str:
    """The keys that show a page, wherever it stands in the sidebar."""
    from desktop.ui.pages import PAGES

    return f"ctrl+{[page.name for page in PAGES].index(name) + 1}"


def _stack(root: Path) -> Stack:
    stack = Stack(root, name="shop")
    for name, port in GUIDE_PORTS.items():
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            setattr(stack, name, port)
    stack.redis_url = f"redis://127.0.0.1:{stack.redis_port}/0"
    stack.configure()
    return stack


def _pages(desktop: Desktop, stack: Stack, folder: Path) -> None:
    with _tray(desktop, stack) as window:
        time.sleep(SETTLED_S)
        _picture(desktop, window, folder / "overview-light.png")
        desktop.key(page_keys("logs"))
        _picture(desktop, window, folder / "logs-light.png")
        desktop.key(page_keys("overview"))
        desktop.click(1268, 14, button=3)
        time.sleep(1)
        desktop.screenshot(folder / "tray-menu.png")
        desktop.key("Escape")
    with _tray(desktop, stack, theme="dark") as window:
        time.sleep(SETTLED_S)
        _picture(desktop, window, folder / "overview-dark.png")
    with _tray(desktop, stack, language="zh_CN") as window:
        time.sleep(SETTLED_S)
        _picture(desktop, window, folder / "overview-zh.png")


def _tasks(desktop: Desktop, stack: Stack, url: str, folder: Path) -> None:
    """A task with its details, among some that failed; then the figures."""
    person = Person(desktop, stack)
    lost = {"url": f"{url}/1/price-list.csv", "sha256": 64 * "0"}
    httpx.post(f"http://127.0.0.1:{stack.web_port}/api/downloads", json=lost)
    try:
        person.clicks("Tasks", kind="NavButton")
        person.finds("Failed, ", kind="cell")
        while person.reads("Result", kind="CodeBlock") is None:
            # The rows move on; another one may be clicked than was seen.
            person.clicks("Succeeded, ", kind="cell")
            time.sleep(1)
        window = desktop.windows(TITLE)[0]
        _picture(desktop, window, folder / "tasks-light.png")
        person.clicks("Figures", kind="Button")
        time.sleep(SETTLED_S / 8)
        _picture(desktop, window, folder / "tasks-figures.png")
    finally:
        person.leave()


def _cleanup(desktop: Desktop, stack: Stack, folder: Path) -> None:
    with _orphans(stack), _tray(desktop, stack) as window:
        try:
            with stack.client() as client:
                client.submit(PlanCleanup(stack.project))
        except TrayError as error:
            print(f"no picture of the cleanup: {error}")
            return
        desktop.key(page_keys("cleanup"))
        time.sleep(SETTLED_S / 4)
        _picture(desktop, window, folder / "cleanup-light.png")


@contextmanager
def _orphans(stack: Stack) -> Iterator[None]:
    """Three workers of the stack's app whose shell has ended: nobody's any more."""
    app = stack.status().app
    argv = [sys.executable, "-P", "-m", "celery", "-A", app, "-b", stack.redis_url]
    worker = shlex.join([*argv, "worker", "-P", "solo", "-l", "INFO"])
    names = ("celery@%h", "celery@%h", "reports@%h")
    script = "".join(f"{worker} -n {name} >>orphans.log 2>&1 & echo $!; " for name in names)
    said = subprocess.run(
        ["sh", "-c", script],
        cwd=stack.folder,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        process_group=0,
    ).stdout
    pids = [int(pid) for pid in said.split()]
    try:
        time.sleep(SETTLED_S / 8)
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def _failed(desktop: Desktop, stack: Stack, folder: Path) -> None:
    with _tray(desktop, stack) as window:
        stack.start()
        until(lambda: stack.service("mail").state is ServiceState.FAILED, 60)
        desktop.key(page_keys("services"))
        time.sleep(SETTLED_S / 4)
        desktop.key("End")
        _picture(desktop, window, folder / "services-failed.png")
    stack.stop()


def _web_pages(stack: Stack, folder: Path) -> None:
    with chromium() as browser:
        for name, port, ready in (
            ("downloads", stack.web_port, "[data-state=STARTED] progress"),
            ("monitor", stack.monitor_port, ".card"),
        ):
            page = browser.new_page(viewport={"width": 1100, "height": 720}, locale="en-GB")
            page.goto(f"http://127.0.0.1:{port}/")
            page.wait_for_selector(ready)
            time.sleep(SETTLED_S)
            page.screenshot(path=folder / f"{name}.png")


@contextmanager
def _tray(
    desktop: Desktop, stack: Stack, *, theme: str = "light", language: str = "en"
) -> Iterator[str]:
    """The tray of the stack with these choices; gives the id of its window."""
    stack.home.root.mkdir(parents=True, exist_ok=True)
    stack.home.settings.write_text(f'theme = "{theme}"\nlanguage = "{language}"\n')
    environment = {k: v for k, v in desktop.env.items() if k != "CELERY_TRAY_LANGUAGE"}
    argv = [sys.executable, "-m", "desktop", "--home", str(stack.home.root)]
    tray = subprocess.Popen([*argv, "--project", stack.project], env=environment)
    try:
        desktop.until(lambda: bool(desktop.windows(TITLE)))
        yield desktop.windows(TITLE)[0]
    finally:
        tray.send_signal(signal.SIGTERM)
        tray.wait(15)


def _picture(desktop: Desktop, window: str, file: Path) -> None:
    time.sleep(1)
    subprocess.run(["import", "-window", window, str(file)], env=desktop.env, check=True)


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def _origin() -> Iterator[str]:
    """A server on this machine that gives ``/SIZE-IN-MB/NAME`` at 2 MB a second."""

    @Request.application
    def answer(request: Request) -> Response:
        megabytes = int(request.path.split("/")[1])

        def body() -> Iterator[bytes]:
            for _ in range(megabytes * 1_000_000 // CHUNK_BYTES):
                time.sleep(CHUNK_BYTES / 2_000_000)
                yield bytes(CHUNK_BYTES)

        length = megabytes * 1_000_000 // CHUNK_BYTES * CHUNK_BYTES
        return Response(body(), headers={"Content-Length": str(length)})

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@contextmanager
def _downloads(stack: Stack, origin: str) -> Iterator[None]:
    """Downloads of many sizes, a new one every few seconds, and one that fails."""
    ended = threading.Event()
    page = f"http://127.0.0.1:{stack.web_port}/api/downloads"

    def send() -> None:
        httpx.post(page, json={"url": "http://127.0.0.1:9/price-list.csv"})
        for number in range(1_000):
            with suppress(httpx.HTTPError):
                name = ("catalogue.pdf", "photos.zip", "stock.csv", "manual.pdf")[number % 4]
                size = (8, 60, 3, 20)[number % 4]
                httpx.post(page, json={"url": f"{origin}/{size}/{name}"})
            if ended.wait(6):
                return

    sender = threading.Thread(target=send)
    sender.start()
    yield
    ended.set()
    sender.join()


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)

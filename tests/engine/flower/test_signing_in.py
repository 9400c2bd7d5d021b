"""A real browser is signed in to a real Flower, and the password is nowhere to be read."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from playwright.sync_api import sync_playwright

from desktop.engine import credentials
from desktop.engine.errors import NotRunning, ServiceError
from desktop.engine.flower import signing_in
from desktop.paths import Home, resources
from tests.browser import FLAGS, program
from tests.ports import free_port


class Running(NamedTuple):
    home: Home
    port: int
    folder: Path
    log: Path

    @property
    def page(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def secret(self) -> str:
        return credentials.flower_credentials(self.home).basic_auth


@pytest.fixture(scope="module")
def flower(tmp_path_factory: pytest.TempPathFactory, _server: Any) -> Iterator[Running]:
    """One whose project would open it to everybody."""
    _server.start()
    folder = tmp_path_factory.mktemp("flower")
    (folder / "flowerconfig.py").write_text(
        "import logging as log\n"
        "basic_auth = ['admin:admin123']\naddress = '0.0.0.0'\n"
        "url_prefix = 'deep'\nmax_tasks = 77\n"
    )
    one = Running(Home(folder / "home"), free_port(), folder, folder / "flower.log")
    argv = [sys.executable, "-m", "celery", "-b", _server.url, "flower", f"--port={one.port}"]
    with one.log.open("wb") as log:
        process = subprocess.Popen(
            [*argv, f"--conf={resources() / 'flower_config.py'}", "--address=127.0.0.1"],
            cwd=folder,
            env={**os.environ, credentials.FLOWER_VARIABLE: one.secret},
            stdout=log,
            stderr=log,
        )
        yield one
        process.kill()
        process.wait(10)


def link(flower: Running, wait_until: Callable[..., None]) -> str:
    def ready() -> bool:
        try:
            signing_in.link(flower.home, flower.port)
        except NotRunning:
            return False
        return True

    wait_until(ready)
    return signing_in.link(flower.home, flower.port)


def test_a_browser_is_signed_in_and_keeps_no_password(
    flower: Running, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    address = link(flower, wait_until)
    user, _, password = flower.secret.partition(":")
    assert password not in address and user not in address
    profile = tmp_path / "profile"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=program(), args=list(FLAGS)
        )
        page = browser.new_page()
        page.goto(address)
        page.wait_for_url(flower.page)
        assert "Flower" in page.title() and "Workers" in page.inner_text("body")
        assert page.evaluate("document.URL + location.href").count(password) == 0
        assert page.evaluate("fetch('/api/workers').then(answer => answer.status)") == 200

        other = browser.new_page()
        again = other.goto(address)
        assert again is not None and again.status == 410, "it was good once"
        browser.close()
    found = [
        path
        for path in profile.rglob("*")
        if path.is_file() and password.encode() in path.read_bytes()
    ]
    assert not found
    assert password not in flower.log.read_text()


def test_a_project_s_own_settings_do_not_open_it(
    flower: Running, wait_until: Callable[..., None]
) -> None:
    link(flower, wait_until)
    assert httpx.get(flower.page, auth=("admin", "admin123")).status_code == 401
    assert httpx.get(flower.page, auth=tuple(flower.secret.split(":"))).status_code == 200  # type: ignore[arg-type]
    listens = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout
    places = {line.split()[3] for line in listens.splitlines() if f":{flower.port} " in line}
    assert places == {f"127.0.0.1:{flower.port}"}


def test_what_is_no_link_of_ours_is_refused(
    flower: Running, wait_until: Callable[..., None]
) -> None:
    link(flower, wait_until)
    soon, over = time.time() + 60, time.time() - 1
    good = signing_in.signed(flower.secret, soon)
    page = f"{flower.page[:-1]}{signing_in.PATH}"

    def status(words: str, **headers: str) -> int:
        return httpx.get(page, params={"link": words}, headers=headers).status_code

    assert status("") == status("a.b.c") == status("1.2") == status("é.ü.ß") == 403
    assert status(signing_in.signed("admin:admin123", soon)) == 403
    later = good.replace(good.partition(".")[0], str(int(soon) + 9999))
    assert status(later) == 403, "its time is signed"
    assert status(signing_in.signed(flower.secret, over)) == 410
    assert status(good, Host=f"rebound.example:{flower.port}") == 403
    answer = httpx.get(page, params={"link": good})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src 'nonce-" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert "unsafe-inline" not in answer.headers["content-security-policy"]


def test_another_user_s_browser_is_not_let_in(
    flower: Running, wait_until: Callable[..., None]
) -> None:
    """A link can be read in the list of processes while the browser starts."""
    address = link(flower, wait_until)
    script = (
        # All that it needs is read before it is somebody who may not read it.
        "import encodings.idna, os, sys, urllib.request, urllib.error\n"
        "os.setuid(65534)\n"
        "try: print(urllib.request.urlopen(sys.argv[1]).status)\n"
        "except urllib.error.HTTPError as error: print(error.code)\n"
    )
    argv = (
        [sys.executable, "-c", script, address]
        if os.getuid() == 0
        else ["true"]  # only the superuser can be somebody else
    )
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert said in {"403\n", ""}
    assert httpx.get(address).status_code == 200, "and it is still good"


def test_another_password_and_no_flower_are_told(
    flower: Running, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    link(flower, wait_until)
    with pytest.raises(ServiceError) as caught:
        signing_in.link(Home(tmp_path / "other"), flower.port)
    assert "restart flower" in str(caught.value)
    with pytest.raises(NotRunning):
        signing_in.link(flower.home, free_port())


def test_of_a_flower_without_links_the_plain_address_is_opened(
    flower: Running, httpserver: Any
) -> None:
    httpserver.expect_request(signing_in.PATH).respond_with_data("", status=401)
    plain = f"http://127.0.0.1:{httpserver.port}/"
    assert signing_in.link(flower.home, httpserver.port) == plain

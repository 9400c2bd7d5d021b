"""Where connections lead, whom they believe, and what is said when they can't be had."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.web.downloads.conftest import QUICK, Fetch, new_id
from tests.web.downloads.origin import DATA, Origin, served
from web.downloads import addresses, network
from web.downloads.addresses import check_url, is_public, resolve
from web.downloads.failures import DownloadError


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


def _served(certificate: trustme.LeafCert) -> Iterator[Origin]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    yield from served(context)


@pytest.fixture(scope="session")
def tls_origin(authority: trustme.CA) -> Iterator[Origin]:
    yield from _served(authority.issue_cert("localhost"))


@pytest.fixture(scope="session")
def expired_origin(authority: trustme.CA) -> Iterator[Origin]:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    yield from _served(authority.issue_cert("localhost", not_before=past, not_after=past))


@pytest.fixture(scope="session")
def foreign_origin(authority: trustme.CA) -> Iterator[Origin]:
    yield from _served(authority.issue_cert("example.org"))


@pytest.fixture
def believed(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


def code_of(run: Fetch, url: str, **more: object) -> str:
    with pytest.raises(DownloadError) as failed:
        run(url, download_id=new_id(), **more)
    return failed.value.code


def test_an_authority_that_is_named_is_believed(
    believed: None, tls_origin: Origin, run: Fetch
) -> None:
    assert run(tls_origin.url("plain")).size_bytes == len(DATA)
    assert run(tls_origin.url("no_length_at_all"), download_id=new_id()).size_bytes == len(DATA)


def test_a_private_authority_is_not_believed(tls_origin: Origin, run: Fetch) -> None:
    assert code_of(run, tls_origin.url("plain")) == "tls-unknown"


def test_an_expired_certificate_is_told(believed: None, expired_origin: Origin, run: Fetch) -> None:
    assert code_of(run, expired_origin.url("plain")) == "tls-expired"


def test_a_certificate_of_another_host_is_told(
    believed: None, foreign_origin: Origin, run: Fetch
) -> None:
    assert code_of(run, foreign_origin.url("plain")) == "tls-name"


def test_a_server_without_tls_is_told(origin: Origin, run: Fetch) -> None:
    url = origin.url("plain").replace("http:", "https:")
    assert code_of(run, url, limits=QUICK._replace(connect_s=1.0)) in {"tls", "silent-connect"}


def test_nobody_listens(run: Fetch) -> None:
    with socket.socket() as taken:  # bound, but it does not listen
        taken.bind(("127.0.0.1", 0))
        assert code_of(run, f"http://127.0.0.1:{taken.getsockname()[1]}/") == "refused"


def test_no_such_host(run: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **more: object) -> list[object]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert code_of(run, "http://nowhere.example/") == "unknown-host"


def test_a_resolver_that_hangs_does_not_hang_the_download(
    run: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()
    monkeypatch.setattr(network, "resolve", lambda host, port: ended.wait(30) and [])
    assert code_of(run, "http://slow.example/", limits=QUICK._replace(connect_s=0.5)) == (
        "silent-connect"
    )
    ended.set()


def test_the_second_address_is_tried_when_the_first_is_dead(
    origin: Origin, run: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "resolve", lambda host, port: ["127.0.0.2", "127.0.0.1"])
    url = origin.url("plain").replace("127.0.0.1", "two.example")
    assert run(url).size_bytes == len(DATA)


# Server-side request forgery


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch, run: Fetch) -> Fetch:
    monkeypatch.delenv("CELERY_TRAY_ALLOW_PRIVATE")
    return run


@pytest.mark.parametrize(
    "address",
    [
        "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::",
        "2001:0:53aa:64c:0:fbff:80ff:fffe", "fe80::1", "fd12::1", "ff02::1", "::", "::1",
        "0.0.0.0", "127.255.255.254", "169.254.169.254", "100.64.1.1", "192.0.0.1", "198.18.0.1",
        "240.0.0.1", "255.255.255.255",
    ],
)  # fmt: skip
def test_an_address_inside_another_is_seen(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "64:ff9b::5db8:d70e"])
def test_the_open_internet_is_open(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1./", "http://LOCALHOST/", "http://localhost./", "http://a.localhost/",
        "http://printer.local/", "http://metadata.google.internal/", "http://0/", "http://0x7f000001/",
        "http://017700000001/", "http://127.1/", "http://[::ffff:7f00:1]/", "http://[::]/",
        "http://user:pass@127.0.0.1/", "http://example.org@127.0.0.1/", "http://[fe80::1%25eth0]/",
        "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/",
    ],
)  # fmt: skip
def test_every_spelling_of_this_computer_is_refused(url: str, strict: Fetch) -> None:
    with pytest.raises(DownloadError) as refused:
        check_url(url)
    assert refused.value.code in {"private-address", "bad-url"}


def test_a_redirect_into_this_network_is_refused(
    origin: Origin, strict: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first host is let through as if it were public; it sends on to 127.0.0.1."""
    monkeypatch.setattr(network, "resolve", _as_if_public)
    url = origin.url("redirect_inside").replace("127.0.0.1", "public.example")
    assert code_of(strict, url) == "private-address"


def _as_if_public(host: str, port: int) -> list[str]:
    return ["127.0.0.1"] if host == "public.example" else resolve(host, port)


def test_a_name_is_resolved_once_and_no_second_answer_counts(
    origin: Origin, strict: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: the first answer is harmless, the second is this computer."""
    answers = [
        [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("203.0.113.7", origin.port))],
        [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", origin.port))],
    ]
    asked = []

    def answer(host: str, *args: object, **more: object) -> list[object]:
        asked.append(host)
        return answers[min(len(asked), 2) - 1]  # type: ignore[return-value]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    monkeypatch.setattr(addresses, "is_public", lambda address: str(address) == "203.0.113.7")
    connected = []
    monkeypatch.setattr(
        network, "_connected", lambda address, port, patience: connected.append(address) or _no()
    )
    assert code_of(strict, f"http://rebind.example:{origin.port}/plain") == "refused"
    assert (asked, connected) == (["rebind.example"], ["203.0.113.7"])


def _no() -> socket.socket:
    raise ConnectionRefusedError(111, "Connection refused")


# Proxies: only the one that is named


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Passes absolute requests on to their host, and refuses who has no password."""
    listener = socket.create_server(("127.0.0.1", 0))
    heads: list[str] = []

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                head = client.recv(65536).decode()
                heads.append(head)
                if "proxy-authorization: basic dTpw".lower() not in head.lower():
                    client.sendall(b"HTTP/1.1 407 Password\r\nContent-Length: 0\r\n\r\n")
                    continue
                _, target, _ = head.split(" ", 2)
                place, _, path = target.removeprefix("http://").partition("/")
                host, _, port = place.partition(":")
                with socket.create_connection((host, int(port))) as onward:
                    onward.sendall(f"GET /{path} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
                    while data := onward.recv(65536):
                        client.sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    yield f"127.0.0.1:{listener.getsockname()[1]}", heads
    listener.close()


def test_a_named_proxy_is_used(proxy: tuple[str, list[str]], origin: Origin, run: Fetch) -> None:
    place, heads = proxy
    limits = QUICK._replace(proxy=f"http://u:p@{place}")
    assert run(origin.url("plain", new_id()), limits=limits).size_bytes == len(DATA)
    assert heads[0].startswith("GET http://127.0.0.1:")
    assert code_of(
        run, origin.url("plain", new_id()), limits=QUICK._replace(proxy=f"http://{place}")
    ) == ("password-needed")


def test_a_proxy_does_not_open_this_network(
    proxy: tuple[str, list[str]], origin: Origin, strict: Fetch
) -> None:
    limits = QUICK._replace(proxy=f"http://u:p@{proxy[0]}")
    assert code_of(strict, origin.url("plain"), limits=limits) == "private-address"
    assert not proxy[1]


def test_a_proxy_of_the_environment_is_not_used(
    origin: Origin, run: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert run(origin.url("plain", new_id())).size_bytes == len(DATA)


def test_a_proxy_that_is_none_is_told(origin: Origin, run: Fetch) -> None:
    assert code_of(run, origin.url("plain"), limits=QUICK._replace(proxy="socks5://x:1")) == "proxy"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "scheme-file"), ("data:text/plain,x", "scheme-data"),
        ("ftp://example.org/x", "scheme-ftp"), ("magnet:?xt=urn:x", "scheme-magnet"),
        ("blob:https://x/1", "scheme-blob"), ("javascript:alert(1)", "scheme-javascript"),
        ("gopher://example.org/", "bad-url"), ("//example.org/", "bad-url"), ("http://", "bad-url"),
        ("http://example.org:99999/", "bad-url"), ("http://exa mple.org/", "bad-url"),
        ("http://example.org/\r\nX: y", "bad-url"),
        ("http://a%0d%0aX:p@example.org/", "credentials"),
        ("http://[::1/", "bad-url"), ("http://example.org:0/", "bad-url"),
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_told_which(url: str, code: str) -> None:
    with pytest.raises(DownloadError) as refused:
        check_url(url)
    assert refused.value.code == code


def test_a_password_is_not_repeated_in_a_refusal() -> None:
    with pytest.raises(DownloadError) as refused:
        check_url("gopher://me:secret@example.org/")
    assert "secret" not in str(refused.value.details)

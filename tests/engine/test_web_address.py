from __future__ import annotations

import pytest

from desktop.engine.web_address import url_prefix, web_origin


@pytest.mark.parametrize(
    ("given", "prefix"),
    [
        ("celery", "/celery"),
        ("/celery/", "/celery"),
        ("/ops/celery", "/ops/celery"),
        ("/", ""),
        ("", ""),
        ("/a//b", None),
        ("/..", None),
        ("/a/../b", None),
        ("/.well-known", None),
        ("/a b", None),
        ("/a?b", None),
        ("/{path}", None),
        ("/ü", None),
        ("/a%2f", None),
    ],
)
def test_a_prefix_is_the_beginning_of_an_address(given, prefix):
    assert url_prefix(given) == prefix


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://ops.example.com", "https://ops.example.com"),
        ("HTTPS://Ops.Example.com:443/", "https://ops.example.com"),
        ("http://ops:8080", "http://ops:8080"),
        ("http://[::1]:80", "http://[::1]"),
        ("https://ops.example.com/celery", None),
        ("https://user@ops.example.com", None),
        ("https://ops.example.com:0", None),
        ("https://ops.example.com:x", None),
        ("https://*.example.com", None),
        ("https://", None),
        ("ops.example.com", None),
        ("ftp://ops", None),
        ("null", None),
        ("https://a b", None),
        ("https://ops?x", None),
    ],
)
def test_an_origin_is_scheme_and_host_as_a_browser_sends_them(given, origin):
    assert web_origin(given) == origin

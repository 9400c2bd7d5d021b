"""Loops in shells' texts, with hypothesis against a text that a real shell takes."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.census.shells import is_shell, shell_text, starts_again


@pytest.mark.parametrize(
    ("argv", "found"),
    [
        (("bash", "-c", "celery worker", "name"), ("celery worker", "")),
        (("/bin/sh", "-ec", "x"), ("x", "")),
        (("bash", "-e", "-o", "pipefail", "-c", "x"), ("x", "")),
        (("bash", "-eo", "pipefail", "run.sh", "-c"), ("", "run.sh")),
        (("busybox", "sh", "-c", "x"), ("x", "")),
        (("bash", "--norc", "--", "run.sh"), ("", "run.sh")),
        (("sh", "run.sh"), ("", "run.sh")),
        (("-bash",), ("", "")),
        (("bash", "-i"), ("", "")),
        (("bash", "-l"), ("", "")),
        (("zsh", "-is", "x"), ("", "")),
        (("bash", "-c"), ("", "")),
        (("python", "-c", "x"), ("", "")),
        ((), ("", "")),
    ],
)
def test_what_a_shell_runs(argv: tuple[str, ...], found: tuple[str, str]) -> None:
    assert shell_text(argv) == found


AGAIN = [
    "while true; do celery -A shop worker; done",
    "while :\ndo\n  /v/bin/celery worker || true\n  sleep 1\ndone",
    "until celery -A shop worker; do sleep 1; done",
    "while celery -A shop worker; do :; done",
    "cd /srv && while true; do timeout 60 celery worker; done | tee log",
    "for n in $(seq 9); do celery worker 2>&1; done",
    "for ((;;)); do celery worker; done",
    "if x; then while y; do z; done; else until 'celery' worker; do :; done; fi",
    "while true; do celery worker & wait; done",
    'while true; do "$@"; done',
    "while true; do if x; then $CMD; fi; done",
    "run() { while true; do celery worker; done; }; run",
    "while true; do\n  celery worker \\\n    -c 2\n",  # cut off
]
ONCE = [
    "celery -A shop worker",
    "for i in 1 2 3; do celery worker -n w$i & done; wait",
    "while ! pg_isready; do sleep 1; done; exec celery worker",
    "for f in *.env; do . $f; done; celery worker",
    "# while true; do celery worker; done\ncelery worker",
    "echo 'while true; do celery worker; done'; celery worker",
    "celery worker # done while true",
    "echo while true do celery worker done; celery worker",
    "while read line; do echo $line; done < log; celery worker",
    "",
]


@pytest.mark.parametrize("text", AGAIN)
def test_a_loop_around_the_program_starts_it_again(text: str) -> None:
    assert starts_again(text, {"celery"})


@pytest.mark.parametrize("text", ONCE)
def test_a_loop_elsewhere_does_not(text: str) -> None:
    assert not starts_again(text, {"celery"})


@pytest.mark.parametrize("text", [*AGAIN[:-1], *ONCE])
def test_the_examples_are_texts_that_a_shell_takes(text: str) -> None:
    done = subprocess.run(["bash", "-n", "-c", text], check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


WORDS = ("while", "until", "for", "do", "done", "celery", "$x", "#", "2>&1", "||", "\\")
pieces = st.sampled_from((*WORDS, *";&\n'\"$(){} "))
texts = st.one_of(st.text(max_size=40), st.lists(pieces, max_size=25).map(" ".join))


@given(texts)
def test_no_text_is_too_strange(text: str) -> None:
    starts_again(text, {"celery"})


@given(texts)
def test_a_text_without_a_loop_starts_nothing_again(text: str) -> None:
    for word in ("while", "until", "for", "select"):
        text = text.replace(word, "x")
    assert not starts_again(text, {"celery", "x"})


@given(
    st.lists(st.sampled_from(["sleep 1", "echo 'done'", "x=1", "true || false"]), max_size=3),
    st.sampled_from(["while true", "until false", "while ! x"]),
    st.sampled_from([("; ", "; "), ("\n", "\n")]),
)
def test_whatever_else_a_loop_does(others: list[str], opener: str, ends: tuple[str, str]) -> None:
    body = ends[0].join([*others, "/v/bin/celery -A shop worker"])
    assert starts_again(f"{opener}{ends[0]}do {body}{ends[1]}done", {"celery"})
    other = ends[0].join([*others, "sleep 1"])
    assert not starts_again(f"{opener}{ends[0]}do {other}{ends[1]}done; celery w", {"celery"})


@given(st.lists(st.text(max_size=8), max_size=6).map(tuple))
def test_no_command_line_of_a_shell_is_too_strange(words: tuple[str, ...]) -> None:
    assert is_shell(("bash", *words))
    text, path = shell_text(("bash", *words))
    assert not (text and path)

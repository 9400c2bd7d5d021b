"""Command lines read without running anything."""

from __future__ import annotations

import pytest
from celery.utils.nodenames import default_nodename, gethostname, host_format
from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.census.command_line import CeleryCommand, Part, parse
from desktop.engine.census.interpreter import is_interpreter
from desktop.engine.census.node_name import node_name
from desktop.engine.states import Role

HOST = "box.lan"
PYTHON = "/srv/shop/.venv/bin/python"
CELERY = "/srv/shop/.venv/bin/celery"


def read(*argv: str, **environ: str) -> CeleryCommand | None:
    return parse(argv, environ, HOST)


def worker(*options: str) -> CeleryCommand:
    found = read(PYTHON, CELERY, "-A", "shop.celery:app", "worker", *options)
    assert found is not None
    return found


def test_all_that_a_worker_is_told() -> None:
    assert worker(
        *("-n", "w1@%h", "-Q", "mail, video", "-P", "processes", "-c", "4", "-B"),
        *("--pidfile", "/run/w1.pid", "-l", "INFO"),
    ) == CeleryCommand(
        role=Role.WORKER,
        app="shop.celery:app",
        node="w1@box.lan",
        queues=("mail", "video"),
        pool="prefork",
        concurrency=4,
        beat=True,
        pidfile="/run/w1.pid",
    )


PROGRAMS = [
    (PYTHON, CELERY),
    (PYTHON, "celery"),
    ("python3.11", "-P", "-m", "celery"),
    ("python", "-mcelery"),
    ("python", "-X", "dev", "-Wignore", "-uB", "-m", "celery.__main__"),
    ("pypy3", "-Xdev", CELERY),
    ("/Frameworks/Python.app/Contents/MacOS/Python", CELERY),
    ("celery",),
    ("/nix/store/x/bin/.celery-wrapped",),
    (PYTHON, "-m", "coverage", "run", "-p", "-m", "celery"),
    (PYTHON, "-m", "debugpy", "--listen", "5678", CELERY),
    (PYTHON, "/ide/pydevd.py", "--client", "127.0.0.1", "--port", "1", "--file", CELERY),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_way_to_run_celery_is_known(program: tuple[str, ...]) -> None:
    found = read(*program, "-A", "shop", "worker")
    assert found is not None
    assert (found.role, found.app) == (Role.WORKER, "shop")


@pytest.mark.parametrize(
    ("argv", "role"),
    [
        (("celery", "-A", "shop", "beat"), Role.BEAT),
        (("celery", "--app=shop", "flower", "--port=5555"), Role.FLOWER),
        (("celery", "-Ashop", "events", "--dump", "-c", "shop.Camera"), Role.EVENTS),
        (("celery", "multi", "start", "w1", "-A", "shop", "-c", "2"), Role.MULTI),
    ],
)
def test_every_role_is_known(argv: tuple[str, ...], role: Role) -> None:
    found = read(*argv)
    assert found is not None
    assert (found.role, found.app, found.concurrency) == (role, "shop", None)


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("",),
        ("vi", "worker.py"),
        ("vim", CELERY, "worker"),
        ("grep", "celery", "worker"),
        ("tail", "-f", "celery-worker.log"),
        ("bash", "-c", f"{CELERY} -A shop worker"),
        ("sudo", "celery", "-A", "shop", "worker"),
        ("sleep", "300"),
        (PYTHON,),
        (PYTHON, "-"),
        (PYTHON, "-m"),
        (PYTHON, "-c", "code", CELERY, "worker"),
        (PYTHON, "-Ic", "code", CELERY, "worker"),
        (PYTHON, "worker.py", "celery", "worker"),
        (PYTHON, "celery.py", "-A", "shop", "worker"),
        (PYTHON, "/srv/celery/worker.py", "worker"),
        (PYTHON, "-m", "pytest", "-k", "celery worker", CELERY, "worker"),
        (PYTHON, "-m", "coverage", "run", "-m", "pytest", CELERY, "worker"),
        (PYTHON, "-m", "pdb", "app.py", CELERY, "worker"),
        (PYTHON, "-m", "celery_once", "worker"),
        (PYTHON, "/venv/bin/watchfiles", f"{CELERY} -A shop worker", "."),
        (PYTHON, "/venv/bin/watchmedo", "auto-restart", "--", "celery", "-A", "shop", "worker"),
        (PYTHON, "/venv/bin/honcho", "start"),
        (PYTHON, "manage.py", "celery", "worker"),
        ("celery",),
        ("celery", "300"),
        ("celery", "-A", "worker"),
        ("celery", "-A", "shop", "inspect", "ping"),
        ("celery", "-A", "shop", "shell"),
        ("celery", "-A", "shop", "control", "shutdown", "worker"),
        ("celery", "-A", "shop", "status"),
        ("celery", "-A", "shop", "worker", "--help"),
        ("celery", "--version", "worker"),
        ("celery", "multi", "stop", "w1"),
        ("celery", "multi", "show", "w1"),
        ("[celeryd]",),
        ("[celery", "flower]"),
    ],
)
def test_what_only_looks_like_celery_is_nothing(argv: tuple[str, ...]) -> None:
    assert read(*argv) is None


def test_the_app_and_the_broker_may_stand_in_the_environment() -> None:
    found = read("celery", "worker", CELERY_APP="shop", CELERY_BROKER_URL="redis://h/3")
    assert found is not None
    assert (found.app, found.broker) == ("shop", "redis://h/3")
    found = read("celery", "-A", "mine", "-b", "redis://x", "worker", APP="shop", BROKER_URL="y")
    assert found is not None
    assert (found.app, found.broker) == ("mine", "redis://x")


def test_a_worker_that_detaches_only_starts_another() -> None:
    assert worker("--detach").detaches
    assert worker("-ED").detaches
    beat = read("celery", "-A", "shop", "beat", "--detach")
    assert beat is not None
    assert not beat.detaches, "beat forks, and keeps its command line"


def test_what_celery_multi_made_is_known_by_its_executable() -> None:
    assert worker("-n", "w1@box", "--pidfile=w1.pid", "--executable=/usr/bin/python3").by_multi
    assert not worker("-n", "w1@box", "--pidfile=w1.pid").by_multi


# Titles come in one piece, or split at the spaces and padded, as psutil reads them.
TITLE = "[celeryd: a2@host:MainProcess] -active- (-A proj worker -c 2 -n a2@%h -Q x,y)"


@pytest.mark.parametrize("argv", [(TITLE,), tuple(TITLE.split()), (*TITLE.split(), "", "")])
def test_a_title_tells_the_same(argv: tuple[str, ...]) -> None:
    assert parse(argv) == CeleryCommand(
        role=Role.WORKER,
        app="proj",
        node="a2@host",
        queues=("x", "y"),
        concurrency=2,
        titled=True,
    )


@pytest.mark.parametrize(
    ("title", "role", "part", "node"),
    [
        ("[celeryd: a2@host:ForkPoolWorker-1]", Role.WORKER, Part.POOL, "a2@host"),
        ("[celeryd: a2@host:SpawnPoolWorker-12]", Role.WORKER, Part.POOL, "a2@host"),
        ("[celeryd: s@host:MainProcess] -active- ()", Role.WORKER, Part.MAIN, "s@host"),
        ("[celeryd: s@host:MainProcess]", Role.WORKER, Part.MAIN, "s@host"),
        ("[celery beat] -A proj beat -l INFO", Role.BEAT, Part.MAIN, ""),
        ("[celery beat]", Role.BEAT, Part.BEAT, ""),
        ("[celery events:dump]  -A proj events --dump", Role.EVENTS, Part.MAIN, ""),
    ],
)
def test_a_title_names_the_part(title: str, role: Role, part: Part, node: str) -> None:
    found = parse((title,))
    assert found is not None
    assert (found.role, found.part, found.node) == (role, part, node)


names = st.text(st.sampled_from("abcxyz09_-"), min_size=1, max_size=8).filter(
    lambda name: not name.startswith("-")
)
options = st.fixed_dictionaries(
    {},
    optional={
        "concurrency": st.integers(1, 99).map(str),
        "queues": st.lists(names, min_size=1, max_size=3).map(",".join),
        "pool": st.sampled_from(["prefork", "solo", "threads", "gevent", "eventlet"]),
        "hostname": names.map("{}@there".format),
        "pidfile": names,
        "statedb": names,
        "loglevel": st.sampled_from(["INFO", "debug"]),
    },
)
LETTERS = {
    "concurrency": "c",
    "queues": "Q",
    "pool": "P",
    "hostname": "n",
    "statedb": "S",
    "loglevel": "l",
}


@st.composite
def spelt(draw: st.DrawFn) -> tuple[dict[str, str], bool, tuple[str, ...]]:
    """Options, whether ``-B`` is among them, and one of the ways to write them down."""
    chosen = draw(options)
    beat = draw(st.booleans())
    pieces: list[list[str]] = [["--beat" if draw(st.booleans()) else "-EB"]] if beat else []
    for name, value in chosen.items():
        letter = LETTERS.get(name)
        ways = [[f"--{name}={value}"], [f"--{name}", value]]
        if letter:
            ways += [[f"-{letter}", value], [f"-{letter}{value}"], [f"-E{letter}{value}"]]
        pieces.append(draw(st.sampled_from(ways)))
    order = draw(st.permutations(pieces))
    return chosen, beat, tuple(word for piece in order for word in piece)


@given(app=names, program=st.sampled_from(PROGRAMS), written=spelt())
def test_however_options_are_written_they_are_read_the_same(
    app: str, program: tuple[str, ...], written: tuple[dict[str, str], bool, tuple[str, ...]]
) -> None:
    chosen, beat, words = written
    found = read(*program, "-A", app, "worker", *words)
    assert found == CeleryCommand(
        role=Role.WORKER,
        app=app,
        node=chosen.get("hostname", f"celery@{HOST}"),
        queues=tuple(chosen["queues"].split(",")) if "queues" in chosen else (),
        pool=chosen.get("pool", ""),
        concurrency=int(chosen["concurrency"]) if "concurrency" in chosen else None,
        beat=beat,
        pidfile=chosen.get("pidfile", ""),
    )
    title = f"[celeryd: n@h:MainProcess] -active- ({' '.join(('-A', app, 'worker', *words))})"
    titled = parse(tuple(title.split()))
    assert titled is not None
    assert (titled.node, titled.queues, titled.pool) == ("n@h", found.queues, found.pool)


OPTIONS = ("-A", "-m", "-c", "-n", "-P", "-X", "--", "-", "=", "%h")
WORDS = (*OPTIONS, "[celeryd:", "[celery", "]", "(", ")", "celery", "worker")
words = st.one_of(st.text(max_size=12), st.sampled_from(WORDS))


@given(st.lists(words, max_size=12).map(tuple))
def test_no_command_line_is_too_strange(argv: tuple[str, ...]) -> None:
    parse(argv)
    parse(("python", *argv))
    parse(("python", "celery", *argv))


@given(st.lists(words, max_size=8).map(tuple), st.sampled_from(["vim", "grep", "bash", "less"]))
def test_another_program_is_never_celery_whatever_its_words(
    rest: tuple[str, ...], program: str
) -> None:
    assert parse((f"/usr/bin/{program}", *rest, CELERY, "-A", "shop", "worker")) is None


@given(st.text(st.sampled_from("ab@.%hndiI"), min_size=1, max_size=10))
def test_node_names_are_expanded_as_celery_does(given_name: str) -> None:
    here = gethostname()
    try:
        celerys = host_format(default_nodename(given_name))
    except ValueError:
        return  # Celery refuses to start with it
    assert node_name(given_name, here) == celerys


@pytest.mark.parametrize("name", ["python", "python3.13t", "Python", "pypy3", "my-python3-dbg"])
def test_interpreters(name: str) -> None:
    assert is_interpreter(f"/usr/bin/{name}")


@pytest.mark.parametrize("name", ["celery", "bash", "ruby", "ipython", "", "sleep"])
def test_no_interpreters(name: str) -> None:
    assert not is_interpreter(name)

"""Why a service ended, in words.

:data:`CAUSES` is the table of what programs write before they end; a line of it is a pattern and
the words that belong to it. What no line knows is told by exit code or signal.
"""

from __future__ import annotations

import re
import signal
from typing import NamedTuple

import msgspec

from desktop.engine.model import Problem, ServiceSpec
from desktop.engine.urls import masked
from desktop.words import Text, text

LINES_READ = 40
"""The cause is among a program's last words; older ones may be of an earlier start."""
LINE_MAX_CHARS = 2000
SHELL_SIGNAL = 128
"""A shell tells of a signal by this and the signal's number: 137 is SIGKILL."""
CAUSES_OF_SIGNALS = frozenset({"fork-unsafe", "out-of-memory"})

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Cause(NamedTuple):
    """A line of the log that tells why. Groups of ``pattern`` fill the places in the words;
    {service} is always there."""

    code: str
    pattern: str
    message: Text
    next_step: Text


CAUSES: tuple[Cause, ...] = (
    Cause(
        "flower-settings",
        r'File "[^"]*flowerconfig\.py", line (?P<line>\d+)',
        text("The project's flowerconfig.py has a mistake in line {line}."),
        text("Correct it, or move it out of the project's folder; then start again."),
    ),
    Cause(
        "flower-option",
        r"tornado\.options\.Error: (?P<reason>.+)",
        text("Flower does not understand its settings: {reason}"),
        text("Correct flowerconfig.py and the variables that begin with FLOWER_."),
    ),
    Cause(
        "flower-option",
        r'File "[^"]*tornado.options\.py", line \d+, in (?:_?parse|set)',
        text("Flower does not understand one of its settings: it is of another type."),
        text("Correct flowerconfig.py and the variables that begin with FLOWER_."),
    ),
    Cause(
        "flower-too-old",
        r"cannot import name 'Command' from 'celery\.bin\.base'",
        text("This Flower is older than the Celery beside it can run."),
        text("Update it in that environment: pip install --upgrade flower"),
    ),
    Cause(
        "flower-too-new",
        r"cannot import name 'CeleryCommand' from 'celery\.bin\.base'",
        text("This Flower needs a newer Celery than the one beside it."),
        text("Update Celery in that environment, or put flower<1 there."),
    ),
    Cause(
        "flower-unknown",
        r"No such command 'flower'",
        text("The Celery of that environment knows no Flower."),
        text("Install it there: pip install flower. The log tells whether it could not be loaded."),
    ),
    Cause(
        "module-missing",
        r"(?:ModuleNotFoundError|ImportError): No module named '?(?P<module>[\w.]+)'?",
        text("The Python module {module} is missing."),
        text("Install {module} in the environment of this service, or correct the import."),
    ),
    Cause(
        "import-failed",
        r"ImportError: (?P<reason>.+)",
        text("An import failed: {reason}"),
        text("Correct the import, or install the version that has it; then start again."),
    ),
    Cause(
        "syntax-error",
        r"(?:SyntaxError|IndentationError|TabError): (?P<reason>.+)",
        text("Its Python code has a mistake: {reason}"),
        text("Correct the line that the log names, then start again."),
    ),
    Cause(
        "app-missing",
        r"Unable to load celery application",
        text("Celery can't load the app."),
        text("Correct app in the configuration; it is what celery -A is given."),
    ),
    Cause(
        "aof-corrupt",
        r"Bad file format reading the append only file|Unexpected end of file reading the append"
        r"|AOF (?:file )?.*(?:is corrupt|has an invalid)",
        text("The file in which Redis keeps its data is damaged."),
        text("Mend it with redis-check-aof --fix after making a copy; the log names the file."),
    ),
    Cause(
        "aof-unreadable",
        r"Can't open (?:the|or create) append-only|Fatal error: can't open the append|"
        r"Can't open the append-only (?:file|dir)",
        text("Redis can't open the file in which it keeps its data."),
        text("Mend the permissions of its data folder; the log names the file."),
    ),
    Cause(
        "config-refused",
        r"FATAL CONFIG FILE ERROR|Bad directive or wrong number of arguments",
        text("The server does not understand its configuration."),
        text("See the line that the log names; the server may be too old for it."),
    ),
    Cause(
        "disk-full",
        r"No space left on device|ENOSPC|Disk quota exceeded|database or disk is full",
        text("The disk is full."),
        text("Free some space, then start {service} again."),
    ),
    Cause(
        "address-in-use",
        r"Address already in use|EADDRINUSE|address already in use",
        text("Another program already listens on its port."),
        text("Stop that program, or give {service} another port."),
    ),
    Cause(
        "address-not-here",
        r"(?:Cannot|Can't) assign requested address|EADDRNOTAVAIL",
        text("Its address is not one of this machine's."),
        text("Give {service} an address of this machine: 127.0.0.1."),
    ),
    Cause(
        "script-missing",
        r"[Mm]issing script:? [\"']?(?P<script>[\w:.-]+)",
        text("npm knows no script called {script}."),
        text("Correct the command in the configuration, or add the script to package.json."),
    ),
    Cause(
        "fork-unsafe",
        r"may have been in progress in another thread when fork\(\) was called",
        text("macOS ended it, because it forked while another thread was in system code."),
        text('Set OBJC_DISABLE_INITIALIZE_FORK_SAFETY = "YES" under [env], or pool = "threads".'),
    ),
    Cause(
        "out-of-memory",
        r"^MemoryError|Cannot allocate memory|JavaScript heap out of memory|std::bad_alloc",
        text("There was not enough memory for it."),
        text("Close other programs, or run fewer processes (concurrency)."),
    ),
    Cause(
        "redis-memory",
        r"OOM command not allowed|command not allowed when used memory",
        text("Redis is out of memory and refuses new tasks."),
        text("Let workers empty the queues, delete what is not needed, or raise maxmemory there."),
    ),
    Cause(
        "redis-disk",
        r"MISCONF ",
        text("Redis can't write its data to disk and refuses new tasks."),
        text("Free that disk or correct the permissions of its folder; its log tells which it is."),
    ),
    Cause(
        "redis-replica",
        r"You can't write against a read only replica",
        text("Its Redis is a replica and can only be read."),
        text("Write the master's address under [redis] url."),
    ),
    Cause(
        "master-name",
        r"'master_name' transport option must be specified",
        text("The app does not say which master the Redis Sentinel is to be asked for."),
        text("Set master_name in broker_transport_options of the app."),
    ),
    Cause(
        "broker-password",
        r"invalid username-password pair|NOAUTH|AuthenticationError|ACCESS_REFUSED",
        text("The broker refuses its user or password."),
        text("Correct them in the broker's address."),
    ),
    Cause(
        "broker-unknown",
        r"No such transport: (?P<transport>\S+)",
        text("Celery knows no broker of the kind {transport}."),
        text("Correct the beginning of the broker's address."),
    ),
    Cause(
        "broker-refused",
        r"kombu\.exceptions\.OperationalError|Cannot connect to \w+://|redis\.exceptions\.Connection",
        text("It can't reach its broker."),
        text("See that the broker runs and that its address is right."),
    ),
    Cause(
        "permission-denied",
        r"Permission ?[Dd]enied|EACCES|Operation not permitted",
        text("The system does not let it: permission denied."),
        text("Mend the permissions of the file, folder or port that the log names."),
    ),
    Cause(
        "command-missing",
        r"(?:^|: )(?P<command>[^\s:]+): (?:command )?not found",
        text("There is no program called {command}."),
        text("Install it, or correct the command in the configuration."),
    ),
)
"""The more telling first: an import error often stands above another error that it led to."""


class _Ending(NamedTuple):
    code: str
    message: Text
    next_step: Text


_BY_CODE: dict[int, _Ending] = {
    126: _Ending(
        "not-executable",
        text("Its program is there, but can't be run."),
        text("Make it executable (chmod +x), or correct the command in the configuration."),
    ),
    127: _Ending(
        "command-missing",
        text("Its program was not found."),
        text("Install it, or correct the command in the configuration."),
    ),
    -signal.SIGKILL: _Ending(
        "killed",
        text("It was killed, as the system does when memory runs out."),
        text("See how much memory is free; run fewer processes (concurrency) if it is little."),
    ),
    -signal.SIGSEGV: _Ending(
        "segfault",
        text("It crashed inside a compiled library (segmentation fault)."),
        text(
            "Update the libraries that it uses; on macOS try"
            " OBJC_DISABLE_INITIALIZE_FORK_SAFETY=YES in its env."
        ),
    ),
    -signal.SIGABRT: _Ending(
        "aborted",
        text("It ended itself after an error that it could not handle (abort)."),
        text(
            "Its log tells more; on macOS try OBJC_DISABLE_INITIALIZE_FORK_SAFETY=YES in its env."
        ),
    ),
}


def explain(
    spec: ServiceSpec,
    *,
    code: int | None,
    ran_for_s: float,
    quick: bool,
    log_tail: tuple[str, ...],
) -> Problem:
    """The problem that its end is.

    ``code`` is the exit code, negative for a signal, None when it was adopted (its end is then
    seen, but not its code). ``quick``: it ended too soon after its start to have been of use.
    ``log_tail`` are its last lines as it wrote them; the problem holds them fit to be shown.
    """
    if quick:
        title = text("{service} exits too quickly.", service=spec.name)
    else:
        title = text("{service} crashed after running.", service=spec.name)
    lines = tuple(shown(line) for line in log_tail)
    found = _cause(spec, code, lines) or _ending(spec, code)
    return Problem(
        code=found.code,
        title=title,
        message=found.message,
        next_step=found.next_step,
        log=lines,
    )


def shown(line: str) -> str:
    """A line of a log as it may be shown: no credentials, no colours, no control characters."""
    return masked(_CONTROL.sub("", _ANSI.sub("", line))[:LINE_MAX_CHARS])


def _cause(spec: ServiceSpec, code: int | None, lines: tuple[str, ...]) -> _Ending | None:
    if code == 0:
        return None  # it meant to end
    signalled = code is not None and (code < 0 or code > SHELL_SIGNAL)
    recent = lines[-LINES_READ:]
    for cause in CAUSES:
        # Whom a signal ends had no last words, save about what brought the signal about.
        if signalled and cause.code not in CAUSES_OF_SIGNALS:
            continue
        for line in reversed(recent):
            found = re.search(cause.pattern, line)
            if found:
                values = {"service": spec.name, **found.groupdict("")}
                message, next_step = (
                    msgspec.structs.replace(one, args=values)
                    for one in (cause.message, cause.next_step)
                )
                return _Ending(cause.code, message, next_step)
    return None


def _ending(spec: ServiceSpec, code: int | None) -> _Ending:
    if code is not None and code > SHELL_SIGNAL:
        code = SHELL_SIGNAL - code
    known = _BY_CODE.get(code or 0)
    if known:
        return known
    log = text("Its log tells more: celery-tray logs {service}", service=spec.name)
    return _Ending("ended", _how(code), log)


def _how(code: int | None) -> Text:
    if code is None:
        return text("It ended; how is not known, because an earlier engine started it.")
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return text("It was ended by the signal {signal}.", signal=name)
    return text("It ended with exit code {code}.", code=code)

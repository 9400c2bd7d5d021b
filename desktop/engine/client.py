"""How every face reaches the engine: connect or start it, send commands, see snapshots.

:class:`Client` blocks, and imports little: a command on the terminal pays for nothing else.
:class:`desktop.engine.link.Link` is the same for asyncio faces that stay.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

from desktop import __version__
from desktop.engine import wire
from desktop.engine.errors import EngineError, HomeError, NotRunning, TrayError
from desktop.engine.snapshot import Snapshot, apply
from desktop.launch import own_command
from desktop.paths import Home
from desktop.words import text, verbatim

if TYPE_CHECKING:
    import subprocess

    from desktop.engine.commands import Answer, Command, Refused

START_TIMEOUT_S = 20.0
"""How long a fresh engine may take to listen; it needs well under a second."""
_POLL_S = 0.004


class Client:
    """A connection of one face. Use as a context manager or close it."""

    def __init__(self, connection: socket.socket, welcome: wire.Welcome) -> None:
        self._socket = connection
        self._next_id = 1
        self._snapshot: Snapshot | None = None
        self._subscribed = False
        self.engine_pid = welcome.pid
        self.engine_version = welcome.version

    @classmethod
    def connect(cls, home: Home, face: str, *, start: bool = True, stays: bool = False) -> Client:
        """Connect, starting the engine when none runs.

        Raises :class:`NotRunning` when there is none and ``start`` is false,
        :class:`EngineError` when it can't be started, :class:`HomeError` when the state folder
        can't be used.
        """
        hello = wire.Hello(wire.PROTOCOL, __version__, face, stays)
        client = cls._try(home, hello)
        if client is None:
            if not start:
                raise not_running()
            client = cls._start(home, hello)
        if client.engine_version == __version__:
            return client
        return client._hand_over(home, hello, start)

    def submit(
        self, command: Command, on_snapshot: Callable[[Snapshot], None] | None = None
    ) -> Answer:
        """Send a command and wait for its answer.

        ``on_snapshot`` is called with each new snapshot while waiting. Raises
        :class:`TrayError` when the engine refuses, :class:`EngineError` when it goes away.
        """
        from desktop.engine.commands import Refused

        if on_snapshot:
            self._subscribe()
            if self._snapshot:
                on_snapshot(self._snapshot)
        request_id, self._next_id = self._next_id, self._next_id + 1
        self._send(wire.request(request_id, command))
        while True:
            message = self._receive()
            if isinstance(message, wire.Reply) and message.id == request_id:
                answer = wire.answer_of(message)
                if isinstance(answer, Refused):
                    raise refusal(answer)
                return answer
            if on_snapshot and self._take(message) and self._snapshot:
                on_snapshot(self._snapshot)

    def snapshot(self) -> Snapshot:
        """The state of everything, now."""
        self._subscribe()
        while self._snapshot is None or select.select([self._socket], [], [], 0)[0]:
            self._take(self._receive())
        return self._snapshot

    def snapshots(self) -> Iterator[Snapshot]:
        """The whole state first, then again after each change; ends when the engine goes."""
        self._subscribe()
        if self._snapshot:
            yield self._snapshot
        while True:
            try:
                message = self._receive()
            except EngineError:
                return
            if self._take(message) and self._snapshot:
                yield self._snapshot

    def settimeout(self, timeout_s: float | None) -> None:
        """Bound each wait for the engine; TimeoutError then comes out of the other methods."""
        self._socket.settimeout(timeout_s)

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @classmethod
    def _try(cls, home: Home, hello: wire.Hello) -> Client | None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(home.socket))
            connection.sendall(wire.frame(hello))
            welcome = _read(connection)
        except (FileNotFoundError, ConnectionError, EOFError, NotADirectoryError):
            connection.close()
            return None
        except OSError as error:
            connection.close()
            raise unreachable(home, error) from None
        if not isinstance(welcome, wire.Welcome):
            connection.close()
            return None
        return cls(connection, welcome)

    @classmethod
    def _start(cls, home: Home, hello: wire.Hello) -> Client:
        process = start_engine(home)
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            client = cls._try(home, hello)
            if client:
                return client
            # Two faces may start an engine at once: the one without the lock leaves with 0.
            if process.poll() not in (None, 0):
                break
            time.sleep(_POLL_S)
        raise did_not_start(home)

    def _hand_over(self, home: Home, hello: wire.Hello, start: bool) -> Client:
        """A newer face asks an older engine to leave; the services go on and are adopted."""
        if _numbers(self.engine_version) > _numbers(__version__):
            self.close()
            raise newer_engine(self.engine_version)
        if not start:
            return self
        from desktop.engine.commands import Leave

        with contextlib.suppress(EngineError):
            self.submit(Leave())
            while True:
                self._receive()
        self.close()
        return type(self)._start(home, hello)

    def _subscribe(self) -> None:
        if not self._subscribed:
            self._subscribed = True
            self._send(wire.Subscribe())

    def _take(self, message: wire.FromEngine) -> bool:
        if isinstance(message, wire.Full):
            self._snapshot = message.snapshot
            return True
        if isinstance(message, wire.Change) and self._snapshot:
            self._snapshot = apply(self._snapshot, message.delta)
            return True
        return False

    def _send(self, message: wire.FromFace) -> None:
        try:
            self._socket.sendall(wire.frame(message))
        except ConnectionError:
            raise gone() from None

    def _receive(self) -> wire.FromEngine:
        try:
            return _read(self._socket)
        except (ConnectionError, EOFError):
            raise gone() from None


def start_engine(home: Home) -> subprocess.Popen[bytes]:
    """Start the engine process, detached from this terminal and session."""
    import subprocess

    try:
        home.make()
        log = home.engine_log.open("ab")
    except OSError as error:
        raise unusable_home(home, error) from None
    with log:
        home.engine_log.chmod(0o600)
        return subprocess.Popen(
            own_command("desktop.engine", "--home", str(home.root)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home.root,
            start_new_session=True,
        )


def _read(connection: socket.socket) -> wire.FromEngine:
    body_bytes = wire.body_length(_read_exactly(connection, wire.HEAD_BYTES))
    message: wire.FromEngine = wire.decode_from_engine(_read_exactly(connection, body_bytes))
    return message


def _read_exactly(connection: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = connection.recv(count - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


# --- words ---------------------------------------------------------------------------------------


def refusal(answer: Refused) -> TrayError:
    """The engine's refusal as the error it was, with its exit code."""
    error = TrayError.of(answer.problem)
    error.exit_code = answer.exit_code
    return error


def not_running() -> NotRunning:
    return NotRunning(
        "not-running",
        text("Nothing is running."),
        text("No engine runs for this state folder."),
        text("Start everything with: celery-tray start"),
    )


def gone() -> EngineError:
    return EngineError(
        "engine-gone",
        text("The engine went away."),
        text("The services go on without it."),
        text("Run the command again: it starts the next engine, which finds them."),
    )


def did_not_start(home: Home) -> EngineError:
    return EngineError(
        "engine-start",
        text("The engine did not start."),
        text("It ended, or did not answer within {seconds} s.", seconds=int(START_TIMEOUT_S)),
        text("The reason is at the end of {path}.", path=str(home.engine_log)),
        tail_of(home),
    )


def tail_of(home: Home) -> tuple[str, ...]:
    from desktop.engine.logs import tail

    return tuple(tail(home.engine_log, 8))


def newer_engine(version: str) -> EngineError:
    return EngineError(
        "engine-newer",
        text("A newer Celery Tray is already running."),
        text("Its version is {theirs}, this one is {ours}.", theirs=version, ours=__version__),
        text("Use the newer program, or quit it first."),
    )


def unusable_home(home: Home, error: OSError) -> HomeError:
    return HomeError(
        "home",
        text("The state folder can't be used: {path}", path=str(home.root)),
        verbatim(error.strerror or type(error).__name__),
        text("Make it a folder that you may write to, or choose another with --home."),
    )


def unreachable(home: Home, error: OSError) -> EngineError:
    return EngineError(
        "engine-socket",
        text("The engine's socket can't be used: {path}", path=str(home.socket)),
        verbatim(error.strerror or type(error).__name__),
        text("Check who owns the state folder, or choose another with --home."),
    )

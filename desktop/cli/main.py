"""The top of the command line: runs one command, and turns all that can happen to it into an
exit code and words. No traceback reaches a person."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence

from desktop.cli.context import INTERRUPTED, Context
from desktop.cli.failure import show_error
from desktop.engine.errors import TrayError
from desktop.words import Text, set_language, text


def run(argv: Sequence[str]) -> int:
    """Run one command; returns its exit code."""
    _open_closed_streams()
    set_language()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a character gets a "?" and not a crash.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    context = Context()
    try:
        code = _dispatch(context, argv)
        sys.stdout.flush()
    except TrayError as error:
        context.as_json = context.as_json or "--json" in argv
        return _show(context, error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _nobody_reads()
        return 0
    except OSError as error:
        return _not_written(context, error) if _is_output(error) else _unexpected(context, error)
    except Exception as error:  # noqa: BLE001 - the top: it is logged, and told in a line
        return _unexpected(context, error)
    return code


def _dispatch(context: Context, argv: Sequence[str]) -> int:
    rest = context.take(argv)
    if rest == ["status"]:
        # What scripts ask all the time does not pay for the argument parser.
        from desktop.cli.overview import run_status

        return run_status(context)
    gc.enable()
    from desktop.cli.group import invoke

    return invoke(context, rest)


def _show(context: Context, error: TrayError) -> int:
    try:
        show_error(context, error)
        sys.stdout.flush()
    except OSError:
        _nobody_reads()
    return error.exit_code


def _open_closed_streams() -> None:
    """A program may be started without them (cron, a shell's ``>&-``). What is written there is
    for nobody, and no socket of ours must get the number of one."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            stream = open(number, "w" if number else "r", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def _is_output(error: OSError) -> bool:
    """A stream that can't be written: unlike a file's error, its has no name."""
    return error.filename is None and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO}


def _not_written(context: Context, error: OSError) -> int:
    """A full disk behind ``> file``: what was asked for has been done, but can't be told."""
    _nobody_reads()
    title = text("The output can't be written: {reason}", reason=error.strerror or str(error))
    next_step = text("Free the disk, or send it elsewhere, then run it again.")
    return _show(context, TrayError("output", title, Text(""), next_step))


def _nobody_reads() -> None:
    """Whoever read our output has left; what is buffered has nowhere to go."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - light, and os.devnull is no path
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _unexpected(context: Context, error: Exception) -> int:
    import traceback

    details = "".join(traceback.format_exception(error))
    if context.verbose:
        sys.stderr.write(details)
    where = context.home.root / "cli.log"
    try:
        context.home.make()
        with where.open("a") as file:
            file.write(details)
        where.chmod(0o600)
        next_step = text("The details are in {path}.", path=str(where))
    except OSError:
        next_step = text("Run it again with -v to see the details.")
    title = text("Something in Celery Tray itself went wrong.")
    return _show(context, TrayError("unexpected", title, Text(""), next_step))

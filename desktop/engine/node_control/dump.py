"""Where a process of a worker hangs.

py-spy reads the stacks of any process that the system lets it read. Without it a worker's main
process can be asked by SIGUSR1, on which Celery writes the stacks of all its threads
(``celery.apps.worker.install_cry_handler``). A pool's process can't: there the same signal ends it,
or is the soft time limit of its task. Of those the system and the worker tell what they know.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from desktop.engine.census import pool_usage
from desktop.engine.errors import ServiceError, WouldHarm
from desktop.engine.model import WorkerRow
from desktop.engine.node_commands import DumpNode, StackDump
from desktop.engine.node_control import cry
from desktop.engine.node_control.target import Target, find
from desktop.engine.states import Owner
from desktop.engine.task_control.whereabouts import ask_active
from desktop.words import Text, text, verbatim

if TYPE_CHECKING:
    from desktop.engine.live_stack import LiveStack

PY_SPY_TIMEOUT_S = 15.0
TEXT_MAX = 512 * 1024
NO_PY_SPY = text("py-spy is not installed: pip install py-spy tells more.")


async def dump(stack: LiveStack, command: DumpNode) -> StackDump:
    """Raises ServiceError where the process is not one of this node's on this machine, WouldHarm
    where only a signal would tell and a person has not agreed to it."""
    target, row, pid = await _which(stack, command)
    program = py_spy(stack.app.config.python if stack.app.config else "")
    refused: Text | None = None
    if program:
        found = await asyncio.to_thread(_py_spy, program, pid)
        if isinstance(found, StackDump):
            return found
        refused = found
    note = refused or NO_PY_SPY
    if pid != row.pid:
        return await _by_system(target, pid, note)
    if target.owner is not Owner.OURS and not command.consent:
        raise WouldHarm(
            "signal-needs-consent",
            text("{node} was not started from here.", node=verbatim(target.node)),
            text(
                "{why} Without it only a signal (SIGUSR1) tells: the worker writes its stacks, "
                "with the values in them, into its own log.",
                why=note,
            ),
            text("Say so if it is to be asked like this: {option}", option="--yes"),
        )
    log = stack.home.log(target.service) if target.service else None
    said = await cry.ask(row, log, linux_only=target.owner is not Owner.OURS)
    if said:
        return StackDump(said[:TEXT_MAX], "celery", note)
    return await _by_system(target, pid, note)


async def _which(stack: LiveStack, command: DumpNode) -> tuple[Target, WorkerRow, int]:
    """The worker, its row, and the process of it that is meant."""
    target = await find(stack, command.node, 0, all_of_them=False)
    rows = [one for one in stack.found.rows if one.node == command.node]
    rows = [one for one in rows if one.owner is not Owner.REMOTE]
    pid = command.pid or target.pid or (rows[0].pid if len(rows) == 1 else 0)
    for row in rows:
        known = pid == row.pid or await asyncio.to_thread(
            pool_usage.is_child, pid, row.pid, row.create_time
        )
        if known:
            service = next(
                (s.service.spec.known_as for s in stack.supervisors.values() if s.pid == row.pid),
                "",
            )
            return msgspec.structs.replace(target, row=row, service=service), row, pid
    raise ServiceError(
        "no-such-process",
        text(
            "Process {pid} is none of {node}'s on this machine.",
            pid=pid,
            node=verbatim(command.node),
        ),
        text("Only what runs here can be looked into."),
        text("See what runs with: celery-tray workers"),
    )


# --- py-spy ------------------------------------------------------------------------------------


def py_spy(python: str) -> str:
    """Its path: in the project's environment, in ours, or on PATH; "": nowhere."""
    for folder in (Path(python).parent if python else None, Path(sys.executable).parent):
        if folder and (found := shutil.which("py-spy", path=str(folder))):
            return found
    return shutil.which("py-spy") or ""


def _py_spy(program: str, pid: int) -> StackDump | Text:
    """The stacks, or why there are none. Blocks. The process is held for some milliseconds."""
    try:
        done = subprocess.run(
            [program, "dump", "--pid", str(pid)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PY_SPY_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return text("py-spy did not work: {reason}", reason=verbatim(str(error)[:200]))
    if done.returncode == 0 and done.stdout.strip():
        return StackDump(done.stdout.decode(errors="replace")[:TEXT_MAX], "py-spy")
    said = done.stderr.decode(errors="replace").strip()
    if "ermission" in said or "ptrace" in said.lower():
        return text(
            "The system does not let py-spy read it (ptrace). As an administrator: {command}",
            command=f"sudo {Path(program).name} dump --pid {pid}",
        )
    return text("py-spy did not work: {reason}", reason=verbatim(said[-200:] or "?"))


# --- the system --------------------------------------------------------------------------------


async def _by_system(target: Target, pid: int, note: Text) -> StackDump:
    doing = await asyncio.to_thread(pool_usage.doing, pid)
    if doing is None:
        raise ServiceError(
            "no-such-process",
            text("Process {pid} has ended, or may not be read.", pid=pid),
            Text(""),
            text("See what runs with: celery-tray workers"),
        )
    lines = [
        f"process {pid}: {doing.status}, {doing.threads} threads, "
        f"{doing.cpu_s:.1f} s CPU, {doing.rss_bytes // 2**20} MiB",
        *([f"waits in the kernel: {doing.waits_in}"] if doing.waits_in else []),
        *(f"connected to {one}" for one in doing.connections),
    ]
    for task in await ask_active(target.place, target.node) if target.answer else ():
        if task.get("worker_pid") == pid:
            lines.append(_task_line(task))
    return StackDump("\n".join(lines), "system", note)


def _task_line(task: Mapping[str, Any]) -> str:
    started = task.get("time_start")
    for_s = time.time() - started if isinstance(started, int | float) else 0.0
    name, task_id = str(task.get("name"))[:1024], str(task.get("id"))[:155]
    args, kwargs = str(task.get("args"))[:1024], str(task.get("kwargs"))[:1024]
    return f"runs {name}[{task_id}] for {for_s:.1f} s: {args} {kwargs}"

"""The animals of the zoo: every kind of Celery process, started for real, with its truth."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from desktop.engine.states import Owner, Role

PYTHON = sys.executable
BIN = Path(PYTHON).parent
CELERY = str(BIN / "celery")
HOST = socket.gethostname()
SHORT = HOST.partition(".")[0]
OPTIONS = "--without-mingle --without-gossip -l INFO"
WORKER = f"-A proj worker {OPTIONS}"
PLAIN = f"{CELERY} {WORKER} -P solo"

WORKER_MAIN = """
import sys
from proj import app
app.worker_main(["worker", "-P", "solo", "-n", sys.argv[1], "--without-mingle"])
"""
MANAGE = """
import sys
from proj import app
app.start(sys.argv[2:])
"""


class Kinds:
    """Starts them all at once; ``truth`` is what the row of each must say."""

    def __init__(self, zoo: Any) -> None:
        self._zoo = zoo
        self.truth: dict[str, dict[str, Any]] = {}
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        folder: Path = zoo.folder
        (folder / "start_worker.py").write_text(WORKER_MAIN)
        (folder / "manage.py").write_text(MANAGE)
        (folder / "elsewhere").mkdir()
        self._pools()
        self._titles()
        self._others()
        self._spellings()
        self._shells()
        self._daemons()
        self._keepers()
        self._hidden()
        self._terminals()

    def _add(self, key: str, words: str | list[str], how: Any = None, **expect: Any) -> None:
        """Start ``words``. The worker is called after its key; ``kept`` is its keeper's kind and
        name, and ``kept_by_us`` says that the keeper is the process that was started."""
        argv = words if isinstance(words, list) else words.split()
        self.children[key] = self._zoo.start(key, *argv, **(how or {}))
        truth = {"role": Role.WORKER, "app": "proj", "started_by": "script", "kept": None}
        if expect.get("role", Role.WORKER) is Role.WORKER:
            truth["node"] = f"{key}@{HOST}"
        self.truth[key] = {**truth, **expect}

    def _pools(self) -> None:
        two = {"pool": "prefork", "concurrency": 2, "children": 2}
        queues = ("a", "b")
        self._add("prefork", f"{CELERY} {WORKER} -c 2 -n prefork@%h -Q a,b", queues=queues, **two)
        self._add("solo", f"{PLAIN} -n solo@%h", pool="solo", children=0)
        for pool in ("threads", "gevent", "eventlet"):
            words = f"{CELERY} {WORKER} --pool={pool} -c3 -n {pool}@%h"
            self._add(pool, words, pool=pool, concurrency=3, children=0)
        self._add("with-beat", f"{CELERY} {WORKER} -c 1 -B -n with-beat@%h", children=2)

    def _titles(self) -> None:
        titled = {"titled": True}
        words = f"{CELERY} {WORKER} -c 2 -n titled@%h"
        self._add("titled", words, titled, pool="prefork", concurrency=2, children=2)
        app = {"titled": True, "env": {"CELERY_APP": "proj"}}
        self._add("titled-env", f"{CELERY} worker {OPTIONS} -P solo -n titled-env@%h", app)
        self._add("titled-beat", f"{CELERY} {WORKER} -Bc1 -n titled-beat@%h", titled, children=2)
        self._add("beat-titled", f"{CELERY} -A proj beat", titled, role=Role.BEAT)
        self._add("events-titled", f"{CELERY} -A proj events --dump", titled, role=Role.EVENTS)

    def _others(self) -> None:
        self._add("beat", f"{CELERY} -A proj beat", role=Role.BEAT)
        flower = f"{CELERY} -A proj flower --address=127.0.0.1 --port=0"
        self._add("flower", flower, role=Role.FLOWER)
        self._add("events", f"{CELERY} -A proj events --dump", role=Role.EVENTS)
        asked, said = (
            self._zoo.broker.replace("://", f"://{secret}@")[:-1] + "1"
            for secret in (":secret", "***")
        )
        words = f"{CELERY} -b {asked} -A proj events --dump"
        self._add("broker", words, role=Role.EVENTS, broker=said)

    def _spellings(self) -> None:
        self._add("module", f"{PYTHON} -P -m celery {WORKER} -P solo -n module@%h")
        self._add("short-name", f"{PLAIN} -n %%n-%n@%h", node=f"%n-{SHORT}@{HOST}")
        env = {"env": {"CELERY_APP": "proj"}}
        words = f"{CELERY} worker {OPTIONS} -P solo -n app-in-environment@%h"
        self._add("app-in-environment", words, env)
        folder = str(self._zoo.folder)
        words = f"{CELERY} --workdir {folder} {WORKER} -P solo -n workdir@%h"
        self._add("workdir", words, {"cwd": self._zoo.folder / "elsewhere"}, cwd=folder)
        words = f"{PYTHON} -m pdb -c continue -m celery {WORKER} -P solo -n debugged@%h"
        self._add("debugged", words)

    def _shells(self) -> None:
        self._add("bash", ["bash", "-c", f"{PLAIN} -n bash@%h; true"])
        self._add("nohup", ["bash", "-c", f"nohup {PLAIN} -n nohup@%h & sleep 300"])
        loop = f"while true; do {PLAIN} -n loop@%h; sleep 1; done"
        self._add("loop", ["bash", "-c", loop], kept=("shell-loop", "bash"), kept_by_us=True)
        script = f"#!/bin/sh\n# for ever\nuntil {PLAIN} -n script-loop@%h 2>&1\ndo sleep 1\ndone\n"
        (self._zoo.folder / "keep.sh").write_text(script)
        kept = {"kept": ("shell-loop", "keep.sh"), "kept_by_us": True}
        self._add("script-loop", "sh keep.sh", **kept)
        # The launcher is killed once the worker consumes.
        orphan = f"{PLAIN} -n orphan@%h & wait"
        self._add("orphan", ["bash", "-c", orphan], owner=Owner.ORPHAN, started_by="unknown")

    def _daemons(self) -> None:
        unknown = {"started_by": "unknown"}
        self._add("setsid", ["bash", "-c", f"setsid {PLAIN} -n setsid@%h & exit 0"], **unknown)
        words = f"{CELERY} multi start multi@{HOST} --pidfile=%n.pid --logfile=%n.out"
        self._add("multi", f"{words} -A proj --without-mingle -P solo", started_by="multi")
        self._add("detached", f"{PLAIN} --detach -n detached@%h -f d.out", **unknown)

    def _keepers(self) -> None:
        folder = self._zoo.folder
        elsewhere = str(folder / "elsewhere")

        def add(kind: str, words: str | list[str], name: str = "") -> None:
            self._add(kind, words, kept=(kind, name or kind), kept_by_us=True)

        add("watchfiles", [str(BIN / "watchfiles"), f"{PLAIN} -n watchfiles@%h", elsewhere])
        words = f"{BIN}/watchmedo auto-restart -d {elsewhere} -- {PLAIN} -n watchmedo@%h"
        add("watchmedo", words)
        (folder / "Procfile").write_text(f"w: {PLAIN} -n honcho@%h\n")
        add("honcho", f"{PYTHON} -m honcho start")
        (folder / "supervisord.conf").write_text(
            "[supervisord]\nnodaemon = true\nlogfile = supervisord.log\n"
            f"[program:mail]\ncommand = {PLAIN} -n supervisor@%%h\nstdout_logfile = mail.log\n"
        )
        add("supervisor", f"{BIN}/supervisord -c supervisord.conf", "mail")

    def _hidden(self) -> None:
        hidden = {"app": "", "by_broker": True}
        script = f"{PYTHON} start_worker.py"
        self._add("in-script", f"{script} in-script@{HOST}", pool="solo", **hidden)
        manage = f"{PYTHON} manage.py celery worker -P solo --without-mingle"
        self._add("manage", f"{manage} -n manage@%h", **hidden)
        titled = {"titled": True}
        self._add("script-titled", f"{script} script-titled@{HOST}", titled, app="")
        self._add("manage-titled", f"{manage} -n manage-titled@%h", titled, app="")

    def _terminals(self) -> None:
        terminal = {"started_by": "terminal"}
        if shutil.which("tmux"):
            words = ["tmux", "-S", str(self._zoo.folder / "t"), "-f", "/dev/null", "new-session"]
            self._add("tmux", [*words, "-d", f"{PLAIN} -n tmux@%h"], says=" of tmux.", **terminal)
        # A development environment, by the name of its process.
        ide = self._zoo.folder / "pycharm"
        ide.symlink_to(Path(PYTHON).resolve())
        code = f"import subprocess; subprocess.run('{PLAIN} -n ide@%h'.split())"
        self._add("ide", [str(ide), "-c", code], says="PyCharm started it")

"""Opens a Flower that is just starting, signed in: ``python -m desktop.cli.flower_opener HOME
PORT``. It waits until that answers, or its starter has gone."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from desktop.engine.errors import NotRunning, TrayError
from desktop.engine.flower import signing_in
from desktop.paths import Home
from desktop.system import reveal

WAIT_S = 60.0
LOOK_S = 0.1


def main(home: Home, port: int) -> int:
    """The exit code: 1 when there was nothing to open."""
    starter, deadline = os.getppid(), time.monotonic() + WAIT_S
    while os.getppid() == starter and time.monotonic() < deadline:
        try:
            reveal.open_url(signing_in.link(home, port))
        except NotRunning:
            time.sleep(LOOK_S)
        except TrayError as error:
            print(error, file=sys.stderr)
            return 1
        else:
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(Home(Path(sys.argv[1])), int(sys.argv[2])))

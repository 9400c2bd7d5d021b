"""``python -m desktop`` and the command ``celery-tray``."""

from __future__ import annotations

import gc
import os
import sys


def main() -> int:
    """Entry point. In a frozen program it also runs our own modules (see desktop.launch)."""
    if len(sys.argv) > 2 and sys.argv[1] == "--run-module":
        import runpy

        module = sys.argv[2]
        sys.argv[:] = [module, *sys.argv[3:]]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return 0
    # Collecting garbage while modules are imported costs a short command a tenth of its time;
    # what stays longer turns it on again.
    gc.disable()
    from desktop.cli.main import run

    code = run(sys.argv[1:])
    if not gc.isenabled():
        # It was a short one: no threads, nothing open. Taking the interpreter apart would
        # cost another tenth.
        sys.stderr.flush()
        os._exit(code)
    return code


if __name__ == "__main__":
    sys.exit(main())

"""``python -m desktop`` and the command ``celery-tray``."""

from __future__ import annotations

import sys


def main() -> int:
    """Entry point. In a frozen program it also runs our own modules (see desktop.launch)."""
    if len(sys.argv) > 2 and sys.argv[1] == "--run-module":
        import runpy

        module = sys.argv[2]
        sys.argv[:] = [module, *sys.argv[3:]]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return 0
    from desktop.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

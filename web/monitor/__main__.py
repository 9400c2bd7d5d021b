"""``python -m web.monitor``: the built-in monitor as a process."""

import sys

from web.monitor.server import main

if __name__ == "__main__":
    sys.exit(main())

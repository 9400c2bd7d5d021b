"""``web`` and ``builtin-monitor``: one server alone, in the foreground."""

from __future__ import annotations

import click

from desktop.cli.context import Context

PORT = click.IntRange(1, 65535)


@click.command()
@click.option("--port", type=PORT, default=8000, show_default=True)
def web(port: int) -> int:
    """Run the bundled web server alone, in the foreground.

    Example: celery-tray web --port 8000
    """
    from web.downloads.__main__ import main

    return main(["--port", str(port)])


@click.command("builtin-monitor")
@click.option("--port", type=PORT, default=8001, show_default=True)
@click.option("--read-only", is_flag=True, help="Show everything, change nothing.")
@click.pass_obj
def builtin_monitor(context: Context, port: int, read_only: bool) -> int:
    """Run the built-in monitor alone, in the foreground.

    Example: celery-tray builtin-monitor --port 8001
    """
    from web.monitor.server import main

    argv = ["--port", str(port), "--home", str(context.home.root), "--project", context.project]
    return main([*argv, "--read-only"] if read_only else argv)

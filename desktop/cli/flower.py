"""``flower`` and ``password``: Flower with generated credentials."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import click

from desktop.cli.context import Context
from desktop.cli.render import print_json
from desktop.engine.config import load
from desktop.engine.credentials import flower_credentials, renew
from desktop.engine.errors import ServiceError
from desktop.engine.ports import holder, is_free, problem
from desktop.words import text, tr


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=5555, show_default=True)
@click.pass_obj
def flower(context: Context, port: int) -> int:
    """Run Flower in the foreground, on this machine only, with its own password.

    Example: celery-tray flower --port 5555
    """
    if importlib.util.find_spec("flower") is None:
        raise ServiceError(
            "flower-missing",
            text("Flower is not installed."),
            text("The built-in monitor needs no installation: celery-tray builtin-monitor"),
            text(
                "Install Flower with: {command}", command=f"{sys.executable} -m pip install flower"
            ),
        )
    if not is_free(port):
        raise ServiceError.of(problem(port, "flower", holder(port)))
    project = context.project
    config = load(Path(project) if project else None, context.home)
    secret = flower_credentials(context.home)
    context.say(tr("Flower: http://127.0.0.1:{port}/ as {user}", port=str(port), user=secret.user))
    if secret.created:
        context.say(
            tr(
                "Password (shown once; later: celery-tray password): {password}",
                password=secret.password,
            )
        )
    environment = {
        **os.environ,
        "CELERY_BROKER_URL": config.redis.url,
        "FLOWER_BASIC_AUTH": f"{secret.user}:{secret.password}",
    }
    arguments = ["-A", config.app, "flower", "--address=127.0.0.1", f"--port={port}"]
    return subprocess.call(
        [sys.executable, "-m", "celery", *arguments], env=environment, cwd=project or None
    )


@click.command()
@click.option("--renew", "renewing", is_flag=True, help="Make a new one.")
@click.pass_obj
def password(context: Context, renewing: bool) -> int:
    """Show Flower's credentials, or renew them.

    Example: celery-tray password --renew
    """
    secret = renew(context.home) if renewing else flower_credentials(context.home)
    if context.as_json:
        print_json({"user": secret.user, "password": secret.password})
    else:
        context.say(tr("User: {user}", user=secret.user))
        context.say(tr("Password: {password}", password=secret.password))
    return 0

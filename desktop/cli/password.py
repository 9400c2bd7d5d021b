"""``password``: Flower's generated credentials."""

from __future__ import annotations

import click

from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.cli.render import print_json
from desktop.engine.credentials import flower_credentials, renew
from desktop.words import tr


@verb("password", example="celery-tray password --renew")
@click.option(
    "--renew", "renewing", is_flag=True, help=tr("Make a new one; a running Flower keeps the old.")
)
def password(context: Context, renewing: bool) -> int:
    login = renew(context.home) if renewing else flower_credentials(context.home)
    if context.as_json:
        print_json({"user": login.user, "password": login.password})
        return 0
    context.say(tr("User: {user}", user=login.user))
    context.say(tr("Password: {password}", password=login.password))
    if renewing:
        context.say(tr("A Flower that runs takes it after: celery-tray restart flower"))
    return 0

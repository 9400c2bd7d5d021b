"""``flower``: Flower alone, in the foreground; installed first, where a person says so."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import click
import msgspec

from desktop.cli.arguments import PORT
from desktop.cli.context import Context
from desktop.cli.failure import show_problem
from desktop.cli.flower_choice import INSTALL_HELP, INTO_PROJECT_HELP, ask, word_of
from desktop.cli.group import verb
from desktop.cli.servers import PORT_HELP, become, settings_of, spec_of
from desktop.engine import config, ports
from desktop.engine.credentials import FLOWER_VARIABLE, flower_credentials
from desktop.engine.errors import ServiceError, WouldHarm
from desktop.engine.flower import installing, missing, signing_in, starting, unreachable
from desktop.engine.flower_commands import Install
from desktop.engine.model import ServiceSpec
from desktop.engine.states import ServiceKind
from desktop.launch import own_command
from desktop.paths import stack_id
from desktop.words import tr


@verb(
    "flower",
    example="celery-tray flower --port 5555 --open",
    more=tr(
        "Its password is generated, shown once, and kept for you: celery-tray password. Where "
        "Flower is not installed you are asked; exit code 5: nobody could be asked."
    ),
)
@click.option("--port", type=PORT, help=PORT_HELP)
@click.option("--open", "opens", is_flag=True, help=tr("Open it in the browser, signed in."))
@click.option("--install", "--yes", "install", is_flag=True, help=INSTALL_HELP)
@click.option("--install-into-project", "into_project", is_flag=True, help=INTO_PROJECT_HELP)
def flower(
    context: Context, port: int | None, opens: bool, install: bool, into_project: bool
) -> int:
    settings = settings_of(context)
    word = word_of(install=install, into_project=into_project)
    port = port or settings.flower.port
    changed = msgspec.structs.replace(settings, flower=config.FlowerConfig(enabled=True, port=port))
    if not ports.is_free(port):
        if opens and _open_running(context, port):
            return 0
        raise ServiceError.of(ports.problem(port, "flower", ports.holder(port)))
    spec = spec_of(context, changed, ServiceKind.FLOWER)
    if starting.lacks(spec, context.home):
        _install(context, changed, spec, word)
        spec = spec_of(context, changed, ServiceKind.FLOWER)
    login = flower_credentials(context.home)
    env = {**spec.env, FLOWER_VARIABLE: login.basic_auth}
    argv = starting.command(spec, context.home)
    spec = msgspec.structs.replace(spec, argv=argv, env=env)
    if login.created:
        context.say(tr("User: {user}", user=login.user))
        context.say(
            tr(
                "Password, shown this once (later: celery-tray password): {password}",
                password=login.password,
            )
        )
    else:
        context.say(tr("User: {user}. For the password: celery-tray password", user=login.user))
    unreached = unreachable.broker(_broker(spec))
    if unreached:
        show_problem(context, unreached)
    if opens:
        _open_when_ready(context, port)
    return become(context, spec, tr("Flower: {url}"))


def _install(
    context: Context, settings: config.StackConfig, spec: ServiceSpec, word: Install
) -> None:
    problem = missing.problem(settings, context.home, alone=True)
    if word is Install.NO:
        word = ask(context, problem)
    if word is Install.NO:
        # Nothing is installed without a person's word.
        raise WouldHarm(problem.code, problem.title, problem.message, problem.next_step)
    where = starting.place(word, settings, context.home)
    context.warn(tr("Flower is installed into {place}.", place=where.folder))
    log = context.home.stack(stack_id(context.project_folder)).log("flower")
    asyncio.run(
        installing.install(where, context.home, log, lambda step: context.warn(f"  {step}"))
    )
    context.warn(tr("Flower is installed."))


def _broker(spec: ServiceSpec) -> str:
    """Where it will look; "" where only its app knows."""
    return spec.env.get("CELERY_BROKER_URL", "")


def _open_running(context: Context, port: int) -> bool:
    """Open the Flower of ours that runs already; False when it is none of ours."""
    from desktop.system import reveal

    url = signing_in.link(context.home, port)
    if signing_in.PATH not in url:
        return False
    reveal.open_url(url)
    context.say(tr("Flower: {url}").format(url=f"http://127.0.0.1:{port}/"))
    return True


def _open_when_ready(context: Context, port: int) -> None:
    """This process becomes Flower: another waits until it answers, and opens the browser."""
    home = str(context.home.root)
    subprocess.Popen(
        own_command("desktop.cli.flower_opener", home, str(port)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=sys.stderr,
    )

"""``web`` and ``builtin-monitor``: one server alone, in the foreground (``flower``: flower.py).

Each is the very service of the stack, with its own address; this process becomes it.
"""

from __future__ import annotations

import os
import sys

import click
import msgspec

from desktop.cli.arguments import ORIGIN, PORT, PREFIX
from desktop.cli.context import Context
from desktop.cli.group import verb
from desktop.engine import app_info, config, ports, stack
from desktop.engine.config import StackConfig
from desktop.engine.errors import ServiceError
from desktop.engine.model import ServiceSpec
from desktop.engine.states import ServiceKind
from desktop.paths import stack_id
from desktop.words import tr

PORT_HELP = tr("Port on 127.0.0.1; the configured one without it.")


@verb("web", example="celery-tray web --port 8000")
@click.option("--port", type=PORT, help=PORT_HELP)
def web(context: Context, port: int | None) -> int:
    settings = settings_of(context)
    # The bundled server, also for a project that has one of its own.
    changed = msgspec.structs.replace(
        settings, bundled=True, web=config.WebConfig(port=port or settings.web.port)
    )
    return become(context, spec_of(context, changed, ServiceKind.WEB), tr("Web server: {url}"))


@verb("builtin-monitor", example="celery-tray builtin-monitor --port 8001")
@click.option("--port", type=PORT, help=PORT_HELP)
@click.option("--read-only", is_flag=True, help=tr("Show everything, change nothing."))
@click.option(
    "--url-prefix", type=PREFIX, metavar="PREFIX", help=tr("Where addresses begin, behind a proxy.")
)
@click.option(
    "--origin",
    "origins",
    type=ORIGIN,
    multiple=True,
    metavar="URL",
    help=tr("Where its pages are opened, behind a proxy; may be repeated."),
)
def builtin_monitor(
    context: Context,
    port: int | None,
    read_only: bool,
    url_prefix: str | None,
    origins: tuple[str, ...],
) -> int:
    settings = settings_of(context)
    configured = settings.monitor
    monitor = msgspec.structs.replace(
        configured,
        port=port or configured.port,
        read_only=read_only or configured.read_only,
        url_prefix=configured.url_prefix if url_prefix is None else url_prefix,
        origins=origins or configured.origins,
    )
    changed = msgspec.structs.replace(settings, monitor=monitor)
    spec = spec_of(context, changed, ServiceKind.MONITOR)
    return become(context, spec, tr("Monitor: {url}"))


def settings_of(context: Context) -> StackConfig:
    return config.load(context.project_folder, context.home)


def spec_of(context: Context, settings: StackConfig, kind: ServiceKind) -> ServiceSpec:
    home = context.home.stack(stack_id(context.project_folder))
    home.make()
    info = None
    if kind is ServiceKind.FLOWER:
        info = app_info.cached(settings, home) or app_info.ask(settings, home)
    specs = stack.specs(settings, home, context.home, info=info)
    return next(spec for spec in specs if spec.kind is kind)


def become(context: Context, spec: ServiceSpec, address: str) -> int:
    """Turn into the service. Raises :class:`ServiceError` when its port is taken."""
    if spec.port is not None and not ports.is_free(spec.port):
        raise ServiceError.of(ports.problem(spec.port, spec.name, ports.holder(spec.port)))
    context.say(address.format(url=spec.url))
    sys.stdout.flush()
    os.chdir(spec.cwd)
    os.execvpe(spec.argv[0], spec.argv, {**os.environ, **spec.env})  # noqa: S606 - ours

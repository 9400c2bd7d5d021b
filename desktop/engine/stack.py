"""The services of a stack, from its configuration: one function per kind.

To add a kind, write its function and name it in :data:`KINDS`. What all of them know is a
:class:`Plan`. Nothing here looks at a process or a port: specs are values.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from desktop.engine import interpreter
from desktop.engine.app_info import AppInfo
from desktop.engine.commands import WorkerOptions
from desktop.engine.config import CommandConfig, StackConfig, WorkerConfig, concurrency
from desktop.engine.config_checks import REDIS_PORT, ready_port
from desktop.engine.config_schema import host_and_port
from desktop.engine.model import (
    CeleryPing,
    HttpOk,
    Probe,
    RedisPing,
    ServiceSpec,
    StaysAlive,
    TcpOpen,
)
from desktop.engine.redis_url import is_redis
from desktop.engine.states import ServiceKind
from desktop.engine.urls import local_port, masked
from desktop.launch import own_command
from desktop.paths import Home, StackHome, resources

HOST = "127.0.0.1"
PROJECT_READY_TIMEOUT_S = 120.0
"""A project's own code may take long to import; our own answers within a second."""


def specs(
    config: StackConfig,
    home: StackHome,
    tray_home: Home,
    *,
    worker: WorkerOptions | None = None,
    info: AppInfo | None = None,
) -> tuple[ServiceSpec, ...]:
    """Every service of the stack, enabled or not: redis, workers, beat, monitor, web, flower,
    then the project's own.

    ``worker`` is laid over the configuration (see :func:`with_worker`). ``info`` is what the app
    says of itself: without it, a project that names no ``[redis] url`` has no Redis yet, and a
    worker without queues consumes what Celery chooses.
    """
    plan = Plan(with_worker(config, worker) if worker else config, home, tray_home, info)
    return tuple(spec for kind in KINDS for spec in kind(plan))


def with_worker(config: StackConfig, options: WorkerOptions) -> StackConfig:
    """``config`` with a worker as asked for: the configured one of that name, changed where
    ``options`` says something, or one more."""
    known = next((one for one in config.workers if one.name == options.name), None)
    base = known or WorkerConfig(options.name, concurrency="auto" if config.bundled else None)
    said = {
        "queues": options.queues,
        "concurrency": options.concurrency,
        "pool": options.pool,
        "loglevel": options.loglevel,
    }
    wanted = msgspec.structs.replace(base, **{key: value for key, value in said.items() if value})
    workers = (
        tuple(wanted if one is known else one for one in config.workers)
        if known
        else (*config.workers, wanted)
    )
    return msgspec.structs.replace(config, workers=workers)


def broker_url(config: StackConfig, info: AppInfo | None) -> str:
    """The broker that the stack's workers use, credentials included: the configured one, else
    the app's own; "" while the app has not said it. It is never guessed: on Redis's usual
    address somebody else's may run."""
    if config.bundled or config.redis.explicit:
        return config.redis.url
    return info.broker_url if info else ""


@dataclass(frozen=True)
class Plan:
    """What every kind of service is made from."""

    config: StackConfig
    home: StackHome
    tray_home: Home
    info: AppInfo | None

    @property
    def broker(self) -> str:
        return broker_url(self.config, self.info)

    @property
    def cwd(self) -> str:
        """Where the app's programs run: the project, or for our own app a folder that holds no
        module that could shadow ours."""
        return self.config.cwd or str(self.home.run)

    @property
    def env(self) -> dict[str, str]:
        """The environment of the app's own programs, on top of the engine's."""
        if self.config.bundled:
            return {**interpreter.our_environment(), **self._downloads, **self.config.app_env}
        return {**interpreter.environment(self.config.python), **self.config.app_env}

    @property
    def command_env(self) -> dict[str, str]:
        """The same for a command that is not ours."""
        if self.config.bundled:
            return {**interpreter.environment(""), **self._downloads, **self.config.app_env}
        return self.env

    @property
    def _downloads(self) -> dict[str, str]:
        given = self.config.downloads
        private = {"CELERY_TRAY_ALLOW_PRIVATE": "1"} if given.allow_private else {}
        return {"CELERY_TRAY_FILES": given.files or str(self.home.files), **private}

    def celery(self, *args: str) -> tuple[str, ...]:
        """``celery -A APP …`` with the interpreter that the app belongs to."""
        words = ("-A", self.config.app, *args)
        if self.config.bundled:
            return own_command("celery", *words)
        return (self.config.python or "python3", "-m", "celery", *words)

    def address(self, port: int, path: str = "/") -> str:
        return f"http://{HOST}:{port}{path}"


# --- the kinds ---------------------------------------------------------------------------------


def _redis(plan: Plan) -> Iterator[ServiceSpec]:
    """The broker, when it is a Redis. Its command is found when it has to be started."""
    if not (plan.config.redis.explicit or is_redis(plan.broker)):
        return
    options = plan.info.transport_options if plan.info else {}
    yield ServiceSpec(
        "redis",
        ServiceKind.REDIS,
        (),
        str(plan.home.redis),
        RedisPing(plan.broker, str(options.get("master_name", ""))),
        url=masked(plan.broker),
        port=local_port(plan.broker, REDIS_PORT),
    )


def _workers(plan: Plan) -> Iterator[ServiceSpec]:
    redis = tuple(spec.name for spec in _redis(plan))
    for worker in plan.config.workers:
        # Celery makes %h of the same name; written out, the node's name is known beforehand.
        node = f"{worker.name}@{socket.gethostname()}"
        yield ServiceSpec(
            worker.name,
            ServiceKind.WORKER,
            plan.celery("worker", *_worker_options(plan, worker, node)),
            plan.cwd,
            CeleryPing(node, plan.broker),
            # REMAP_SIGTERM would turn the warm stop into one that drops running tasks.
            env={**plan.env, **({"REMAP_SIGTERM": ""} if "REMAP_SIGTERM" in os.environ else {})},
            needs=redis,
            enabled=worker.enabled,
            ready_timeout_s=_ready_timeout_s(plan),
            stop_patience_s=None,
            node=node,
        )


def _worker_options(plan: Plan, worker: WorkerConfig, node: str) -> Iterator[str]:
    yield from ("-n", node, f"--loglevel={worker.loglevel}", "-E")
    # A worker that is alone on its broker has nobody to mingle with and would wait a second for
    # an answer; the engine leaves the option out when there are others.
    yield "--without-mingle"
    yield f"--statedb={plan.home.run / worker.name}.state"
    processes = concurrency(worker)
    if processes is not None:
        yield from ("-c", str(processes))
    queues = worker.queues or _queues_beyond(plan.info)
    if queues:
        yield from ("-Q", ",".join(queues))
    if worker.pool:
        yield from ("-P", worker.pool)
    if worker.max_tasks_per_child:
        yield f"--max-tasks-per-child={worker.max_tasks_per_child}"


def _queues_beyond(info: AppInfo | None) -> tuple[str, ...]:
    """All queues of the app, when it sends to more of them than a worker consumes unasked: those
    tasks would wait for ever."""
    if info is None or not info.create_missing_queues or set(info.queues) <= set(info.consumed):
        return ()
    return info.queues


def _beat(plan: Plan) -> Iterator[ServiceSpec]:
    schedule = plan.home.run / "beat-schedule"
    yield ServiceSpec(
        "beat",
        ServiceKind.BEAT,
        plan.celery("beat", "-s", str(schedule), "--pidfile=", "--loglevel=info"),
        plan.cwd,
        StaysAlive(),
        env=plan.env,
        needs=tuple(spec.name for spec in _redis(plan)),
        enabled=plan.config.beat.enabled,
    )


def _monitor(plan: Plan) -> Iterator[ServiceSpec]:
    monitor = plan.config.monitor
    port = monitor.port
    options = [
        *("--port", str(port), "--home", str(plan.tray_home.root)),
        *(("--url-prefix", monitor.url_prefix) if monitor.url_prefix else ()),
        *(word for origin in monitor.origins for word in ("--origin", origin)),
        *(("--read-only",) if monitor.read_only else ()),
    ]
    yield ServiceSpec(
        "monitor",
        ServiceKind.MONITOR,
        own_command("web.monitor", *options, "--project", plan.config.project),
        str(plan.home.run),
        HttpOk(plan.address(port, f"{monitor.url_prefix}/healthz")),
        env=interpreter.our_environment(),
        url=plan.address(port, f"{monitor.url_prefix}/"),
        port=port,
        enabled=monitor.enabled,
    )


def _web(plan: Plan) -> Iterator[ServiceSpec]:
    """Ours with the bundled app; the project's own command; else none."""
    web = plan.config.web
    if web.command:
        url = web.url or plan.address(web.port)
        port = local_port(url, 443 if url.startswith("https") else 80)
        yield ServiceSpec(
            "web",
            ServiceKind.WEB,
            web.command,
            plan.cwd,
            # Only an address that the person wrote is known to answer a GET.
            HttpOk(url) if web.url else TcpOpen(HOST, web.port),
            env=plan.command_env,
            uses=tuple(spec.name for spec in _redis(plan)),
            url=masked(url),
            port=port,
            enabled=web.enabled,
            ready_timeout_s=_ready_timeout_s(plan),
        )
    elif plan.config.bundled:
        yield ServiceSpec(
            "web",
            ServiceKind.WEB,
            own_command("web.downloads", "--port", str(web.port)),
            plan.cwd,
            HttpOk(plan.address(web.port, "/healthz")),
            env=plan.env,
            # Not needed for its own start, which would only take longer: it imports meanwhile.
            uses=("redis",),
            url=plan.address(web.port),
            port=web.port,
            enabled=web.enabled,
        )


def _flower(plan: Plan) -> Iterator[ServiceSpec]:
    """Flower of the project's own environment if it has one, which then knows its tasks; else
    ours, which sees what passes over the broker."""
    port = plan.config.flower.port
    settings = resources() / "flower_config.py"
    options = ("flower", f"--address={HOST}", f"--port={port}", f"--conf={settings}")
    theirs = not plan.config.bundled and plan.info is not None and plan.info.flower_version
    if plan.config.bundled or theirs:
        argv, cwd, env = plan.celery(*options), plan.cwd, plan.env
    else:
        argv, cwd = own_command("celery", *options), str(plan.home.run)
        env = {**interpreter.our_environment(), "CELERY_BROKER_URL": plan.broker}
    yield ServiceSpec(
        "flower",
        ServiceKind.FLOWER,
        argv,
        cwd,
        HttpOk(plan.address(port, "/healthcheck")),
        env=env,
        needs=tuple(spec.name for spec in _redis(plan)),
        url=plan.address(port),
        port=port,
        enabled=plan.config.flower.enabled,
    )


def _commands(plan: Plan) -> Iterator[ServiceSpec]:
    for service in plan.config.services:
        ready = service.ready if isinstance(service.ready, str) else ""
        yield ServiceSpec(
            service.name,
            ServiceKind.COMMAND,
            service.command,
            service.cwd or plan.cwd,
            _ready(service),
            env={**plan.command_env, **service.env},
            needs=service.needs,
            url=masked(ready) if "://" in ready else "",
            port=ready_port(ready) if ready else None,
            enabled=service.enabled,
            ready_timeout_s=_ready_timeout_s(plan),
        )


def _ready(service: CommandConfig) -> Probe:
    if isinstance(service.ready, str):
        place = None if "://" in service.ready else host_and_port(service.ready)
        return TcpOpen(*place) if place else HttpOk(service.ready)
    return StaysAlive() if service.ready is None else StaysAlive(float(service.ready))


def _ready_timeout_s(plan: Plan) -> float:
    return 60.0 if plan.config.bundled else PROJECT_READY_TIMEOUT_S


KINDS: tuple[Callable[[Plan], Iterator[ServiceSpec]], ...] = (
    _redis,
    _workers,
    _beat,
    _monitor,
    _web,
    _flower,
    _commands,
)
"""In the order in which services are shown."""

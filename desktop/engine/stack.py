"""The services of a stack as specs: one function per kind."""

from __future__ import annotations

import os
import socket

from desktop.engine.app_info import AppInfo
from desktop.engine.commands import WorkerOptions
from desktop.engine.config import StackConfig, WorkerConfig
from desktop.engine.model import CeleryPing, HttpOk, RedisPing, ServiceSpec, StaysAlive
from desktop.engine.redis_url import mask
from desktop.engine.states import ServiceKind
from desktop.launch import own_command
from desktop.paths import Home, StackHome


def specs(
    config: StackConfig,
    home: StackHome,
    tray_home: Home,
    *,
    worker: WorkerOptions | None = None,
    info: AppInfo | None = None,
) -> tuple[ServiceSpec, ...]:
    env = {
        "CELERY_BROKER_URL": config.redis.url,
        "CELERY_TRAY_FILES": config.files or str(home.files),
        "PYTHONUNBUFFERED": "1",
    }
    if config.allow_private:
        env["CELERY_TRAY_ALLOW_PRIVATE"] = "1"
    run = str(home.run)
    workers = [one for one in config.workers if not worker or one.name != worker.name]
    if worker:
        workers.append(
            WorkerConfig(
                worker.name,
                worker.queues,
                worker.concurrency or "auto",
                worker.pool or "",
                worker.loglevel or "info",
            )
        )
    port = config.web.port
    return (
        ServiceSpec(
            "redis", ServiceKind.REDIS, (), run, RedisPing(config.redis.url), url=mask(config.redis.url)
        ),
        *(_worker(config, home, one, env, run) for one in workers),
        ServiceSpec(
            "monitor",
            ServiceKind.MONITOR,
            own_command("web.monitor", "--port", str(config.monitor.port), "--home", str(tray_home.root), "--project", config.project),
            run,
            HttpOk(f"http://127.0.0.1:{config.monitor.port}/healthz"),
            env=env,
            url=f"http://127.0.0.1:{config.monitor.port}/",
            port=config.monitor.port,
            enabled=config.monitor.enabled,
        ),
        ServiceSpec(
            "web",
            ServiceKind.WEB,
            own_command("web.downloads", "--port", str(port)),
            run,
            HttpOk(f"http://127.0.0.1:{port}/healthz"),
            env=env,
            url=f"http://127.0.0.1:{port}/",
            port=port,
            enabled=config.web.enabled,
        ),
    )


def _worker(
    config: StackConfig, home: StackHome, one: WorkerConfig, env: dict[str, str], run: str
) -> ServiceSpec:
    node = f"{one.name}@{socket.gethostname()}"
    concurrency = min(os.cpu_count() or 1, 4) if one.concurrency == "auto" else one.concurrency
    argv = own_command(
        "celery", "-A", config.app, "worker", "-n", node, f"--loglevel={one.loglevel}",
        "-c", str(concurrency), f"--statedb={home.run / one.name}.state", "--without-mingle", "-E",
        *(("-Q", ",".join(one.queues)) if one.queues else ()),
        *(("-P", one.pool) if one.pool else ()),
    )
    return ServiceSpec(
        one.name, ServiceKind.WORKER, argv, run, CeleryPing(node, config.redis.url), env=env,
        needs=("redis",), stop_patience_s=None, node=node, enabled=one.enabled,
    )


__all__ = ["StaysAlive", "specs"]

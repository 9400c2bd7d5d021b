"""The stack as the disk and the process table tell it, when no engine runs.

``status`` never starts an engine; what an engine that died left running is still told truly.
"""

from __future__ import annotations

from pathlib import Path

from desktop.engine import app_info, config, process, stack
from desktop.engine.model import ServiceStatus, StackStatus
from desktop.engine.records import Record, Records, boot_id
from desktop.engine.stack_findings import broken_record, stack_state
from desktop.engine.states import ServiceState
from desktop.engine.urls import masked
from desktop.paths import Home, stack_id


def status(home: Home, project: str) -> StackStatus:
    """What runs of this project's stack. Raises :class:`ConfigError` for a broken configuration."""
    folder = Path(project) if project else None
    loaded = config.load(folder, home)
    stack_home = home.stack(stack_id(folder))
    records, broken = Records(stack_home).load(set_aside=False)
    boot = boot_id()
    info = app_info.cached(loaded, stack_home)
    services = {
        spec.name: ServiceStatus(
            spec.name,
            spec.kind,
            enabled=spec.enabled,
            url=spec.url,
            log_path=str(stack_home.log(spec.name)),
            node=spec.node,
        )
        for spec in stack.specs(loaded, stack_home, home, info=info)
    }
    for record in records:
        found = _recorded(record, boot, str(stack_home.log(record.spec.known_as)))
        if found:
            services[found.name] = found
    return StackStatus(
        id=stack_id(folder),
        name=loaded.name,
        project=project,
        app=loaded.app,
        broker=masked(stack.broker_url(loaded, info)),
        state=stack_state(services.values()),
        services=tuple(services.values()),
        findings=tuple(map(broken_record, broken)),
    )


def _recorded(record: Record, boot: str, log_path: str) -> ServiceStatus | None:
    if record.boot_id != boot or record.pid is None or record.create_time is None:
        return None
    if not process.is_ours(record.pid, record.create_time):
        return None
    return ServiceStatus(
        name=record.spec.name,
        kind=record.spec.kind,
        state=ServiceState.STOPPING if record.stopping else ServiceState.RUNNING,
        enabled=record.spec.enabled,
        wanted=not record.stopping,
        pid=record.pid,
        create_time=record.create_time,
        started_at=record.started_at,
        url=record.spec.url,
        restarts=record.restarts,
        log_path=log_path,
        node=record.spec.node,
        of=record.spec.of,
    )

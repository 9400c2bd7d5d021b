"""What a person can do from window and tray, in one place: each a command, or an opened page."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from desktop.engine.commands import Census, Existing, Restart, Start, StartReport, Stop
from desktop.engine.errors import TrayError
from desktop.engine.leftovers import stale_code
from desktop.engine.model import ActiveTask, Problem, ServiceStatus, WorkerRow
from desktop.engine.states import ServiceKind, ServiceState, TaskState
from desktop.quantities import duration
from desktop.system import reveal
from desktop.ui import icons
from desktop.ui.phrases import restart_words, service_title
from desktop.ui.view import STARTABLE, STOPPABLE, Row, View
from desktop.words import tr, trn

if TYPE_CHECKING:
    from desktop.ui.bridge import Bridge
    from desktop.ui.cleanup_actions import CleanupActions
    from desktop.ui.queue_actions import QueueActions
    from desktop.ui.run_task_form import RunTaskForm
    from desktop.ui.task_actions import TaskActions
    from desktop.ui.widgets.confirm import Confirm
    from desktop.ui.worker_actions import WorkerActions


class _Job(QRunnable):
    """An opener of the desktop may take half a second: never on the window's own thread."""

    def __init__(self, work: Callable[[], None], failed: Callable[[Problem], None]) -> None:
        super().__init__()
        self._work = work
        self._failed = failed

    def run(self) -> None:
        try:
            self._work()
        except TrayError as error:
            self._failed(error.problem)


class Actions(QObject):
    """Sends commands for the current project; asks first where tasks could be lost."""

    failed = Signal(object)
    """A :class:`Problem` of something that was tried here."""
    page_asked = Signal(str, str)
    """Name of a page, and what it should show."""

    def __init__(self, bridge: Bridge, window: QWidget | None) -> None:
        """``window`` is what questions belong to; None: they stand alone."""
        super().__init__(window)
        self._bridge = bridge
        self._window = window

    # --- services ---------------------------------------------------------------------------

    def start_all(self) -> None:
        """Start all that are enabled."""
        self._bridge.submit(Start(self._bridge.project))

    def stop_all(self) -> None:
        """Stop all of ours warmly: running tasks finish first."""
        self._bridge.submit(Stop(self._bridge.project))

    def start(self, *services: str) -> None:
        """Start these services with all they need."""
        self._bridge.submit(Start(self._bridge.project, services))

    def stop(self, *services: str) -> None:
        """Stop these services warmly: running tasks finish first."""
        self._bridge.submit(Stop(self._bridge.project, services))

    def restart(self, *services: str) -> None:
        """A fresh process of each; a worker finishes its tasks meanwhile."""
        self._bridge.submit(Restart(self._bridge.project, services))

    def look_again(self) -> None:
        """Look for every Celery process now."""
        self._bridge.submit(Census(self._bridge.project))

    @functools.cached_property
    def cleanup(self) -> CleanupActions:
        """What can be done about leftovers; loaded with the page that shows them."""
        from desktop.ui.cleanup_actions import CleanupActions

        return CleanupActions(self._bridge, self)

    @functools.cached_property
    def queues(self) -> QueueActions:
        """What can be done about queues and schedules; loaded with the page that shows them."""
        from desktop.ui.queue_actions import QueueActions

        return QueueActions(self._bridge, self)

    def ask_why(self, task_id: str) -> None:
        """Why does this task not run? The answer opens over the window."""
        from desktop.ui.why_panel import WhyPanel

        WhyPanel(self._window, self, task_id).open()

    @functools.cached_property
    def tasks(self) -> TaskActions:
        """What can be done with tasks; loaded with the page that shows them."""
        from desktop.ui.task_actions import TaskActions

        return TaskActions(self._bridge, self)

    @functools.cached_property
    def workers(self) -> WorkerActions:
        """What can be asked of workers, and told them; loaded with the page that shows them."""
        from desktop.ui.worker_actions import WorkerActions

        return WorkerActions(self._bridge, self)

    def run_task(
        self,
        *,
        name: str = "",
        args: str = "",
        kwargs: str = "",
        queue: str = "",
        again: str = "",
        why: str = "",
    ) -> RunTaskForm:
        """Open the form that sends a task by hand; see :class:`RunTaskForm`."""
        from desktop.ui.run_task_form import RunTaskForm

        form = RunTaskForm(
            self._window,
            self._bridge,
            name=name,
            args=args,
            kwargs=kwargs,
            queue=queue,
            again=again,
            why=why,
        )
        form.open()
        return form

    def ask_stop_all(self, view: View) -> None:
        """Stop all, after a question that says what happens to the running tasks."""
        running = _running(view, None)
        message = (
            trn(
                "{n} running task finishes first. Nothing is lost.",
                "{n} running tasks finish first. Nothing is lost.",
                len(running),
            )
            if running
            else tr("No task is running.")
        )
        dialog = self.question(tr("Stop all services?"), message)
        dialog.offer(tr("Stop all"), self.stop_all, "primary")
        dialog.open()

    def question(self, title: str, message: str, rows: tuple[Row, ...] = ()) -> Confirm:
        """A question over the window. Its parts are loaded with the first one: the tray alone
        needs none of them."""
        from desktop.ui.widgets.confirm import Confirm

        return Confirm(self._window, title, message, rows)

    def ask_force_stop(self, view: View, *services: str) -> None:
        """End services that do not stop by themselves, after showing which tasks that ends."""
        concerned = services or tuple(s.name for s in view.stopping)
        nodes = {s.node for s in view.services if s.name in concerned and s.node}
        running = _running(view, nodes)
        if running:
            title = trn("End {n} running task?", "End {n} running tasks?", len(running))
            message = tr(
                "Tasks that acknowledge late go back to their queue and run again from the start. "
                "The others are lost."
            )
        else:
            title = tr("Force stop?")
            message = tr("No task is known to be running. Waiting tasks stay in their queues.")
        rows = tuple(
            Row(task.name, duration(view.now - task.started_at) if task.started_at else "")
            for task in running
        )
        dialog = self.question(title, message, rows)
        dialog.offer(
            tr("Force stop"),
            lambda: self._bridge.submit(Stop(self._bridge.project, concerned, force=True)),
            "danger",
        )
        dialog.open()

    def ask_existing(self, command: Start, report: StartReport) -> None:
        """Workers of the same app already run: replace them, start beside them, or neither."""
        rows = tuple(_existing_row(row, time.time()) for row in report.existing)
        dialog = self.question(
            trn(
                "{n} worker of this app already runs",
                "{n} workers of this app already run",
                len(rows),
            ),
            tr(
                "Nothing was started beside them. Replaced workers finish their running tasks "
                "first."
            ),
            rows,
        )

        def start(existing: Existing) -> None:
            self._bridge.submit(msgspec.structs.replace(command, existing=existing))

        dialog.offer(tr("Start beside them"), lambda: start(Existing.KEEP))
        dialog.offer(tr("Replace safely"), lambda: start(Existing.REPLACE), "primary")
        dialog.open()

    def ask_install_flower(self, command: Start, problem: Problem) -> None:
        """Flower is not installed: where may it be?"""
        from desktop.ui.flower_actions import ask_install

        ask_install(self, self._bridge, command, problem)

    # --- elsewhere --------------------------------------------------------------------------

    def open_service(self, service: ServiceStatus) -> None:
        """Open its page in the browser; Flower's already signed in."""
        if service.kind is not ServiceKind.FLOWER:
            return self.open_url(service.url)
        from desktop.ui.flower_actions import open_signed_in

        return open_signed_in(self, self._bridge)

    def open_url(self, url: str) -> None:
        """Open a page in the browser."""
        self._run(lambda: reveal.open_url(url))

    def open_path(self, path: Path | str) -> None:
        """Open a file or a folder."""
        self._run(lambda: reveal.open_path(path))

    def reveal(self, path: Path | str) -> None:
        """Show a file in the file manager."""
        self._run(lambda: reveal.reveal(path))

    def copy(self, words: str) -> None:
        """Put words on the clipboard."""
        QGuiApplication.clipboard().setText(words)

    def show_log(self, service: str) -> None:
        self.page_asked.emit("logs", service)

    def show_service(self, service: str) -> None:
        self.page_asked.emit("services", service)

    def show_task(self, task_id: str) -> None:
        self.page_asked.emit("tasks", task_id)

    def _run(self, work: Callable[[], None]) -> None:
        QThreadPool.globalInstance().start(_Job(work, self.failed.emit))

    # --- menus ------------------------------------------------------------------------------

    def menu(self, parent: QWidget, service: ServiceStatus, view: View) -> QMenu:
        """What can be done with one service now."""
        menu = QMenu(parent)
        menu.setAccessibleName(service_title(service))
        name, state = service.name, service.state
        reachable = view.reachable

        def add(words: str, icon: str, action: Callable[[], None], enabled: bool) -> None:
            entry = QAction(icons.icon(icon), words, menu)
            entry.setEnabled(enabled)
            entry.triggered.connect(lambda _checked=False: action())
            menu.addAction(entry)

        add(tr("Start"), "play", lambda: self.start(name), reachable and state in STARTABLE)
        add(tr("Stop"), "stop", lambda: self.stop(name), reachable and state in STOPPABLE)
        add(
            restart_words(stale_code(view.stack, service) is not None),
            "restart",
            lambda: self.restart(name),
            reachable and state is ServiceState.RUNNING,
        )
        if state is ServiceState.STOPPING:
            add(tr("Force stop…"), "close", lambda: self.ask_force_stop(view, name), reachable)
        menu.addSeparator()
        if is_web(service.url):
            open_ = functools.partial(self.open_service, service)
            add(tr("Open in the browser"), "open", open_, state in _ANSWERS)
        add(tr("Show log"), "logs", lambda: self.show_log(name), bool(service.log_path))
        add(tr("Show details"), "services", lambda: self.show_service(name), True)
        return menu


_ANSWERS = frozenset({ServiceState.RUNNING, ServiceState.EXTERNAL})


def is_web(url: str) -> bool:
    """An address that a browser opens."""
    return url.startswith(("http://", "https://"))


def _existing_row(row: WorkerRow, now: float) -> Row:
    """Which process, how old, and where it runs."""
    return Row(
        row.command or row.node or tr("process {pid}", pid=row.pid),
        " · ".join((tr("pid {pid}", pid=row.pid), duration(max(now - row.create_time, 0.0)))),
        row.cwd,
    )


def _running(view: View, nodes: set[str] | None) -> tuple[ActiveTask, ...]:
    """Tasks that run now, of these nodes or (None) of all."""
    tasks = view.stack.active if view.stack else ()
    return tuple(
        task
        for task in tasks
        if task.state is TaskState.STARTED and (nodes is None or not nodes or task.worker in nodes)
    )

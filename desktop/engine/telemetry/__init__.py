"""What the broker's events tell: counts of tasks and the tasks in flight."""

from desktop.engine.telemetry.receiver import Telemetry

__all__ = ["Telemetry"]

"""After a worker's end: its messages go back to their queues, and what is lost is listed."""

from desktop.engine.rescue.rescuer import Rescuer, RescueReport, RescueStack

__all__ = ["RescueReport", "RescueStack", "Rescuer"]

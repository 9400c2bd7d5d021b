"""The tray and the window: the only place that imports Qt."""

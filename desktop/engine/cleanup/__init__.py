"""Stopping Celery processes that should not run, without losing a task.

``plan`` says what would be done and why, ``ladder`` is the way down for one process, ``cleaning``
runs all of one cleanup side by side, ``cleaner`` is what a stack uses, ``audit`` its log.
"""

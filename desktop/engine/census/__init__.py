"""Every Celery process on this machine: scan, identify, classify; what the broker knows is joined.

The process table is the first witness and the broker the second: a busy worker answers nobody,
and a worker started inside a script shows nothing of Celery in its command line.
"""

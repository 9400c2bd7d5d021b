"""What the shop does in the background."""

import os
import sys

from shop.celery import app


@app.task
def total(prices):
    return sum(prices)


@app.task
def confirm(order):
    return f"Order {order} is confirmed."


@app.task
def whoami():
    """Which file, interpreter and process run this: to see whose code a worker has."""
    return {"file": __file__, "python": sys.executable, "pid": os.getpid()}

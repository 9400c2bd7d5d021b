"""Asks a Celery app for its beat schedule. Run by the project's own interpreter, in the project's
folder:

    python -c "$(cat schedule_probe.py)" shop.celery:app SCHEDULER COPY

SCHEDULER is beat's ``--scheduler`` ("": the app's own), COPY a copy of the file that beat keeps
its last runs in ("": there is none). That file holds pickles, which beat opens in this same
interpreter. Writes one JSON document to its standard output; must run on every Python that
Celery 5 supports, and imports nothing of ours.
"""

import json
import os
import shelve
import sys
import time
import traceback
from datetime import timedelta
from pathlib import Path

REPR = 1024
ENTRIES = 5000
COMING = 3


def main(name, scheduler, copy):
    # What the app prints while it is imported must not end up in the answer.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.path[0] = str(Path.cwd())  # as "python -m celery" has it
    try:
        document = asked(name, scheduler, copy)
    except BaseException as error:  # noqa: BLE001  an app may even call sys.exit() when it is imported
        traceback.print_exc()
        document = {"failure": "".join(traceback.format_exception_only(type(error), error)).strip()}
    json.dump(document, answer)
    answer.flush()
    os._exit(0)  # threads that the app started are not waited for


def asked(name, scheduler, copy):
    from celery.app.utils import find_app

    app = find_app(name)
    app.loader.import_default_modules()
    app.finalize()
    kept, problem = stored(copy) if copy else ({}, "")
    return {
        "scheduler": scheduler or str(app.conf.beat_scheduler),
        "stored": bool(copy) and not problem,
        "problem": problem,
        "asked_at": time.time(),
        "entries": list(described(app, kept)),
    }


def stored(copy):
    """What beat had run when it last wrote."""
    try:
        with shelve.open(copy, flag="r") as store:  # noqa: S301  our own copy of beat's own file
            return dict(store.get("entries") or {}), ""
    except Exception as error:  # noqa: BLE001  dbm has an error for each of its kinds
        return {}, f"{type(error).__name__}: {error}"[:REPR]


def described(app, kept):
    wanted = dict(app.conf.beat_schedule or {})
    for name in [*wanted, *(one for one in kept if one == "celery.backend_cleanup")][:ENTRIES]:
        try:
            yield entry(app, name, wanted.get(name), kept.get(name))
        except Exception as error:  # noqa: BLE001  one entry that is wrong is told beside the others
            yield {"name": str(name), "task": "", "problem": str(error)[:REPR]}


def entry(app, name, wanted, kept):
    from celery.beat import ScheduleEntry

    if wanted is None:
        one = kept
    elif isinstance(wanted, ScheduleEntry):
        one = wanted
    else:
        one = ScheduleEntry(app=app, name=name, **wanted)
    schedule = one.schedule
    if hasattr(schedule, "app"):
        schedule.app = app
    began = kept.last_run_at if kept is not None else None
    runs = kept.total_run_count if kept is not None else None
    every = getattr(schedule, "run_every", None)
    return {
        "name": str(name)[:REPR],
        "task": str(one.task)[:REPR],
        "schedule": "" if isinstance(every, timedelta) else written(schedule),
        "every_s": every.total_seconds() if isinstance(every, timedelta) else None,
        "args": repr(one.args)[:REPR] if one.args else "",
        "kwargs": repr(one.kwargs)[:REPR] if one.kwargs else "",
        "queue": queue(app, one),
        "last_run_at": began.timestamp() if began is not None and runs else None,
        "total_runs": runs,
        "due_at": due(schedule, began),
        "coming": coming(schedule),
    }


def written(schedule):
    """A crontab in crontab's own words; others as they call themselves."""
    fields = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
    parts = [getattr(schedule, "_orig_" + field, None) for field in fields]
    if all(part is not None for part in parts):
        return " ".join(str(part).replace(" ", "") for part in parts)[:REPR]
    if hasattr(schedule, "event") and hasattr(schedule, "lat"):
        return f"{schedule.event} {schedule.lat}, {schedule.lon}"[:REPR]
    return repr(schedule)[:REPR]


def due(schedule, began):
    if began is None:
        return None
    return time.time() + schedule.remaining_estimate(began).total_seconds()


def coming(schedule):
    """The next instants of a schedule that is bound to the clock."""
    if isinstance(getattr(schedule, "run_every", None), timedelta):
        return []
    found = []
    after = schedule.now()
    if not hasattr(schedule, "remaining_delta"):
        return [(after + schedule.remaining_estimate(after)).timestamp()]
    for _ in range(COMING):
        last, ahead, _ = schedule.remaining_delta(after)
        after = last + ahead
        found.append(after.timestamp())
    return found


def queue(app, one):
    named = (one.options or {}).get("queue")
    if named is None:
        try:
            named = app.amqp.router.route(dict(one.options or {}), one.task).get("queue")
        except Exception:  # noqa: BLE001  a router of the app's own
            return ""
    return str(getattr(named, "name", named) or "")


main(*sys.argv[1:4])

"""Asks a Celery app what it is. Run by the project's own interpreter, in the project's folder:

    python -c "$(cat app_probe.py)" shop.celery:app

It imports the app as ``celery -A`` does and writes one JSON document to its standard output. It
must run on every Python that Celery 5 supports, and imports nothing of ours.
"""

import ast
import importlib
import importlib.util
import inspect
import json
import os
import sys
import traceback
from pathlib import Path

HERE = str(Path.cwd()) + os.sep
TRACEBACK_LINES = 40
SOURCES = 5000
PLAIN = (str, int, float, bool)
TASKS = 2000
WORDS = 400


def main(name):
    # What the app prints while it is imported must not end up in the answer.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.path[0] = str(Path.cwd())  # as "python -m celery" has it
    try:
        document = {"info": asked(name)}
    except BaseException as error:  # noqa: BLE001  an app may even call sys.exit() when it is imported
        document = {"failure": failure(name, error)}
    json.dump(document, answer)
    answer.flush()
    os._exit(0)  # threads that the app started are not waited for


class NotAnAppError(Exception):
    pass


class ShadowedError(Exception):
    pass


def asked(name):
    package = importlib.util.find_spec("celery")
    if package and package.origin and inside(package.origin):
        raise ShadowedError(package.origin)
    from celery import Celery
    from celery.app.utils import find_app

    module, colon, _ = name.partition(":")
    if colon:
        importlib.import_module(module)
    try:
        app = find_app(name)
    except AttributeError as error:
        if not raised_by_lookup(error):
            raise
        raise NotAnAppError(str(error)) from error
    except ModuleNotFoundError as error:
        if colon and (error.name or "").startswith(name):
            raise NotAnAppError(str(error)) from error  # the module is there, the attribute is not
        raise
    if not isinstance(app, Celery):
        raise NotAnAppError(f"{name} is a {type(app).__name__}")
    app.loader.import_default_modules()
    app.finalize()
    return described(app, name)


def raised_by_lookup(error):
    """Looking for the app failed, not a line of the app's own code."""
    return machinery(traceback.extract_tb(error.__traceback__)[-1].filename)


def described(app, name):
    import celery

    conf = app.conf
    consumed = list(app.amqp.queues.consume_from)
    own = [task for key, task in app.tasks.items() if not key.startswith("celery.")]
    queues = dict.fromkeys(consumed)
    queues.update(dict.fromkeys(routed(conf.task_routes)))
    queues.update(dict.fromkeys(queue_name(getattr(task, "queue", None)) for task in own))
    queues.pop("", None)
    options = conf.broker_transport_options or {}
    flower = importlib.util.find_spec("flower")
    return {
        "name": app.main or "",
        "module_file": getattr(sys.modules.get(name.partition(":")[0]), "__file__", "") or "",
        "broker_url": first(conf.broker_read_url or conf.broker_url) or "amqp://guest@localhost//",
        "result_backend": str(conf.result_backend or ""),
        "queues": list(queues),
        "consumed": consumed,
        "default_queue": conf.task_default_queue,
        "create_missing_queues": bool(conf.task_create_missing_queues),
        "control_exchange": conf.get("control_exchange") or "celery",
        "event_exchange": conf.get("event_exchange") or "celeryev",
        "transport_options": {k: v for k, v in options.items() if isinstance(v, PLAIN)},
        "priority_steps": [n for n in options.get("priority_steps") or () if type(n) is int],
        "timezone": str(app.timezone),
        "tasks": sorted(task.name for task in own),
        "details": [detail(app, task) for task in sorted(own, key=lambda one: one.name)[:TASKS]],
        "accepts": [str(one) for one in conf.accept_content or ()],
        "result_key_prefix": result_key_prefix(conf),
        "time_limit_s": conf.task_time_limit,
        "soft_time_limit_s": conf.task_soft_time_limit,
        "acks_late": bool(conf.task_acks_late),
        "celery_version": celery.__version__,
        "python_version": ".".join(map(str, sys.version_info[:3])),
        "flower_version": version("flower") if flower else "",
        "sources": sources(name.partition(":")[0].partition(".")[0]),
    }


# --- its tasks ----------------------------------------------------------------------------------


def detail(app, task):
    """What a person who sends it by hand wants to know."""
    limit = getattr(task, "rate_limit", None)
    return {
        "name": task.name,
        "signature": signature(task),
        "doc": (inspect.getdoc(task.run) or "").partition("\n\n")[0][:WORDS],
        "queue": destination(app, task),
        "rate_limit": "" if limit is None else str(limit),
    }


def signature(task):
    """As its caller sees it: "(url, *, retries=3)". "" where Celery checks no arguments either."""
    if not getattr(task, "typing", True):
        return ""
    try:
        found = inspect.signature(task.run)
    except (TypeError, ValueError):
        return ""
    words = str(found.replace(parameters=[told(one) for one in found.parameters.values()]))
    return words.partition(" -> ")[0]


class Word:
    """Shown as it is."""

    def __init__(self, words):
        self.words = words

    def __repr__(self):
        return self.words


def told(parameter):
    """A default that is no plain value is told as dots: what it shows may be no Python at all."""
    default, annotation = parameter.default, parameter.annotation
    if default is not parameter.empty:
        plain = default is None or isinstance(default, PLAIN)
        default = default if plain and len(repr(default)) < WORDS else Word("...")
    if annotation is not parameter.empty:
        try:
            written = isinstance(annotation, str)
            words = annotation if written else inspect.formatannotation(annotation)
            ast.parse(words, mode="eval")
            annotation = Word(words)
        except Exception:  # noqa: BLE001  an annotation may be anything
            annotation = parameter.empty
    return parameter.replace(default=default, annotation=annotation)


def destination(app, task):
    """The queue that it goes to, as far as its arguments have no say in that."""
    own = {"queue": task.queue} if getattr(task, "queue", None) else {}
    try:
        found = app.amqp.router.route(own, task.name, (), {}, task_type=task)
    except Exception:  # noqa: BLE001  the app's own function may want arguments
        return ""
    return queue_name(found.get("queue"))


def result_key_prefix(conf):
    options = conf.get("result_backend_transport_options") or {}
    prefix = str(options.get("global_keyprefix") or "")
    # celery/backends/base.py, KeyValueStoreBackend._add_global_keyprefix
    return prefix + "_" if prefix and prefix[-1] not in ":_-." else prefix


# --- its settings -------------------------------------------------------------------------------


def first(url):
    urls = [url] if isinstance(url, str) else list(url or ())
    return urls[0].split(";")[0] if urls else ""


def routed(routes):
    """Names of the queues in ``task_routes``; what a function decides can't be known."""
    if isinstance(routes, dict):
        routes = routes.items()
    if isinstance(routes, str) or not routes:
        return
    for route in routes:
        if is_pair(route):
            target = route[1]
            yield queue_name(target.get("queue") if isinstance(target, dict) else target)
        elif isinstance(route, (dict, list, tuple)):
            yield from routed(route)


def is_pair(route):
    """A pattern of task names and where they go; other lists hold routes themselves."""
    return (
        isinstance(route, (list, tuple))
        and len(route) == 2
        and not isinstance(route[0], (dict, list, tuple))
    )


def queue_name(queue):
    return queue if isinstance(queue, str) else getattr(queue, "name", "") or ""


def version(distribution):
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "?"


def sources(package):
    """Files of the project that were imported: when none has changed, nor has the answer."""
    found = set()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and (inside(file) or name.partition(".")[0] == package):
            found.add(os.path.realpath(file))
    return sorted(found)[:SOURCES]


def inside(file):
    """A file of the project, and not of an environment that lies in it."""
    whole = os.path.realpath(file)
    prefix = os.path.realpath(sys.prefix) + os.sep
    here = os.path.realpath(HERE) + os.sep
    own = whole.startswith(here) and not whole.startswith(prefix)
    return own and "site-packages" not in whole


# --- when it fails ------------------------------------------------------------------------------


def failure(name, error):
    module = name.partition(":")[0]
    kind = "error"
    missing = ""
    if isinstance(error, NotAnAppError):
        kind = "not-an-app"
    elif isinstance(error, ModuleNotFoundError):
        kind, missing = "module-missing", error.name or ""
    elif isinstance(error, ShadowedError):
        return {"kind": "shadowed", "file": str(error), "line": 1}
    file, line = place(error)
    return {
        "kind": kind,
        "missing": missing,
        "exception": "".join(traceback.format_exception_only(type(error), error)).strip(),
        "file": file,
        "line": line,
        "traceback": told_of(error)[-TRACEBACK_LINES:],
        "candidates": candidates(sys.modules.get(module)),
    }


def place(error):
    """Where in the project it went wrong."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not machinery(frame.filename) and inside(frame.filename):
            return frame.filename, frame.lineno or 0
    return "", 0


def told_of(error):
    """The traceback without the lines of those who did the importing."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not machinery(frame.filename)]
    lines = traceback.format_list(own) + traceback.format_exception_only(type(error), error)
    return "".join(lines).rstrip().splitlines()


def machinery(file):
    """Code that imports, and is not to blame for what it imports."""
    if file == "<string>" or file.startswith("<frozen"):
        return True
    importers = (sys.modules.get(name) for name in ("celery", "kombu", "importlib"))
    folders = (str(Path(module.__file__).parent) for module in importers if module)
    return any(file.startswith(folder + os.sep) for folder in folders)


def candidates(module):
    """Names in the module that are Celery apps."""
    try:
        from celery import Celery
    except ImportError:
        return []
    return [key for key, value in vars(module).items() if type(value) is Celery] if module else []


main(sys.argv[1])

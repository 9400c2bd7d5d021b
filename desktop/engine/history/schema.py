"""The shape of ``history.sqlite``, and the steps from each version to the next. Nouns only.

``task.key`` is the instant of the newest news in microseconds of the epoch (the next free one where
two meet). So the table itself, every index and the full text are in the order in which a history
is read, the newest at the end; no index on time is needed, and a span of time is a span of keys.

An index costs each task more than a microsecond, so there are few: ``task_state`` leaves out what
succeeded (4), which is most of all, and whose index is the table.
"""

from __future__ import annotations

from desktop.engine.states import TaskState

STATES = (
    TaskState.PENDING,
    TaskState.RECEIVED,
    TaskState.STARTED,
    TaskState.RETRY,
    TaskState.SUCCESS,
    TaskState.FAILURE,
    TaskState.REVOKED,
    TaskState.REJECTED,
)
"""A state is stored as its place here; the order that sorting by state shows. Append only."""
STATE_NUMBER = {state: number for number, state in enumerate(STATES)}
ENDED = frozenset({TaskState.SUCCESS, TaskState.FAILURE, TaskState.REVOKED, TaskState.REJECTED})
UNFINISHED = tuple(state for state in STATES if state not in ENDED)
HELD = (TaskState.RECEIVED, TaskState.STARTED)
"""Some worker has it."""
KEYS_A_SECOND = 1_000_000

COLUMNS = (
    "key",
    "id",
    "name",
    "state",
    "node",
    "pid",
    "queue",
    "args",
    "kwargs",
    "result",
    "exception",
    "traceback",
    "retries",
    "starts",
    "root",
    "parent",
    "sent",
    "received",
    "started",
    "finished",
    "runtime",
    "eta",
    "expires",
    "revoked_why",
    "clock",
    "attempts",
    "fault",
    "doubt",
)
"""Of ``task``, in their order."""
TEXT_COLUMNS = ("facets", "name", "args", "kwargs", "result", "exception", "traceback")
"""Of the full-text index, in their order. ``facets`` holds a word for the state, the name and the
node (:func:`desktop.engine.history.text_index.facet`), so that one index answers for them and for
text, together and in the order of keys."""

_FIRST = """
CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE node (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE queue (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE fault (
    id INTEGER PRIMARY KEY, exception TEXT NOT NULL, place TEXT NOT NULL,
    UNIQUE (exception, place)
);
CREATE TABLE task (
    key INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    name INTEGER NOT NULL,
    state INTEGER NOT NULL,
    node INTEGER NOT NULL,
    pid INTEGER,
    queue INTEGER NOT NULL,
    args TEXT,
    kwargs TEXT,
    result TEXT,
    exception TEXT,
    traceback TEXT,
    retries INTEGER,
    starts INTEGER,
    root BLOB,
    parent BLOB,
    sent REAL,
    received REAL,
    started REAL,
    finished REAL,
    runtime REAL,
    eta REAL,
    expires REAL,
    revoked_why TEXT,
    clock INTEGER,
    attempts BLOB,
    fault INTEGER
);
CREATE UNIQUE INDEX task_id ON task (id);
CREATE INDEX task_state ON task (state) WHERE state != 4;
CREATE INDEX task_received ON task (COALESCE(received, sent));
CREATE INDEX task_runtime ON task (runtime);
CREATE INDEX task_root ON task (root) WHERE root != x'';
CREATE INDEX task_fault ON task (fault, state, name) WHERE fault IS NOT NULL;
CREATE VIRTUAL TABLE task_text USING fts5 (
    facets, name, args, kwargs, result, exception, traceback,
    content='', columnsize=0, tokenize='unicode61 remove_diacritics 2'
);
CREATE TABLE tally (
    kind TEXT NOT NULL, id INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE figure (
    level INTEGER NOT NULL, at INTEGER NOT NULL, name INTEGER NOT NULL,
    kind INTEGER NOT NULL, bin INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (level, at, name, kind, bin)
) WITHOUT ROWID;
"""

_DOUBT = "ALTER TABLE task ADD COLUMN doubt TEXT"
_DEPTH = """
CREATE TABLE depth (
    level INTEGER NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (level, at)
) WITHOUT ROWID;
"""

_MERGE = "INSERT INTO task_text (task_text, rank) VALUES ('automerge', 8);"
"""Twice as many pieces of the index of full text before they are merged as FTS5 would have: the
newest are found as soon, and recording a task costs a twentieth less."""

STEPS: tuple[str, ...] = (_FIRST, _DOUBT, _DEPTH, _MERGE)
"""Step n leads from version n to n + 1; a fresh file takes all. Append only."""

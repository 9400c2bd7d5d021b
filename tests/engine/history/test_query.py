"""The query language: what is read as what, and where a mistake is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.history.query import (
    ALL,
    DEPTH_MAX,
    FIELDS,
    LENGTH_MAX,
    And,
    BadQuery,
    Compare,
    Field,
    Not,
    Or,
    Query,
    State,
    Time,
    Word,
    parse,
)
from desktop.engine.history.rendering import all_of, render
from desktop.engine.states import TaskState


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("", ALL),
        ("  ", ALL),
        ("mail", Word("mail")),
        ("mail boss", And((Word("mail"), Word("boss")))),
        ("mail AND boss", And((Word("mail"), Word("boss")))),
        ("a b OR c", Or((And((Word("a"), Word("b"))), Word("c")))),
        ("a (b OR c)", And((Word("a"), Or((Word("b"), Word("c")))))),
        ("-mail", Not(Word("mail"))),
        ("NOT mail", Not(Word("mail"))),
        ("-(a OR b)", Not(Or((Word("a"), Word("b"))))),
        ("a-b", Word("a-b")),
        ('"connection refused"', Word("connection refused", exact=True)),
        (r'"a \"b\" \\"', Word('a "b" \\', exact=True)),
        ("name:shop.*", Field("name", "shop.*")),
        ('NAME:"shop.mail"', Field("name", "shop.mail", exact=True)),
        ("state:failure", State(TaskState.FAILURE)),
        ("state:fail", State(TaskState.FAILURE)),
        ("state:failed", State(TaskState.FAILURE)),
        ("state:RETRY", State(TaskState.RETRY)),
        ("runtime>2", Compare("runtime", ">", 2.0)),
        ("wait>=300ms", Compare("wait", ">=", 0.3)),
        ("runtime<1.5m", Compare("runtime", "<", 90.0)),
        ("retries=0", Compare("retries", "=", 0.0)),
        ("since:1h", Time("since", "1h")),
        ("until:2026-11-24T14:05", Time("until", "2026-11-24T14:05")),
        ("since:1800000000", Time("since", "1800000000")),
        ("fetch.py:88", Word("fetch.py:88")),
        ("http://a/b?c=d", Word("http://a/b?c=d")),
        ("12:30", Word("12:30")),
        ("下载", Word("下载")),
        ("error:超时 -name:a", And((Field("error", "超时"), Not(Field("name", "a"))))),
    ],
)
def test_a_query_is_read_as_this(query: str, tree: Query) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize(
    ("query", "position"),
    [
        ("a (b", 4),
        ("a )", 2),
        ("a OR", 4),
        ("OR a", 0),
        ("a NOT", 5),
        ("()", 1),
        ('a "b', 2),
        ("name:", 5),
        ("name: a", 5),
        ("nmae:x", 0),
        ("a sate:x", 2),
        ("state:broken", 6),
        ("state:re", 6),
        ("runtime>x", 8),
        ("runtime>", 8),
        ("runtime:2", 7),
        ("since:soon", 6),
        ("since:60", 6),
        ("(" * (DEPTH_MAX + 1) + "a" + ")" * (DEPTH_MAX + 1), DEPTH_MAX),
        ("a" * (LENGTH_MAX + 1), LENGTH_MAX),
    ],
)
def test_a_wrong_query_says_where(query: str, position: int) -> None:
    with pytest.raises(BadQuery) as caught:
        parse(query)
    assert caught.value.position == position
    problem = caught.value.problem
    assert problem.code == "bad-query"
    assert str(problem.title).startswith(f"The search can't be read at character {position + 1}:")
    assert problem.log[1].endswith("^")


def test_a_misspelt_field_is_told_the_right_one() -> None:
    with pytest.raises(BadQuery) as caught:
        parse("wroker:w1")
    assert "worker:" in str(caught.value.problem.message)


@given(st.text(alphabet='ab:"() -*><=1hORNTAD\\命\n\x00', max_size=40) | st.text(max_size=60))
def test_any_text_is_a_query_or_a_bad_one(query: str) -> None:
    tree = parsed(query)
    if isinstance(tree, BadQuery):
        assert 0 <= tree.position <= len(query)
    else:
        assert parse(render(tree)) == tree


def parsed(query: str) -> Query | BadQuery:
    try:
        return parse(query)
    except BadQuery as error:
        return error


_WORDS = st.text(max_size=12).map(lambda words: Word(words, exact=True))
_FIELDS = st.builds(
    Field,
    st.sampled_from([field for field in FIELDS if field != "state"]),
    st.text(min_size=1, max_size=12),
    st.just(True),
)
_TERMS = (
    _WORDS
    | _FIELDS
    | st.builds(State, st.sampled_from(list(TaskState)))
    | st.builds(
        Time, st.sampled_from(["since", "until"]), st.sampled_from(["5m", "today", "1800000000.5"])
    )
    | st.builds(
        Compare,
        st.sampled_from(["runtime", "wait", "retries"]),
        st.sampled_from([">", "<=", "="]),
        st.integers(0, 10**9).map(lambda n: n / 1000),
    )
)
_TREES = st.recursive(
    _TERMS,
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: all_of(*parts))
        | st.lists(inner.filter(lambda one: not isinstance(one, Or)), min_size=2, max_size=3).map(
            lambda parts: Or(tuple(parts))
        )
    ),
    max_leaves=8,
)


@given(_TREES)
def test_a_tree_is_read_as_it_was_written(tree: Query) -> None:
    assert parse(render(tree)) == tree

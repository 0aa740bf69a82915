"""The compiler's SQL against the definition in plain Python, on random events and random queries."""

import json
from collections.abc import Sequence

import pytest
from django.db import connections
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from logviewer.query.compiler import compile_node
from logviewer.query.language import QueryError, parse
from logviewer.query.language.nodes import Compare, Equals, Has, Like, Node, Phrase, Word
from logviewer.query.language.reference import matches
from logviewer.store.event import Event, Level
from logviewer.store.models import EventRow
from tests.integration.query.random_queries import NOW, events, nodes, terms

COLUMNS = ("time", "level", "service", "event", "logger", "request_id", "cohort_id")
with_database = settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def answers(stored: Sequence[Event], asked: Sequence[Node]) -> list[tuple[bool, ...]]:
    """For each event: which queries match, says Postgres."""
    rows = ",".join(
        json.dumps({name: str(getattr(one, name)) if name == "time" else getattr(one, name) for name in COLUMNS})[:-1]
        + f', "id": {number}, "data": {one.data}}}'
        for number, one in enumerate(stored)
    )
    predicates = [compile_node(node, NOW) for node in asked]
    columns = ", ".join(f"({one.sql})" for one in predicates)
    params = [param for one in predicates for param in one.params]
    with connections["search"].cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM jsonb_populate_recordset(NULL::log_event, %s::jsonb) ORDER BY id",
            [*params, f"[{rows}]"],
        )
        return cursor.fetchall()


def event(text: str = "", data: str = "{}", **fields: object) -> Event:
    return Event(
        NOW,
        Level.INFO,
        **{"service": "", "event": text, "logger": "", "request_id": None, "cohort_id": None, "data": data, **fields},
    )  # type: ignore[arg-type]


@with_database
@given(st.lists(events, min_size=1, max_size=8), st.lists(st.one_of(terms, nodes), min_size=1, max_size=10))
@example([event(data='{"a": [[["x"]], {"b": 1}]}')], [Equals("a", "x"), Equals("a.b", "1"), Has("a.b")])
@example([event(data='{"a": [[["x", 1]]]}'), event(data='{"a": [[[["x", 1]]]]}')], [Equals("a", "x"), Equals("a", "1")])
@example([event(data='{"a": [[[1.0]]]}'), event(data='{"a": "1"}')], [Equals("a", "1"), Equals("a", "1.0")])
@example([event(data='{"a": 12.0}'), event(data='{"a": 12}')], [Equals("a", "12"), Equals("a", "12.0")])
@example([event("ReadTimeoutError")], [Word("timeout"), Word("timeouterror"), Word("imeout"), Phrase("imeoutE")])
@example([event(data='{"a": "x\\ny"}')], [Word("ny"), Word("y"), Phrase("x\ny"), Phrase("\\n")])
@example([event(data='{"a": "1e999"}'), event(data='{"a": "' + "9" * 401 + '"}')], [Compare("a", ">", "5")])
@example([event(data='{"a": [[[{"b": 1}]]]}'), event(data='{"a": [[[[{"b": 1}]]]]}')], [Equals("a.b", "1"), Has("a.b")])
@example([event("readHTTPs"), event("readHTTP2")], [Word("http"), Word("htt"), Word("ps"), Word("h"), Word("http2")])
@example([event(data='{"a": null}')], [Equals("a", "null"), Like("a", "*"), Has("a"), Compare("a", "<", "1")])
def test_sql_and_reference_agree(stored, asked):
    for one, row in zip(stored, answers(stored, asked), strict=True):
        assert row == tuple(matches(node, one, NOW) for node in asked)


@pytest.mark.parametrize("length", [1, 100, 1000, 4090])
@pytest.mark.parametrize("letter", ["a", "A", "é", "0", '"', "日"])
def test_long_words_and_phrases_are_no_burden(letter, length):
    long = letter * max(1, length // len(letter.encode()))
    stored = [event("x"), event(f"x{long}"), event(data=json.dumps({"a": f"{long}x"})), event(f"-{long}")]
    asked = [Phrase(long), Word(f"{long}0")]
    assert answers(stored, asked) == [tuple(matches(node, one, NOW) for node in asked) for one in stored]


def test_sixty_four_words_are_no_burden():
    asked = [Word(f"word{number}") for number in range(64)]
    [row] = answers([event(" ".join(node.text for node in asked[:60]))], asked)
    assert row == (True,) * 60 + (False,) * 4


PIECES = [
    "a",
    "Ab1",
    " ",
    "(",
    ")",
    "-",
    '"',
    "\\",
    ":",
    ">",
    "<=",
    "*",
    "OR ",
    "has:",
    "level",
    "time",
    ".",
    "$",
    "\0",
    "%s",
    "'",
]


@with_database
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=20))
def test_what_can_be_parsed_can_be_asked(text):
    try:
        predicate = compile_node(parse(text), NOW)
    except QueryError:
        return
    assert EventRow.objects.using("search").matching(predicate).count() == 0

"""The index of words never hides an event that a query matches, and both kinds of slices give the same answers."""

import json

import pytest
from django.db import connections
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from logviewer.query.language.nodes import And, Not, Or, Phrase, Word
from logviewer.query.language.reference import matches
from logviewer.query.language.words import SEPARATOR_RANGES, parts_of, runs_of
from logviewer.query.narrowing import narrowing, rest
from logviewer.store.event import Event, Level
from logviewer.store.predicate import all_of
from tests.integration.query.random_queries import NOW, events, nodes, terms, texts
from tests.integration.query.test_sql_means_what_the_reference_says import COLUMNS


def event(text: str = "", data: str = "{}") -> Event:
    return Event(NOW, Level.INFO, "", text, "", None, None, data)


def narrowed(stored, asked):
    """For each event: what the index would say to each query; None where it has no say."""
    rows = ",".join(
        json.dumps({name: str(getattr(one, name)) if name == "time" else getattr(one, name) for name in COLUMNS})[:-1]
        + f', "id": {number}, "data": {one.data}}}'
        for number, one in enumerate(stored)
    )
    conditions = [narrowing(node, NOW) for node in asked]
    predicates = [all_of(some) if some else None for some in conditions]
    columns = ", ".join("NULL" if one is None else f"({one.sql})" for one in predicates)
    params = [param for one in predicates if one is not None for param in one.params]
    with connections["search"].cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM jsonb_populate_recordset(NULL::log_event, %s::jsonb) ORDER BY id",
            [*params, f"[{rows}]"],
        )
        return cursor.fetchall()


with_database = settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
words = texts.map(Word).filter(lambda word: bool(word.runs))
phrases = texts.filter(bool).map(Phrase)


@with_database
@given(
    st.lists(events, min_size=1, max_size=8),
    st.lists(st.one_of(words, phrases, terms, nodes), min_size=1, max_size=12),
)
@example(
    [event("HTTPServerError readTimeout2x")], [Word("server"), Word("timeout"), Word("timeout2"), Word("httpserv")]
)
@example(
    [event(data='{"a": "x\\nword C:\\\\new\\u0001foo \\"Café"}')],
    [Word("word"), Word("new"), Word("foo"), Word("café")],
)
@example(
    [event("/cohorts/12/assign")], [Word("/cohorts/12/ass"), Word("12/assign"), Phrase("ohorts/12/ass"), Phrase("/12/")]
)
@example([event("x " + "a" * 3000 + " y")], [Word("a" * 3000), Word("a" * 100), Phrase(" " + "a" * 3000 + " y")])
@example([event("日本語 ÉCOLE")], [Word("日本"), Word("école"), Phrase(" école")])
@example([event("one two")], [Or((Word("two"), Word("x"))), And((Word("one"), Not(Word("x"))))])
def test_whatever_a_query_matches_the_index_finds(stored, asked):
    for one, row in zip(stored, narrowed(stored, asked), strict=True):
        for node, said in zip(asked, row, strict=True):
            if matches(node, one, NOW):
                assert said is not False, node


@with_database
@given(st.lists(events, min_size=1, max_size=8), st.lists(words, min_size=1, max_size=12))
@example([event("éReadTimeout readTimeouté"), event(data='{"a": "xéReadTimeout"}')], [Word("read"), Word("timeout")])
def test_of_the_events_that_the_index_finds_only_the_rest_is_left_to_ask(stored, asked):
    for one, row in zip(stored, narrowed(stored, asked), strict=True):
        for node, said in zip(asked, row, strict=True):
            assert matches(node, one, NOW) == (said is not False and matches(rest(node), one, NOW)), node


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("ReadTimeoutError", Word("timeout"), True),
        ("ReadTimeoutError", Word("imeout"), False),
        ("could not connect", Phrase("ould not conn"), True),
        ("could never connect", Phrase("ould not conn"), False),
        ("anything", Phrase("nythin"), None),
        ("anything", Not(Word("else")), None),
        ("anything", Or((Word("else"), Not(Word("any")))), None),
    ],
)
def test_the_index_tells_most_events_apart(text, query, found):
    assert narrowed([event(text)], [query]) == [(found,)]


@with_database
@given(st.one_of(texts, st.text(max_size=30), st.text("aB1_é日 /", max_size=30)))
def test_postgres_cuts_texts_into_the_tokens_of_the_definition(text):
    text = text.replace("\0", " ").encode("utf-16-le", "replace").decode("utf-16-le", "replace")
    with connections["search"].cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(log_words(%s, '', '', NULL, NULL, '{}'))", [text])
        [(lexemes,)] = cursor.fetchall()

    expected = {"".join(map(_as_in_the_index, token)) for token in _cased_tokens(text)}
    assert expected <= set(lexemes)


def _cased_tokens(text):
    for run in runs_of(text):
        yield run
        yield from parts_of(run)


def _as_in_the_index(character):
    return character.lower() if character.isascii() else character


def test_the_separators_of_the_index_are_those_of_the_definition():
    """All of them, one by one."""
    characters = [chr(code) for low, high in SEPARATOR_RANGES for code in range(low, high + 1) if code < 0x2000]
    with connections["search"].cursor() as cursor:
        cursor.execute(
            "SELECT one FROM unnest(%s::text[]) AS one"
            " WHERE tsvector_to_array(log_words('a' || one || 'b', '', '', NULL, NULL, '{}')) <> '{a,b}'",
            [characters],
        )
        assert cursor.fetchall() == []

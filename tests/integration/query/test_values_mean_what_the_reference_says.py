"""Top values and percentiles against counting in plain Python, on random events."""

import json
import math
from collections import Counter, defaultdict
from decimal import Decimal

from django.db import connections
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import sql

from logviewer.query import facets, percentiles
from logviewer.query.field_values import values_of
from logviewer.query.language import reference
from logviewer.query.language.nodes import Equals, Has
from logviewer.query.language.values import LEVEL_FIELD, MOST_NAMES_IN_PATH
from logviewer.query.reader import Reader
from logviewer.query.rows import Rows
from logviewer.query.search import Search
from logviewer.store.event import Event, Level, level_name
from tests.integration.query.random_queries import NOW, events, fields

COLUMNS = ("time", "level", "service", "event", "logger", "request_id", "cohort_id")
FRACTIONS = (0.0, 0.25, 0.5, 0.95, 1.0)
EVERYTHING = Search.parse(reader=Reader(may_search=True), now=NOW)
names = fields.filter(lambda name: bool(name) and name.count(".") < MOST_NAMES_IN_PATH)
with_database = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def source(stored):
    """The events as what stands in FROM in place of log_event."""
    rows = ",".join(
        json.dumps({name: str(getattr(one, name)) if name == "time" else getattr(one, name) for name in COLUMNS})[:-1]
        + f', "id": {number}, "data": {one.data}}}'
        for number, one in enumerate(stored)
    )
    connections["search"].ensure_connection()
    literal = sql.Literal(f"[{rows}]").as_string(connections["search"].connection).replace("%", "%%")
    return f"jsonb_populate_recordset(NULL::log_event, {literal}::jsonb) AS log_event"


def event(data):
    return Event(NOW, Level.INFO, "s", "e", "", None, None, data)


def plain_values(one, field):
    """The plain values of an event's field, arrays opened, and whether it has the field at all."""
    if field == LEVEL_FIELD:
        return [str(one.level)], True
    found = list(reference._found(Has(field), one))
    return list(reference._scalars(found)), bool(found)


def texts(one, field):
    return {value if field == LEVEL_FIELD else reference._text(value) for value in plain_values(one, field)[0]}


@with_database
@given(st.lists(events, min_size=1, max_size=8), names | st.just(LEVEL_FIELD))
@example([event('{"a": ["x", "x", ["y"]]}'), event('{"a": "x"}'), event('{"a": "[\\"x\\"]"}')], "a")
@example([event('{"a": null}'), event('{"a": "null"}'), event('{"a": {}}'), event("{}")], "a")
@example([event('{"a": 12.0}'), event('{"a": 12}'), event('{"a": "12"}')], "a")
@example([event('{"a": "{x"}'), event('{"a": "["}')], "a")
@example([event('{"a": {"b": 1}, "a.b": 2}'), event('{"a": [{"b": 1}, {"b": 1}]}')], "a.b")
@example([event('{"a": [[["x"]]]}'), event('{"a": [[[["y"]]]]}')], "a")
def test_top_values_are_those_that_counting_finds(stored, field):
    expected = Counter(text for one in stored for text in texts(one, field))
    question = facets._Question(EVERYTHING, values_of(field, parameter="field"), 1000)
    answer, _ = question(source(stored), 15.0)

    assert dict(answer.top) == expected
    assert [count for _, count in answer.top] == sorted(expected.values(), reverse=True)
    assert answer.events == len(stored)
    assert answer.with_field == sum(plain_values(one, field)[1] for one in stored)
    assert answer.distinct == len(expected)


@with_database
@given(st.lists(events, min_size=1, max_size=8), names)
def test_the_count_of_a_value_is_that_of_the_search_for_it(stored, field):
    question = facets._Question(EVERYTHING, values_of(field, parameter="field"), 1000)
    answer, _ = question(source(stored), 15.0)

    for value, count in answer.top:
        assert count == sum(reference.matches(Equals(field, value), one, NOW) for one in stored)


@with_database
@given(st.lists(events, min_size=1, max_size=8), names, st.none() | names | st.just(LEVEL_FIELD))
@example([event('{"a": 1.50}'), event('{"a": "1e2"}'), event('{"a": [1, "x", 7]}'), event('{"a": "x"}')], "a", None)
@example([event('{"a": 1, "b": ["x", "y"]}'), event('{"a": [2, 3], "b": "x"}'), event('{"a": 4}')], "a", "b")
@example([event('{"a": 1e400}'), event('{"a": "9e999"}')], "a", None)
@example([event('{"a": "' + "9" * 401 + '"}')], "a", None)
def test_percentiles_are_those_that_sorting_finds(stored, field, by):
    numbers, left_out, with_field = defaultdict(list), 0, 0
    for one in stored:
        found, present = plain_values(one, field)
        own = [number for number in map(reference._number, found) if number is not None]
        with_field += present
        left_out += present and not own
        for group in (texts(one, by) if by else None) or {None}:
            if own:
                numbers[group] += own
    question = percentiles._Question(
        Rows.of(EVERYTHING),
        values_of(field, parameter="field"),
        values_of(by, parameter="by") if by else None,
        FRACTIONS,
        1000,
    )
    answer, _ = question(source(stored), 15.0)

    assert {group: count for group, count, *_ in answer.groups} == {key: len(own) for key, own in numbers.items()}
    for group, _, least, greatest, quantiles in answer.groups:
        own = sorted(numbers[group])
        assert (least, greatest) == (own[0], own[-1])
        assert list(quantiles) == [nearest_rank(own, fraction) for fraction in FRACTIONS]
    assert (answer.with_field, answer.left_out, answer.distinct) == (with_field, left_out, len(numbers))


def nearest_rank(ordered: list[Decimal], fraction: float) -> Decimal:
    return ordered[max(math.ceil(fraction * len(ordered)), 1) - 1]


def test_levels_have_their_names(store_events):
    store_events([Event(NOW, Level.ERROR, "s", "e", "", None, None, '{"n": 1}')])
    assert [one.value for one in facets.read_top_values(EVERYTHING, "level").values] == [level_name(Level.ERROR)]
    assert [one.value for one in percentiles.read_percentiles(EVERYTHING, "n", by="level").groups] == ["error"]

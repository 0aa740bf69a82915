"""The histogram by the values of a field: its most frequent ones each, all others together, the events without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from logviewer.query.counts import EPOCH, LevelCount
from logviewer.query.database import fetch
from logviewer.query.facets import read_top_values
from logviewer.query.field_values import FieldValues, values_of
from logviewer.query.histogram import Histogram, read_counted
from logviewer.query.language.values import LEVEL_FIELD
from logviewer.query.pace import Window
from logviewer.query.search import Search
from logviewer.query.sql import Sql
from logviewer.store.event import level_from
from logviewer.store.predicate import Predicate

MOST_SERIES = 6


@dataclass(frozen=True, slots=True)
class FieldHistogram:
    """`counts` of the histogram's buckets are by the number of a series: 0 is values[0]; `others` are the events with
    another value, `without` those that have none."""

    histogram: Histogram
    field: str
    values: Sequence[str]
    others: int
    without: int


def read_histogram_by(search: Search, field: str, *, buckets: int = 60) -> FieldHistogram:
    """`field` as in read_top_values, from which the values are. An event with several values counts for one of them.

    Raises QueryError for a field that has no values to count, and SearchUnavailable.
    """
    known = values_of(field, parameter="by")
    values = [one.value for one in read_top_values(search, field, limit=MOST_SERIES).values]
    texts = [_stored(known, value) for value in values]
    count = partial(_count_window, _series(known, texts))
    return FieldHistogram(read_counted(search, count, buckets=buckets), field, values, len(values), len(values) + 1)


def _stored(field: FieldValues, value: str) -> str:
    """The text that the store has for what people read."""
    return str(level_from(value)[0].value) if field.name == LEVEL_FIELD else value


def _series(field: FieldValues, texts: Sequence[str]) -> Sql:
    """The number of an event's series."""
    known = _texts(field)
    branches = " ".join(f"WHEN %s = ANY(texts) THEN {number}" for number in range(len(texts)))
    series = f"CASE {branches} WHEN texts <> '{{}}' THEN {len(texts)} ELSE {len(texts) + 1} END"
    return Sql(f"(SELECT {series} FROM (SELECT {known.text} AS texts) AS known)", (*texts, *known.params))  # noqa: S608 -- our own names


def _texts(field: FieldValues) -> Sql:
    """The field's values; to open arrays and objects is dear, so plain values are taken as they are."""
    if field.text is None:
        return field.texts
    plain = f"array_remove(ARRAY[{field.text.text}], NULL)"
    return Sql(
        f"(CASE WHEN {field.has_more.text} THEN {field.texts.text} ELSE {plain} END)",
        (*field.has_more.params, *field.texts.params, *field.text.params),
    )


def _count_window(
    series: Sql, width: timedelta, condition: Predicate, window: Window, within_s: float
) -> Sequence[LevelCount]:
    return fetch(
        f"""
        SELECT date_bin(%s, time, %s), {series.text}, count(*)
        FROM log_event
        WHERE {condition.sql} AND time >= %s AND time < %s
        GROUP BY 1, 2
        """,  # noqa: S608 -- our own names
        [width, EPOCH, *series.params, *condition.params, window.since, window.until],
        within_s=within_s,
    )

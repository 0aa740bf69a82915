"""The histogram by the values of a field: its most frequent ones each, all others together, the events without it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from logviewer.query.counts import EPOCH, LevelCount, count_by_service
from logviewer.query.database import fetch
from logviewer.query.errors import SearchUnavailable, TimedOut
from logviewer.query.facets import read_top_values
from logviewer.query.field_values import FieldValues, values_of
from logviewer.query.histogram import Histogram, by_bucket, histogram_of, nice_width, read_counted, span_of
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
    if known.name == "service" and search.summed is not None and search.summed.is_counted:
        return _by_service(search, search.summed.condition, buckets)
    values = [one.value for one in read_top_values(search, field, limit=MOST_SERIES).values]
    texts = [_stored(known, value) for value in values]
    count = partial(_count_window, _series(known, texts))
    return FieldHistogram(read_counted(search, count, buckets=buckets), field, values, len(values), len(values) + 1)


def _by_service(search: Search, condition: Predicate, buckets: int) -> FieldHistogram:
    """From the store's counts, without a look at the events."""
    span = span_of(search)
    width = nice_width(span.until - span.since, buckets)
    try:
        rows = count_by_service(condition, span, width)
    except TimedOut as problem:
        raise SearchUnavailable("The database of events is slow.") from problem
    totals: Counter[str] = Counter()
    for _, service, events in rows:
        totals[service] += events
    values = [service for service, _ in sorted(totals.items(), key=lambda one: (-one[1], one[0]))[:MOST_SERIES]]
    numbers = {service: number for number, service in enumerate(values)}
    counted = [(start, numbers.get(service, len(values)), events) for start, service, events in rows]
    histogram = histogram_of(span, width, by_bucket(counted), span.since)
    return FieldHistogram(histogram, "service", values, len(values), len(values) + 1)


def _stored(field: FieldValues, value: str) -> str:
    """The text that the store has for what people read."""
    return str(level_from(value)[0].value) if field.name == LEVEL_FIELD else value


def _series(field: FieldValues, texts: Sequence[str]) -> Sql:
    """The number of an event's series. To open arrays and objects is dear, so a plain value is taken as it is."""
    if field.text is None:
        return _of_opened(field, texts)
    text, opened = field.text, _of_opened(field, texts)
    plain = (
        f"CASE WHEN {text.text} IS NULL THEN {len(texts) + 1}"
        f" ELSE coalesce(array_position(%s::text[], {text.text}) - 1, {len(texts)}) END"
    )
    return Sql(
        f"(CASE WHEN {field.has_more.text} THEN {opened.text} ELSE {plain} END)",
        (*field.has_more.params, *opened.params, *text.params, list(texts), *text.params),
    )


def _of_opened(field: FieldValues, texts: Sequence[str]) -> Sql:
    known = field.texts
    branches = " ".join(f"WHEN %s = ANY(texts) THEN {number}" for number in range(len(texts)))
    series = f"CASE {branches} WHEN texts <> '{{}}' THEN {len(texts)} ELSE {len(texts) + 1} END"
    return Sql(f"(SELECT {series} FROM (SELECT {known.text} AS texts) AS known)", (*texts, *known.params))  # noqa: S608 -- our own names


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

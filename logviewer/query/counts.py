"""Counts of events from the store's counts by minute and hour: what a search for levels and services needs no rows for.

The parts of a minute at both ends are counted row by row, so that a histogram and its list never disagree.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

from logviewer.query.database import fetch
from logviewer.query.pace import Window
from logviewer.store.predicate import Predicate

LevelCount = tuple[datetime, int, int]  # start of a bucket, level, events
ServiceCount = tuple[datetime, str, int]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def count_by_level(condition: Predicate, span: Window, width: timedelta) -> list[LevelCount]:
    """The events of `span` for which `condition` (on level and service) holds, in buckets of `width` aligned to 1970.

    One statement reads all tables, so that each event is seen once while the worker moves counts. Raises TimedOut.
    """
    return _count_by("level", condition, span, width)


def count_by_service(condition: Predicate, span: Window, width: timedelta) -> list[ServiceCount]:
    """The same by service."""
    return _count_by("service", condition, span, width)


def _count_by(column: LiteralString, condition: Predicate, span: Window, width: timedelta) -> list[tuple[Any, ...]]:
    parts = list(_parts(condition, span, width))
    return fetch(
        f"SELECT date_bin(%s, time, %s), {column}, sum(events)::bigint"  # noqa: S608 -- our own names
        f" FROM ({' UNION ALL '.join(part.sql for part in parts)}) AS counted (time, level, service, events)"
        " GROUP BY 1, 2 HAVING sum(events) <> 0",
        [width, EPOCH, *(param for part in parts for param in part.params)],
    )


def _parts(condition: Predicate, span: Window, width: timedelta) -> Iterator[Predicate]:
    """SELECTs of (time, level, service, events) that together cover `span` once."""
    if width % MINUTE:
        yield _rows(condition, span)
        return
    minutes = full_units(span, MINUTE)
    yield from (_rows(condition, edge) for edge in _edges(span, minutes))
    if minutes.since < minutes.until:
        yield _counts("event_count_new", "minute", condition, minutes)
        hours = full_units(minutes, HOUR) if width % HOUR == timedelta(0) else Window(minutes.until, minutes.until)
        yield from (_counts("event_count_minute", "minute", condition, edge) for edge in _edges(minutes, hours))
        if hours.since < hours.until:
            yield _counts("event_count_hour", "hour", condition, hours)


def _rows(condition: Predicate, window: Window) -> Predicate:
    return Predicate(
        f"SELECT time, level, service, 1 AS events FROM log_event WHERE {condition.sql} AND time >= %s AND time < %s",  # noqa: S608
        (*condition.params, window.since, window.until),
    )


def _counts(table: str, column: str, condition: Predicate, window: Window) -> Predicate:
    return Predicate(
        f"SELECT {column}, level, service, events FROM {table}"  # noqa: S608 -- our own names
        f" WHERE {condition.sql} AND {column} >= %s AND {column} < %s",
        (*condition.params, window.since, window.until),
    )


def full_units(span: Window, unit: timedelta) -> Window:
    """The full units within `span`; an empty window at its end if there are none."""
    if span.until - span.since < unit:
        return Window(span.until, span.until)
    since = span.since + -(span.since - EPOCH) % unit
    until = span.until - (span.until - EPOCH) % unit
    return Window(since, until) if since < until else Window(span.until, span.until)


def _edges(span: Window, inner: Window) -> Iterator[Window]:
    """What of `span` lies before and after `inner`."""
    for edge in (Window(span.since, inner.since), Window(inner.until, span.until)):
        if edge.since < edge.until:
            yield edge

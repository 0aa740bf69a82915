"""The events that a search finds: one page, one event, or all of them, in the order of a list."""

import json
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Self

from logviewer.query.database import fetch, give_back_connection
from logviewer.query.errors import OutOfTime, SearchUnavailable, TimedOut
from logviewer.query.language import QueryError
from logviewer.query.language.errors import gettext_noop
from logviewer.query.order import Order
from logviewer.query.reader import Reader, visible_to
from logviewer.query.search import Search
from logviewer.query.walk import COLUMNS, Position, Row, Walk
from logviewer.store.event import level_name

PAGE_BUDGET_S = 10.0
AT_ONCE_S = 0.2  # of a page that comes at once with what is found by then; with its histogram half a second
MOST_ROWS = 1000
PAGE_CHARACTERS = 4_000_000  # about what `stream` holds at once

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class WrittenFloat(float):
    """A number with a fraction and how it was written: for the search language 1.50 is not 1.5."""

    text: str


@dataclass(frozen=True)
class StoredEvent:
    """An event as the store has it. `time` is UTC; `data` are the event's own keys, `meta` our notes: read from their
    JSON texts when somebody asks, for whoever hands them on needs the texts."""

    id: int
    time: datetime
    level: int
    service: str
    event: str
    logger: str
    request_id: str | None
    cohort_id: str | None
    data_json: str
    meta_json: str | None

    @cached_property
    def data(self) -> dict[str, Any]:
        return _object(self.data_json)

    @cached_property
    def meta(self) -> dict[str, Any] | None:
        return None if self.meta_json is None else _object(self.meta_json)

    @property
    def level_name(self) -> str:
        return level_name(self.level)

    @classmethod
    def of_row(cls, row: Row) -> Self:
        time, number, level, service, event, logger, request_id, cohort_id, data, meta = row
        return cls(
            number,
            time.astimezone(UTC),
            level,
            service,
            event,
            logger,
            request_id,
            cohort_id,
            data,
            meta,
        )


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some of the events of a search, which were read in `order`.

    `older` and `newer` are the cursors of the pages beside it: None if nothing older, or newer, matches. With
    `timed_out` there may be more on this page's stretch of time than it shows; all between where reading began and
    `reached` was looked at.
    """

    events: Sequence[StoredEvent]
    older: str | None
    timed_out: bool
    reached: datetime | None = None
    newer: str | None = None
    order: Order = Order.NEWEST_FIRST

    def listed(self, order: Order) -> "EventPage":
        """The same with its events in `order`, however they were read."""
        return self if order is self.order else replace(self, events=self.events[::-1])

    @property
    def is_all(self) -> bool:
        """Whether the search finds nothing else."""
        return self.older is None and self.newer is None and not self.timed_out

    @property
    def begins_newest(self) -> bool:
        """Whether it has events, and those are the newest that the search finds."""
        return bool(self.events) and self.newer is None


def read_page(
    search: Search,
    *,
    limit: int = 100,
    cursor: str = "",
    order: Order = Order.NEWEST_FIRST,
    budget_s: float | None = None,
) -> EventPage:
    """The first `limit` events in `order`, or those behind `cursor`, found within `budget_s` seconds (PAGE_BUDGET_S).

    Newest first, `cursor` is a page's `older`, and oldest first its `newer`, in whichever order that page was read.
    Raises QueryError for a cursor that is none, and SearchUnavailable.
    """
    start = position_of(cursor) if cursor else None
    walk = Walk(search, after=start, budget_s=PAGE_BUDGET_S if budget_s is None else budget_s, order=order)
    rows, timed_out = walk.first(limit + 1)
    if len(rows) > limit:
        onward: Position | None = Position.of_row(rows[limit - 1])
    else:
        onward = walk.position if timed_out else None
    events = [StoredEvent.of_row(row) for row in rows[:limit]]
    forwards = order is Order.OLDEST_FIRST
    back = start and (Position.of_row(rows[0]) if rows else start.next if forwards else start.previous)
    older, newer = (back, onward) if forwards else (onward, back)
    return EventPage(events, _cursor(older), timed_out, onward.time if onward else None, _cursor(newer), order)


def cursor_at(moment: datetime, order: Order = Order.NEWEST_FIRST) -> str:
    """The cursor of the place behind which, in `order`, `moment` is the first to come: a page that begins there."""
    return cursor_of(Position(moment if order is Order.OLDEST_FIRST else moment + _MICROSECOND))


def read_event(reader: Reader, time: datetime, id: int) -> StoredEvent | None:  # noqa: A002 -- the column's name
    """One event, if the store has it and `reader` may see it. Raises SearchUnavailable."""
    if not -(2**63) <= id < 2**63:
        return None
    seen = visible_to(reader)
    try:
        rows = fetch(
            f"SELECT {COLUMNS} FROM log_event WHERE {seen.sql} AND time = %s AND id = %s",  # noqa: S608 -- our own names
            [*seen.params, time, id],
        )
    except TimedOut as problem:
        raise SearchUnavailable("The database of events is slow.") from problem
    return StoredEvent.of_row(rows[0]) if rows else None


def read_events(reader: Reader, places: Sequence[tuple[datetime, int]]) -> Sequence[StoredEvent]:
    """The events at these times with these ids that the store has and `reader` may see, oldest first. Raises
    SearchUnavailable."""
    if not places:
        return []
    seen = visible_to(reader)
    try:
        rows = fetch(
            f"SELECT {COLUMNS} FROM log_event WHERE {seen.sql} AND time = ANY(%s) AND id = ANY(%s) ORDER BY time, id",  # noqa: S608 -- our own names
            [*seen.params, [time for time, _ in places], [number for _, number in places]],
        )
    except TimedOut as problem:
        raise SearchUnavailable("The database of events is slow.") from problem
    return [StoredEvent.of_row(row) for row in rows]


def stream(search: Search, order: Order = Order.NEWEST_FIRST) -> Iterator[Sequence[StoredEvent]]:
    """All events of a search, in `order`, as many at a time as the database gave at once; never none.

    Raises SearchUnavailable, also midway: what was yielded then is not all.
    """
    walk = Walk(search, after=None, budget_s=None, order=order)
    limit = 100
    while not walk.done:
        try:
            rows = walk.rows(limit)
        except OutOfTime as problem:
            raise SearchUnavailable("A second of the log takes too long to search.") from problem
        if rows:
            each = sum(len(row[-2]) for row in rows) / len(rows)
            limit = min(max(int(PAGE_CHARACTERS / max(each, 1)), 1), MOST_ROWS)
            give_back_connection()
            yield [StoredEvent.of_row(row) for row in rows]


def _cursor(position: Position | None) -> str | None:
    return cursor_of(position) if position else None


def cursor_of(position: Position) -> str:
    text = f"{(position.time - _EPOCH) // _MICROSECOND}.{position.id}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position_of(cursor: str) -> Position:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        microseconds, _, number = urlsafe_b64decode(padded).decode("ascii").partition(".")
        position = Position(_EPOCH + int(microseconds) * _MICROSECOND, int(number))
        if not 0 <= position.id < 2**63:
            raise ValueError("no id")
    except (ValueError, OverflowError) as problem:
        raise QueryError(
            gettext_noop("this cursor is none of ours"),
            hint=gettext_noop("Take it from the page before."),
            parameter="cursor",
        ) from problem
    return position


def _object(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text, parse_float=_finite)
    return found


def _finite(text: str) -> float | str:
    # Beyond what a float holds: the digits as text are more than "Infinity", which is not even JSON.
    number = WrittenFloat(text)
    number.text = text
    return number if math.isfinite(number) else text

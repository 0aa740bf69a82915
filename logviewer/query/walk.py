"""Reads a search's rows in the order of a list, one statement at a time: windows of time, and keyset inside of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from logviewer.query.database import estimated_rows, fetch
from logviewer.query.errors import OutOfTime
from logviewer.query.order import Order
from logviewer.query.pace import ALL_OF_TIME, FIRST_WINDOW_OF_WORDS, Pace, Window, ends_of_store
from logviewer.query.search import Search
from logviewer.query.stretches import Stretch, stretch_from
from logviewer.store.predicate import EVERYTHING, Predicate, all_of

COLUMNS = "time, id, level, service, event, logger, request_id, cohort_id, data, meta"
FIRST_WINDOW = timedelta(minutes=15)
MOST_WORDS = 4  # of which it is asked how frequent they are
DENSE = 20  # times as many rows as a page wants, in one slice: reading through time finds those sooner

_MICROSECOND = timedelta(microseconds=1)

Row = tuple[Any, ...]  # of COLUMNS


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order, between what is older than (time, id) and what is newer. Stored ids are above 0."""

    time: datetime
    id: int = 0

    @classmethod
    def of_row(cls, row: Row) -> Self:
        return cls(row[0], row[1])

    @property
    def next(self) -> Self:
        """The place before which this one is the first."""
        return type(self)(self.time, self.id + 1)

    @property
    def previous(self) -> Self:
        return type(self)(self.time, max(self.id - 1, 0))

    @property
    def until(self) -> datetime:
        """The first time that is too new."""
        return self.time + _MICROSECOND if self.id and self.time < ALL_OF_TIME.until else self.time


class Walk:
    """The rows of a search from `after` on, in `order`. `position` says how far it got: all rows up to it were
    returned."""

    def __init__(
        self,
        search: Search,
        *,
        after: Position | None,
        budget_s: float | None,
        order: Order = Order.NEWEST_FIRST,
    ) -> None:
        self.search = search
        self.position = after
        self.order = order
        self.sparse = search.one_request
        self.stretch: Stretch | None = None  # of the last window
        span = self._span()
        self.pace = Pace(span, first=self._first_width(), budget_s=budget_s, order=order)
        self.done = span.since >= span.until

    def rows(self, limit: int) -> list[Row]:
        """At most `limit` of the next rows; perhaps none although the walk is not `done`. Raises OutOfTime."""
        start = self._start()
        if self.search.narrowing:
            self._enter_stretch(start, limit)
        width = self.pace.width
        window, rows = self.pace.ask(
            start,
            lambda window, within_s: fetch(
                *self._statement(window, limit), within_s=within_s, workers=not self.by_index_of_words
            ),
            edge=self.stretch.edge if self.stretch else None,
        )
        if len(rows) == limit:
            self.position, self.sparse = Position.of_row(rows[-1]), False
            self.pace.width = min(width, self.pace.width)  # the limit ended it, that says nothing of the window
        else:
            self._pass(window)
            expected = len(rows) * (self.pace.width / (window.until - window.since))
            self.sparse = self.search.one_request or expected < limit
        return rows

    def first(self, most: int) -> tuple[list[Row], bool]:
        """At most `most` of the next rows, and whether the time was up before they were found."""
        rows: list[Row] = []
        try:
            while len(rows) < most and not self.done:
                rows += self.rows(most - len(rows))
        except OutOfTime:
            return rows, True
        return rows, False

    @property
    def _forwards(self) -> bool:
        return self.order is Order.OLDEST_FIRST

    def _start(self) -> datetime:
        """Of the next window."""
        span = self.pace.span
        if self._forwards:
            return max(self.position.time, span.since) if self.position else span.since
        return min(self.position.until, span.until) if self.position else span.until

    def _pass(self, window: Window) -> None:
        """All rows of `window` were returned."""
        span = self.pace.span
        self.position = Position(window.until if self._forwards else window.since)
        self.done = window.until >= span.until if self._forwards else window.since <= span.since

    def _enter_stretch(self, start: datetime, limit: int) -> None:
        """Where slices with an index of words begin, begins with a whole one, unless it would find far too many."""
        if self.stretch and (start < self.stretch.edge if self._forwards else start > self.stretch.edge):
            return
        self.stretch = stretch_from(start, self.order)
        self.pace.width = FIRST_WINDOW_OF_WORDS
        if self.stretch.first is None:
            return
        first, span = self.stretch.first, self.pace.span
        if self._forwards:
            window = Window(start, min(first.end, span.until))
        else:
            window = Window(max(first.start, span.since), start)
        found = rows_by_index(self.search, window)
        self.sparse = found <= DENSE * limit
        self.pace.width = window.until - window.since
        if not self.sparse:
            self.pace.width *= 2 * limit / found

    @property
    def by_index_of_words(self) -> bool:
        return self.sparse and self.stretch is not None and self.stretch.indexed

    def _statement(self, window: Window, limit: int) -> tuple[str, list[object]]:
        condition = self.search.condition(indexed=self.by_index_of_words)
        beyond, direction = (">", "ASC") if self._forwards else ("<", "DESC")
        # Time first: where a small slice is read from end to end, Postgres looks at what costs the same in this order.
        where = f"time >= %s AND time < %s AND {condition.sql}"
        params: list[object] = [window.since, window.until, *condition.params]
        if self.position and self.position.id:
            where += f" AND (time, id) {beyond} (%s, %s)"
            params += [self.position.time, self.position.id]
        rows = f"SELECT {COLUMNS} FROM log_event WHERE {where}"  # noqa: S608 -- our own names
        if self.sparse:
            # OFFSET 0 keeps the planner from walking through time for rows that hardly exist: it shall take the index
            # of what is asked for, or read the window from end to end.
            rows = f"SELECT {COLUMNS} FROM ({rows} OFFSET 0) AS matching"  # noqa: S608
        return f"{rows} ORDER BY time {direction}, id {direction} LIMIT %s", [*params, limit]

    def _first_width(self) -> timedelta:
        if by_index_alone(self.search):
            return ALL_OF_TIME.until - ALL_OF_TIME.since
        return FIRST_WINDOW_OF_WORDS if self.search.narrowing else FIRST_WINDOW

    def _span(self) -> Window:
        since, until = self.search.since or ALL_OF_TIME.since, self.search.until or ALL_OF_TIME.until
        if self.position and self._forwards:
            since = max(since, self.position.time)
        elif self.position:
            until = min(until, self.position.until)
        # Forwards from a time long before the store there would be many windows with nothing in them.
        is_bounded = since > ALL_OF_TIME.since and until < ALL_OF_TIME.until
        if by_index_alone(self.search) or (is_bounded and not self._forwards):
            return Window(since, until)
        stored = ends_of_store()
        if stored is None:
            return Window(ALL_OF_TIME.since, ALL_OF_TIME.since)
        return Window(max(since, stored.since), min(until, stored.until))


def by_index_alone(search: Search) -> bool:
    """Whether one index of each slice has the rows: all of time is asked at once."""
    return search.one_request or search.one_cohort or search.predicate == EVERYTHING


def rows_by_index(search: Search, window: Window) -> float:
    """About how many rows the index of words would find in `window`: as many as the rarest of the words has.

    The planner takes words for independent, but those of a phrase come together: it is asked for each.
    """
    bounds = Predicate("(time >= %s AND time < %s)", (window.since, window.until))
    return min(estimated_rows("log_event", all_of([word, bounds])) for word in search.narrowing[:MOST_WORDS])

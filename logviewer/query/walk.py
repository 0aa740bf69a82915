"""Reads a search's rows, newest first, one statement at a time: windows of time, and keyset inside of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from logviewer.query.database import estimated_rows, fetch
from logviewer.query.pace import ALL_OF_TIME, FIRST_WINDOW_OF_WORDS, Pace, Window, ends_of_store
from logviewer.query.search import Search
from logviewer.query.stretches import Stretch, stretch_before
from logviewer.store.predicate import EVERYTHING, Predicate, all_of

COLUMNS = "time, id, level, service, event, logger, request_id, cohort_id, data, meta"
FIRST_WINDOW = timedelta(minutes=15)
MOST_WORDS = 4  # of which it is asked how frequent they are
DENSE = 20  # times as many rows as a page wants, in one slice: reading back through time finds those sooner

_MICROSECOND = timedelta(microseconds=1)

Row = tuple[Any, ...]  # of COLUMNS


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order: behind it stands what is older than (time, id). Stored ids are above 0."""

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
    """The rows of a search behind `after`. `position` says how far it got: all newer rows were returned."""

    def __init__(self, search: Search, *, after: Position | None, budget_s: float | None) -> None:
        self.search = search
        self.position = after
        self.sparse = search.one_request
        self.stretch = Stretch(ALL_OF_TIME.until, indexed=False)  # of the last window: none yet
        span = self._span()
        self.pace = Pace(span, first=self._first_width(), budget_s=budget_s)
        self.done = span.since >= span.until

    def rows(self, limit: int) -> list[Row]:
        """At most `limit` of the next rows; perhaps none although the walk is not `done`. Raises OutOfTime."""
        until = min(self.position.until, self.pace.span.until) if self.position else self.pace.span.until
        self._enter_stretch(until, limit)
        width = self.pace.width
        window, rows = self.pace.ask(
            until,
            lambda window, within_s: fetch(
                *self._statement(window, limit), within_s=within_s, workers=not self.by_index_of_words
            ),
            edge=self.stretch.since,
        )
        if len(rows) == limit:
            self.position, self.sparse = Position.of_row(rows[-1]), False
            self.pace.width = min(width, self.pace.width)  # the limit ended it, that says nothing of the window
        else:
            self.position = Position(window.since)
            self.done = window.since <= self.pace.span.since
            expected = len(rows) * (self.pace.width / (window.until - window.since))
            self.sparse = self.search.one_request or expected < limit
        return rows

    def _enter_stretch(self, until: datetime, limit: int) -> None:
        """Where slices with an index of words begin, begins with a whole one, unless it would find far too many."""
        if not self.search.narrowing:
            self.stretch = Stretch(self.pace.span.since, indexed=False)
        elif until <= self.stretch.since:
            self.stretch = stretch_before(until)
            if self.stretch.newest is not None:
                window = Window(max(self.stretch.newest.start, self.pace.span.since), until)
                found = rows_by_index(self.search, window)
                self.sparse = found <= DENSE * limit
                self.pace.width = window.until - window.since
                if not self.sparse:
                    self.pace.width *= 2 * limit / found

    @property
    def by_index_of_words(self) -> bool:
        return self.sparse and self.stretch.indexed

    def _statement(self, window: Window, limit: int) -> tuple[str, list[object]]:
        condition = self.search.condition(indexed=self.by_index_of_words)
        where = f"{condition.sql} AND time >= %s AND time < %s"
        params: list[object] = [*condition.params, window.since, window.until]
        if self.position and self.position.id:
            where += " AND (time, id) < (%s, %s)"
            params += [self.position.time, self.position.id]
        rows = f"SELECT {COLUMNS} FROM log_event WHERE {where}"  # noqa: S608 -- our own names
        if self.sparse:
            # OFFSET 0 keeps the planner from walking back through time for rows that hardly exist: it shall take the
            # index of what is asked for, or read the window from end to end.
            rows = f"SELECT {COLUMNS} FROM ({rows} OFFSET 0) AS matching"  # noqa: S608
        return f"{rows} ORDER BY time DESC, id DESC LIMIT %s", [*params, limit]

    def _first_width(self) -> timedelta:
        if by_index_alone(self.search):
            return ALL_OF_TIME.until - ALL_OF_TIME.since
        return FIRST_WINDOW_OF_WORDS if self.search.narrowing else FIRST_WINDOW

    def _span(self) -> Window:
        since, until = self.search.since, self.search.until
        if self.position:
            until = min(until, self.position.until) if until else self.position.until
        if by_index_alone(self.search):
            return Window(since or ALL_OF_TIME.since, until or ALL_OF_TIME.until)
        if since and until:
            return Window(since, until)
        stored = ends_of_store()
        if stored is None:
            return Window(ALL_OF_TIME.since, ALL_OF_TIME.since)
        return Window(since or stored.since, min(until, stored.until) if until else stored.until)


def by_index_alone(search: Search) -> bool:
    """Whether one index of each slice has the rows: all of time is asked at once."""
    return search.one_request or search.one_cohort or search.predicate == EVERYTHING


def rows_by_index(search: Search, window: Window) -> float:
    """About how many rows the index of words would find in `window`: as many as the rarest of the words has.

    The planner takes words for independent, but those of a phrase come together: it is asked for each.
    """
    bounds = Predicate("(time >= %s AND time < %s)", (window.since, window.until))
    return min(estimated_rows("log_event", all_of([word, bounds])) for word in search.narrowing[:MOST_WORDS])

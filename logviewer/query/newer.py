"""The events just newer than a place in the list: a page forwards in time, shown newest first like all others."""

from datetime import datetime, timedelta

from logviewer.query.database import fetch
from logviewer.query.errors import OutOfTime
from logviewer.query.events import PAGE_BUDGET_S, EventPage, StoredEvent, cursor_of, position_of
from logviewer.query.pace import ALL_OF_TIME, FIRST_WINDOW_OF_WORDS, Pace, Window, ends_of_store
from logviewer.query.search import Search
from logviewer.query.stretches import stretch_after
from logviewer.query.walk import COLUMNS, DENSE, FIRST_WINDOW, Position, Row, by_index_alone, rows_by_index
from logviewer.store.predicate import EVERYTHING

_MICROSECOND = timedelta(microseconds=1)


def read_newer_page(search: Search, *, cursor: str, limit: int = 100) -> EventPage:
    """The `limit` events of `search` that follow `cursor`, which is a place among them, towards newer ones.

    `newer` of the page is the cursor to go on with, None if there is nothing newer. With `timed_out` there may be more
    between `reached`, up to which all was looked at, and now. Raises QueryError for a cursor that is none, and
    SearchUnavailable.
    """
    climb = _Climb(search, position_of(cursor), limit)
    timed_out = False
    try:
        while len(climb.rows) <= limit and not climb.done:
            climb.step()
    except OutOfTime:
        timed_out = True
    rows = climb.rows[:limit]
    newer = Position.of_row(rows[-1]) if len(climb.rows) > limit else None
    if newer is None and timed_out:
        newer = Position(climb.since)
    events = [StoredEvent.of_row(row) for row in reversed(rows)]
    older = cursor_of(Position.of_row(rows[0]) if rows else climb.after.next)
    reached = newer.time if newer and timed_out else None
    return EventPage(events, older, timed_out, reached, newer=cursor_of(newer) if newer else None)


class _Climb:
    """Reads rows oldest first, in windows of time, from `after` on. All rows before `since` were read."""

    def __init__(self, search: Search, after: Position, limit: int) -> None:
        self.search, self.after, self.limit = search, after, limit
        self.rows: list[Row] = []
        span = self._span()
        self.since = span.since
        self.pace = Pace(span, first=self._first_width(), budget_s=PAGE_BUDGET_S)
        self.edge, self.indexed, self.sparse = span.since, False, search.one_request

    @property
    def done(self) -> bool:
        return self.since >= self.pace.span.until

    def step(self) -> None:
        """One statement more. Raises OutOfTime."""
        self._enter_stretch()
        wanted = self.limit + 1 - len(self.rows)
        window, found = self.pace.ask_after(
            self.since,
            lambda window, within_s: fetch(*self._statement(window, wanted), within_s=within_s),
            edge=self.edge,
        )
        self.rows += found
        self.since = window.until
        self.sparse = self.search.one_request or len(found) < wanted  # an index finds the next ones sooner than time

    def _enter_stretch(self) -> None:
        if not self.search.narrowing:
            self.edge = self.pace.span.until
        elif self.since >= self.edge:
            self.edge, self.indexed = stretch_after(self.since)
            self.pace.width = FIRST_WINDOW_OF_WORDS
            if self.indexed:
                window = Window(self.since, min(self.edge, self.pace.span.until))
                self.sparse = rows_by_index(self.search, window) <= DENSE * self.limit
                if self.sparse:
                    self.pace.width = window.until - window.since

    def _statement(self, window: Window, limit: int) -> tuple[str, list[object]]:
        condition = self.search.condition(indexed=self.sparse and self.indexed)
        where = f"{condition.sql} AND time >= %s AND time < %s AND (time, id) > (%s, %s)"
        rows = f"SELECT {COLUMNS} FROM log_event WHERE {where}"  # noqa: S608 -- our own names
        if self.sparse:
            rows = f"SELECT {COLUMNS} FROM ({rows} OFFSET 0) AS matching"  # noqa: S608 -- see Walk
        params = [*condition.params, window.since, window.until, self.after.time, self.after.id]
        return f"{rows} ORDER BY time, id LIMIT %s", [*params, limit]

    def _first_width(self) -> timedelta:
        if by_index_alone(self.search):
            return ALL_OF_TIME.until - ALL_OF_TIME.since
        return FIRST_WINDOW_OF_WORDS if self.search.narrowing else FIRST_WINDOW

    def _span(self) -> Window:
        since = max(self.search.since or ALL_OF_TIME.since, self.after.time, ALL_OF_TIME.since)
        return Window(since, max(since, self._until()))

    def _until(self) -> datetime:
        until = self.search.until or ALL_OF_TIME.until
        if self.search.predicate == EVERYTHING or not by_index_alone(self.search):
            stored = ends_of_store()
            until = min(until, stored.until) if stored else ALL_OF_TIME.since
        return min(until, ALL_OF_TIME.until)

"""How many events a search finds: exact, or exact for the newest part and honest about where it ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from logviewer.query.database import fetch
from logviewer.query.errors import OutOfTime
from logviewer.query.pace import Pace, Window, ends_of_store
from logviewer.query.search import Search

BUDGET_S = 4.0
FIRST_WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Count:
    """Events with time >= `reached`. `reached` None: all of them were counted."""

    events: int
    reached: datetime | None

    @property
    def complete(self) -> bool:
        return self.reached is None


def count_events(search: Search) -> Count:
    """Counts newest first, for BUDGET_S at most. Raises SearchUnavailable."""
    span = _span(search)
    if span is None or span.since >= span.until:
        return Count(0, None)
    pace = Pace(span, first=FIRST_WINDOW, budget_s=BUDGET_S)
    events, reached = 0, span.until
    try:
        while reached > span.since:
            window, found = pace.ask(reached, lambda window, within_s: count_window(search, window, within_s))
            events, reached = events + found, window.since
    except OutOfTime:
        return Count(events, reached)
    return Count(events, None)


def count_window(search: Search, window: Window, within_s: float) -> int:
    """The events of `search` in one window of time. All counts are made here. Raises TimedOut, SearchUnavailable."""
    [(events,)] = fetch(
        f"SELECT count(*) FROM log_event WHERE {search.predicate.sql} AND time >= %s AND time < %s",  # noqa: S608
        [*search.predicate.params, window.since, window.until],
        within_s=within_s,
    )
    return int(events)


def _span(search: Search) -> Window | None:
    """What is stored of the search's time; None of an empty store."""
    if search.since is not None and search.until is not None:
        return Window(search.since, search.until)
    stored = ends_of_store()
    if stored is None:
        return None
    return Window(search.since or stored.since, min(search.until, stored.until) if search.until else stored.until)

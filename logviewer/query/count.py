"""How many events a search finds: exact, or exact for the newest part and honest about where it ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from logviewer.query.counts import count_by_level
from logviewer.query.database import fetch
from logviewer.query.errors import OutOfTime, SearchUnavailable, TimedOut
from logviewer.query.pace import Window, ends_of_store
from logviewer.query.rollups import count_rolled_up
from logviewer.query.search import Search
from logviewer.query.windows import around
from logviewer.store.predicate import Predicate

BUDGET_S = 4.0
FIRST_WINDOW = timedelta(days=1)
ANY_WIDTH = timedelta(days=1)  # of full hours, for which there are counts


@dataclass(frozen=True, slots=True)
class Count:
    """Events with time >= `reached`. `reached` None: all of them were counted."""

    events: int
    reached: datetime | None

    @property
    def complete(self) -> bool:
        return self.reached is None


def count_events(search: Search, *, budget_s: float | None = None) -> Count:
    """Counts newest first, for `budget_s` (BUDGET_S) at most. Raises SearchUnavailable."""
    budget_s = BUDGET_S if budget_s is None else budget_s
    span = span_of(search)
    if span is None or span.since >= span.until:
        return Count(0, None)
    if search.summed is not None and search.summed.is_counted:
        return Count(_from_counts(search.summed.condition, span), None)
    events, reached = 0, span.until
    try:
        known = count_rolled_up(search)
        for window, found in around(known, search, span, _count_window, first=FIRST_WINDOW, budget_s=budget_s):
            events, reached = events + found, window.since
    except OutOfTime:
        return Count(events, reached)
    return Count(events, None)


def _from_counts(condition: Predicate, span: Window) -> int:
    try:
        return sum(events for _, _, events in count_by_level(condition, span, ANY_WIDTH))
    except TimedOut as problem:
        raise SearchUnavailable("The database of events is slow.") from problem


def _count_window(condition: Predicate, window: Window, within_s: float) -> int:
    [(events,)] = fetch(
        f"SELECT count(*) FROM log_event WHERE {condition.sql} AND time >= %s AND time < %s",  # noqa: S608 -- our own names
        [*condition.params, window.since, window.until],
        within_s=within_s,
    )
    return int(events)


def span_of(search: Search) -> Window | None:
    """What is stored of the search's time; None of an empty store."""
    if search.since is not None and search.until is not None:
        return Window(search.since, search.until)
    stored = ends_of_store()
    if stored is None:
        return None
    return Window(search.since or stored.since, min(search.until, stored.until) if search.until else stored.until)

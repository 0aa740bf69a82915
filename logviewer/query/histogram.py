"""How many events of a search fall in which stretch of time, by level: the events of the list, with the same edges."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

from django.utils import timezone

from logviewer.query.counts import EPOCH, LevelCount, count_by_level
from logviewer.query.database import fetch
from logviewer.query.errors import OutOfTime, SearchUnavailable, TimedOut
from logviewer.query.estimates import Estimate
from logviewer.query.pace import Window, ends_of_store
from logviewer.query.rollups import count_rolled_up_by_level
from logviewer.query.search import Search
from logviewer.query.windows import around
from logviewer.store.predicate import Predicate

BUDGET_S = 4.0
FIRST_WINDOW = timedelta(hours=6)
EMPTY_SPAN = timedelta(hours=1)

_DAY = timedelta(days=1)
NICE_WIDTHS = (
    *(timedelta(seconds=n) for n in (1, 5, 10, 30)),
    *(timedelta(minutes=n) for n in (1, 5, 10, 30)),
    *(timedelta(hours=n) for n in (1, 3, 6, 12)),
    _DAY,
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """start <= time < end. `counts`: level (or number of a series) to events, without those that have none."""

    start: datetime
    end: datetime
    counts: Mapping[int, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Histogram:
    """Buckets of one width, aligned to UTC; the first and the last are cut at `since` and `until`.

    Not `complete`: `total` is not exact. Without an `estimate` only what is not older than `reached` was counted then.
    """

    buckets: Sequence[Bucket]
    width: timedelta
    since: datetime
    until: datetime
    total: int
    complete: bool
    reached: datetime
    estimate: Estimate | None = None


def read_histogram(search: Search, *, buckets: int = 60) -> Histogram:
    """The events of `search` in at most `buckets` + 1 buckets (the cut ones may be one more).

    An open start is the oldest stored event, an open end is now or the newest stored event, if that is later.
    Raises SearchUnavailable.
    """
    span = span_of(search)
    width = nice_width(span.until - span.since, buckets)
    return histogram_of(span, width, *_count(search, span, width))


def histogram_of(
    span: Window, width: timedelta, counts: Mapping[datetime, Mapping[int, int]], reached: datetime
) -> Histogram:
    """From counts by the start of a bucket and then by series, of what is not older than `reached`."""
    edges = [_edge(number, width) for number in _numbers(span, width)]
    return Histogram(
        buckets=[
            Bucket(max(start, span.since), min(end, span.until), counts.get(start, {}))
            for start, end in pairwise(edges)
        ],
        width=width,
        since=span.since,
        until=span.until,
        total=sum(number for levels in counts.values() for number in levels.values()),
        complete=reached <= span.since,
        reached=reached,
    )


def nice_width(span: timedelta, buckets: int) -> timedelta:
    """The narrowest usual width with which `span` has at most `buckets` buckets; whole days from a day on."""
    wanted = span / max(buckets, 1)
    return next((width for width in NICE_WIDTHS if width >= wanted), -(-wanted // _DAY) * _DAY)


def span_of(search: Search) -> Window:
    """The search's range; its open ends are the oldest event, and now or the newest event."""
    since, until = search.since, search.until
    if since is None or until is None:
        now, stored = timezone.now(), ends_of_store()
        until = until or (max(now, stored.until) if stored else now)
        since = since or (stored.since if stored else until - EMPTY_SPAN)
    return Window(min(since, until), until)


def _numbers(span: Window, width: timedelta) -> range:
    """Of the edges of the buckets that `span` touches; number 0 is at 1970."""
    return range((span.since - EPOCH) // width, -(-(span.until - EPOCH) // width) + 1)


def _edge(number: int, width: timedelta) -> datetime:
    try:
        return EPOCH + number * width
    except OverflowError:  # of the first or last bucket of a span that reaches to an end of Python's time
        return datetime.max.replace(tzinfo=UTC) if number > 0 else datetime.min.replace(tzinfo=UTC)


def _count(search: Search, span: Window, width: timedelta) -> tuple[Mapping[datetime, Mapping[int, int]], datetime]:
    """Bucket start to level to events, and how far back in time they were counted."""
    if search.summed is not None and search.summed.is_counted:
        try:
            return by_bucket(count_by_level(search.summed.condition, span, width)), span.since
        except TimedOut as problem:
            raise SearchUnavailable("The database of events is slow.") from problem
    known = count_rolled_up_by_level(search, width)
    ask = partial(_count_window, width)
    rows: list[LevelCount] = []
    reached = span.until
    try:
        for window, counted in around(known, search, span, ask, first=FIRST_WINDOW, budget_s=BUDGET_S):
            rows += counted
            reached = window.since
    except OutOfTime:
        pass
    return by_bucket(rows), reached


def by_bucket(rows: Sequence[LevelCount]) -> Mapping[datetime, Mapping[int, int]]:
    """Start of a bucket to level (or series) to events."""
    counts: dict[datetime, Counter[int]] = {}
    for start, level, events in rows:
        counts.setdefault(start.astimezone(UTC), Counter())[level] += events
    return counts


def _count_window(width: timedelta, condition: Predicate, window: Window, within_s: float) -> Sequence[LevelCount]:
    return fetch(
        f"""
        SELECT date_bin(%s, time, %s), level, count(*)
        FROM log_event
        WHERE {condition.sql} AND time >= %s AND time < %s
        GROUP BY 1, 2
        """,  # noqa: S608 -- our own names
        [width, EPOCH, *condition.params, window.since, window.until],
        within_s=within_s,
    )

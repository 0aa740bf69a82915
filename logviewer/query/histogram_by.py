"""The histogram of a page: by level or by the values of any field, in little time.

What the store's sums tell is exact. Of the rest all rows are read if there is time for that, else a sample of them.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from logviewer.query.events import EventPage
from logviewer.query.field_values import FieldValues, values_of
from logviewer.query.histogram import Histogram, histogram_of, nice_width, span_of
from logviewer.query.language.values import LEVEL_FIELD
from logviewer.query.search import Search
from logviewer.query.series import Cells, Values
from logviewer.query.series_in_time import SeriesInTime
from logviewer.store.event import level_name

MOST_SERIES = 6
MOST_LEVELS = 1000


@dataclass(frozen=True, slots=True)
class FieldHistogram:
    """`counts` of the histogram's buckets are by the number of a series: 0 is values[0]; `others` are the events with
    another value, `without` those that have none."""

    histogram: Histogram
    field: str
    values: Sequence[str]
    others: int
    without: int


def read_histogram_by(
    search: Search, field: str, *, buckets: int = 60, page: EventPage | None = None
) -> FieldHistogram:
    """The series are the most frequent values of `field`, as `field:value` finds them. An event with several of them
    counts for the most frequent. `page` is what was read of the search already.

    Raises QueryError for a field that has no values to count, and SearchUnavailable.
    """
    known = values_of(field, parameter="by")
    cells, counted = _counted(search, known, buckets, MOST_SERIES, page)
    texts = _most_frequent(cells)
    numbers = {text: number for number, text in enumerate(texts)}
    others, without = len(texts), len(texts) + 1
    histogram = counted(_by_bucket(cells, partial(_series_of, numbers, others, without)))
    names = [level_name(int(text)) for text in texts] if known.name == LEVEL_FIELD else texts
    return FieldHistogram(histogram, known.name, names, others, without)


def read_histogram_by_level(search: Search, *, buckets: int = 60, page: EventPage | None = None) -> Histogram:
    """By level, as read_histogram does it with more time. Raises SearchUnavailable."""
    cells, counted = _counted(search, values_of(LEVEL_FIELD, parameter="by"), buckets, MOST_LEVELS, page)
    return counted(_by_bucket(cells, lambda values: int(values[0]) if values else 0))


def _counted(
    search: Search, field: FieldValues, buckets: int, most: int, page: EventPage | None
) -> tuple[Cells, Callable[[Mapping[datetime, Mapping[int, int]]], Histogram]]:
    """The counts by bucket and values, and what makes a histogram of counts by bucket and series."""
    span = span_of(search)
    width = nice_width(span.until - span.since, buckets)
    found = SeriesInTime(search, field, span, width, most, page).count()

    def histogram(counts: Mapping[datetime, Mapping[int, int]]) -> Histogram:
        whole = histogram_of(span, width, counts, found.reached)
        if found.estimate is None:
            return whole
        return replace(whole, estimate=found.estimate, complete=found.estimate.is_total_exact)

    return found.cells, histogram


def _most_frequent(cells: Cells) -> list[str]:
    totals: Counter[str] = Counter()
    for (_, values), events in cells.items():
        totals.update(dict.fromkeys(values or (), events))
    return [value for value, _ in sorted(totals.items(), key=lambda one: (-one[1], one[0]))[:MOST_SERIES]]


def _series_of(numbers: Mapping[str, int], others: int, without: int, values: Values) -> int:
    if values == ():
        return without
    return min((numbers[value] for value in values or () if value in numbers), default=others)


def _by_bucket(cells: Cells, series_of: Callable[[Values], int]) -> Mapping[datetime, Mapping[int, int]]:
    counts: dict[datetime, Counter[int]] = {}
    for (start, values), events in cells.items():
        if events:
            counts.setdefault(start, Counter())[series_of(values)] += events
    return counts

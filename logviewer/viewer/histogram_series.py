"""What the histogram's colours stand for: levels, or the values of a field, each with its count and its search."""

from collections import Counter
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from logviewer.query.histogram import Histogram
from logviewer.query.histogram_by import FieldHistogram
from logviewer.store.event import level_name
from logviewer.viewer.addresses import with_value

LEVEL = "level"


@dataclass(frozen=True, slots=True)
class Series:
    """`number` is its key in the counts of buckets, `style` its CSS class."""

    number: int
    name: str
    style: str
    count: int
    address: str  # the search for it alone; "" where no search can say that

    @property
    def count_text(self) -> str:
        return f"{self.count:,}"


def level_series(histogram: Histogram, parameters: QueryDict) -> list[Series]:
    """The levels that occur, severest first. A number between two levels is a series with the lower one's name."""
    totals = _totals(histogram)
    return [
        Series(number, name, f"l-{name}", totals[number], with_value(parameters, LEVEL, name))
        for number, name in ((number, level_name(number)) for number in sorted(totals, reverse=True))
    ]


def field_series(found: FieldHistogram, parameters: QueryDict) -> list[Series]:
    """The values, most frequent first, then all others, then the events without the field."""
    totals = _totals(found.histogram)
    known = [
        Series(number, value, f"s-{number}", totals[number], with_value(parameters, found.field, value))
        for number, value in enumerate(found.values)
    ]
    rest = [
        Series(found.others, _("other values"), "s-others", totals[found.others], ""),
        Series(found.without, _("without it"), "s-without", totals[found.without], ""),
    ]
    return [one for one in (*known, *rest) if one.count]


def _totals(histogram: Histogram) -> Counter[int]:
    totals: Counter[int] = Counter()
    for bucket in histogram.buckets:
        totals.update(bucket.counts)
    return totals

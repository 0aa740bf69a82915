"""What a sample of rows says of all rows, bucket by bucket, and how far that may be off."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from logviewer.query.series import Cells, SeriesCount, Values

# Two standard deviations; and rows of a page are of the same requests, which makes them tell as much as a quarter of
# as many would that were picked one by one.
MARGIN = 4.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Counts that are estimates: `share` of the rows was looked at, 0..1.

    `is_total_exact`: how many events each bucket has is known, and the series' shares of all of them are within
    `margin`, 0..1. Otherwise the sum of all counts is within this part of itself.
    """

    share: float
    margin: float
    is_total_exact: bool

    @classmethod
    def of(cls, share: float, events: int, total: int, *, is_total_exact: bool) -> "Estimate":
        """From the number of matching `events` in the sample, and of all that is counted, in part perhaps exactly."""
        may_be_off = MARGIN * sqrt(max(events, 1)) / max(share, 1e-9) / (2 if is_total_exact else 1)
        return cls(share, min(may_be_off / max(total, 1), 1.0), is_total_exact)


def scaled(sample: SeriesCount, share: float, totals: Mapping[datetime, int] | None) -> Cells:
    """The events that all rows have. `totals`: how many rows there are of each bucket, if that is known; a bucket of
    which no row was looked at is taken to be like all of them."""
    looked = Counter(sample.others)
    by_bucket: dict[datetime, Counter[Values]] = {}
    for (start, values), events in sample.cells.items():
        looked[start] += events
        by_bucket.setdefault(start, Counter())[values] += events
    if totals is None:
        return _cells({start: (cells, 1 / share) for start, cells in by_bucket.items()})
    together: Counter[Values] = Counter()
    for cells in by_bucket.values():
        together.update(cells)
    of_all = (together, looked.total())
    known = {start: (by_bucket.get(start, Counter()), looked[start]) if looked[start] else of_all for start in totals}
    return _cells({start: (cells, totals[start] / rows) for start, (cells, rows) in known.items() if rows})


def _cells(buckets: Mapping[datetime, tuple[Counter[Values], float]]) -> Cells:
    """Counts times a factor, in whole numbers that add up to what the sum of all would be."""
    found: Cells = Counter()
    for start, (cells, factor) in buckets.items():
        sum_so_far, said = 0, 0
        for values, events in cells.items():
            sum_so_far += events
            found[start, values] = round(sum_so_far * factor) - said
            said += found[start, values]
    return found

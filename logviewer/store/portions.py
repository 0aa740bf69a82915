"""Cuts a sequence into portions of bounded size, so that what is made of one at a time stays small. Knows no Django."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate


def portions(sizes: Iterable[int], most: int) -> Iterator[slice]:
    """Slices of a sequence whose items have these `sizes`: each holds `most` together, or a single item."""
    sums = list(accumulate(sizes))
    start = taken = 0
    while start < len(sums):
        end = max(start + 1, bisect_right(sums, taken + most))
        yield slice(start, end)
        start, taken = end, sums[end - 1]

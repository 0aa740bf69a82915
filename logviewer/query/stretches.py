"""Which stretches of time have their words indexed, so that a statement asks only one kind of slice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from logviewer.query.database import ALIAS, problems_named
from logviewer.query.order import Order
from logviewer.store import partitions
from logviewer.store.partitions import Partition

_NO_EDGE = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
REMEMBERED_S = 10.0  # a slice that was sealed meanwhile is read the slow way for so long


@dataclass(frozen=True, slots=True)
class Stretch:
    """Between the time that was asked for and `edge`. `first` is the slice at that time, if it is `indexed`."""

    edge: datetime
    indexed: bool
    first: Partition | None = None


_known: tuple[float, Sequence[Partition]] = (0.0, ())


def stretch_from(start: datetime, order: Order = Order.NEWEST_FIRST) -> Stretch:
    """The stretch that begins at `start` for who reads in `order`. Raises SearchUnavailable."""
    find = find_stretch_after if order is Order.OLDEST_FIRST else find_stretch_before
    return find(start, known_slices())


def find_stretch_before(until: datetime, slices: Sequence[Partition]) -> Stretch:
    """The longest stretch before `until` within which all of `slices`, oldest first, are sealed, or none is."""
    older = [one for one in slices if one.start < until]
    if not older or not older[-1].sealed:
        sealed = [one.end for one in older if one.sealed]
        return Stretch(max(sealed, default=_NO_EDGE), indexed=False)
    unsealed = [one.end for one in older if not one.sealed]
    return Stretch(max(unsealed, default=_NO_EDGE), indexed=True, first=older[-1])


def stretches_of(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, bool]]:
    """The stretches between two times, newest first: since when, until when, and whether they are indexed. Raises
    SearchUnavailable."""
    while until > since:
        stretch = stretch_from(until)
        yield max(stretch.edge, since), until, stretch.indexed
        until = stretch.edge


def find_stretch_after(since: datetime, slices: Sequence[Partition]) -> Stretch:
    """The longest such stretch from `since` on."""
    newer = [one for one in slices if one.end > since]
    if not newer or not newer[0].sealed or newer[0].start > since:
        return Stretch(min((one.start for one in newer if one.sealed), default=_LAST), indexed=False)
    unsealed = [one.start for one in newer if not one.sealed]
    return Stretch(min(unsealed, default=newer[-1].end), indexed=True, first=newer[0])


def forget() -> None:
    """The process looks again."""
    global _known  # noqa: PLW0603
    _known = (0.0, ())


def known_slices() -> Sequence[Partition]:
    """The slices there were at most REMEMBERED_S ago, oldest first. Raises SearchUnavailable."""
    global _known  # noqa: PLW0603 -- what a process believes for REMEMBERED_S
    believed_until, slices = _known
    if monotonic() > believed_until:
        with problems_named():
            slices = partitions.existing(ALIAS)
        _known = (monotonic() + REMEMBERED_S, slices)
    return slices

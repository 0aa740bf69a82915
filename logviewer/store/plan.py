"""Which slices of log_event to make, seal and drop: pure functions of the clock and of lists, tested with lists."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from logviewer.store.partitions import Partition, Slice

DAYS_AHEAD = 1  # besides today; whoever lacks one makes it, so this is for smoothness alone
SETTLE = timedelta(minutes=15)  # after its end, a slice still gets events of slow senders
AIM_EVENTS = 1_000_000  # in a slice
SLICES_A_DAY = (1, 2, 3, 4, 6, 8, 12, 24)  # so that all edges are full hours
EXPIRY_STEP = timedelta(hours=1)  # what retention's clock moves by at most from one maintenance to the next

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now. `seal` is in the order in which searches miss it most: newest first."""

    create: Sequence[Slice]
    drop: Sequence[Partition]
    seal: Sequence[Partition]


def plan(
    now: datetime,
    existing: Iterable[Partition],
    *,
    keep_since: datetime,
    most_bytes: int | None = None,
    events_a_day: int = 0,
) -> Plan:
    """The slices to make until the end of tomorrow, those that have expired, and those to seal.

    A slice has expired when all of it is before `keep_since`, or when the younger ones alone take `most_bytes`;
    the latter only once it has ended. `events_a_day` says how finely to cut what is made.
    """
    partitions = sorted(existing)
    expired = [one for one in partitions if one.end <= keep_since]
    kept = [one for one in partitions if one.end > keep_since]
    excess = _excess(most_bytes, kept, now)
    seal = [one for one in reversed(kept) if one not in excess and not one.sealed and one.end + SETTLE <= now]
    days = [_day_of(now) + n * _DAY for n in range(DAYS_AHEAD + 1)]
    create = [one for day in days for one in missing(day, partitions, slices_for(events_a_day))]
    return Plan(create, [*expired, *excess], seal)


def retention_clock(now: datetime, last: datetime | None) -> datetime:
    """Retention's clock at a maintenance; `last`: at the one before. Events expire by it, but never by more than `now`.

    A clock that jumps ahead by a month would have everything dropped at once. This one follows it step by step, which
    leaves days to notice; back too, or it would take years from a start in 1970.
    """
    return now if last is None else min(max(now, last - EXPIRY_STEP), last + EXPIRY_STEP)


def slices_for(events_a_day: int) -> int:
    """Into how many slices to cut a day, for about AIM_EVENTS each."""
    wanted = events_a_day / AIM_EVENTS
    return next((number for number in SLICES_A_DAY if number >= wanted), SLICES_A_DAY[-1])


def slices_around(moments: Iterable[datetime], existing: Sequence[Partition]) -> list[Slice]:
    """The slices to make for events at `moments` that no partition holds; days are cut as the newest day was."""
    newest_day = _day_of(existing[-1].start) if existing else None
    number = sum(1 for one in existing if _day_of(one.start) == newest_day)
    number = next((usual for usual in SLICES_A_DAY if usual >= number), SLICES_A_DAY[-1])
    by_day: dict[datetime, list[datetime]] = {}
    for moment in moments:
        by_day.setdefault(_day_of(moment), []).append(moment)
    return [
        one
        for day, times in by_day.items()
        for one in missing(day, existing, number)
        if any(one.start <= time < one.end for time in times)
    ]


def missing(day: datetime, existing: Iterable[Partition], slices: int) -> Iterator[Slice]:
    """What no partition covers of the UTC day that begins at `day`, cut where `slices` equal ones would meet."""
    covered = [one for one in existing if one.start < day + _DAY and day < one.end]
    edges = {day + n * _DAY / slices for n in range(slices + 1)}
    edges |= {edge for one in covered for edge in (one.start, one.end) if day < edge < day + _DAY}
    for start, end in pairwise(sorted(edges)):
        if not any(one.start < end and start < one.end for one in covered):
            yield Slice(start, end)


def _excess(most_bytes: int | None, kept: Sequence[Partition], now: datetime) -> list[Partition]:
    """The oldest of `kept` that have ended, as many as it takes for the others to have at most `most_bytes`."""
    if not most_bytes:
        return []
    drop: list[Partition] = []
    total = sum(one.size_bytes for one in kept)
    for one in kept:
        if total <= most_bytes or one.end > now:
            break
        drop.append(one)
        total -= one.size_bytes
    return drop


def _day_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

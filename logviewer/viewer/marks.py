"""What the list says between and beside its rows: stretches without events, numbers that are missing, late arrivals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from logviewer.query.events import StoredEvent
from logviewer.viewer.histogram_svg import span_text

LATE = timedelta(minutes=1)  # usual senders deliver within seconds
QUIET = timedelta(minutes=1)
QUIET_TIMES = 20  # the usual distance of this page's events
LONGEST_STEP = 1000  # more numbers at once are not a gap, but another count


@dataclass(frozen=True, slots=True)
class Marks:
    """Of one row: how late it came ("" if in time), and the sentences below it, before the next row."""

    late: str
    gaps: Sequence[str]


def mostly_late(events: Sequence[StoredEvent], arrivals: Mapping[int, datetime]) -> str:
    """The longest delay, if most of `events` came in late: that is said once instead of on each row. Else ""."""
    delays = [
        received - event.time
        for event in events
        if (received := arrivals.get(event.id)) and received - event.time >= LATE
    ]
    return span_text(max(delays)) if 2 * len(delays) > len(events) > 2 else ""


def marks_of(events: Sequence[StoredEvent], arrivals: Mapping[int, datetime], *, are_all: bool) -> list[Marks]:
    """For each of `events`, which are neighbours in the list, in its order.

    `are_all`: no event between them was left out by the search, so that a process' numbers must follow each other.
    """
    quiet = _quiet(events)
    missing = _missing(events) if are_all else {}
    return [
        Marks(late_words(event, arrivals.get(event.id)), [*missing.get(event.id, ()), *quiet.get(event.id, ())])
        for event in events
    ]


def late_words(event: StoredEvent, received: datetime | None) -> str:
    """How long after it happened an event came in; "" within a minute."""
    if received is None or received - event.time < LATE:
        return ""
    return span_text(received - event.time)


def _quiet(events: Sequence[StoredEvent]) -> dict[int, list[str]]:
    steps = [abs(one.time - other.time) for one, other in pairwise(events)]
    if not steps:
        return {}
    usual = sorted(steps)[len(steps) // 2] if len(steps) > 2 else timedelta()
    least = max(QUIET, QUIET_TIMES * usual)
    return {
        event.id: [_("%(span)s without events") % {"span": span_text(step)}]
        for event, step in zip(events, steps, strict=False)
        if step >= least
    }


def _missing(events: Sequence[StoredEvent]) -> dict[int, list[str]]:
    """Where the numbers of a process jump. Threads log side by side, so its numbers here are sorted first."""
    found: dict[int, list[str]] = {}
    places = {event.id: place for place, event in enumerate(events)}
    for numbered in _by_process(events).values():
        known = sorted(numbered)
        for lower, upper in pairwise(known):
            absent = upper - lower - 1
            if 0 < absent <= LONGEST_STEP:
                above = min(numbered[lower].id, numbered[upper].id, key=places.__getitem__)
                found.setdefault(above, []).append(_missing_words(absent, lower + 1, upper - 1))
    return found


def _by_process(events: Sequence[StoredEvent]) -> dict[str, dict[int, StoredEvent]]:
    processes: dict[str, dict[int, StoredEvent]] = {}
    for event in events:
        boot, number = event.data.get("boot"), event.data.get("seq")
        if isinstance(boot, str) and isinstance(number, int) and not isinstance(number, bool):
            processes.setdefault(boot, {})[number] = event
    return processes


def _missing_words(absent: int, first: int, last: int) -> str:
    numbers = f"{first:,}" if first == last else f"{first:,}–{last:,}"
    return ngettext(
        "%(count)s event of this process is not here (number %(numbers)s): late, lost, or below its key’s level",
        "%(count)s events of this process are not here (numbers %(numbers)s): late, lost, or below its key’s level",
        absent,
    ) % {"count": f"{absent:,}", "numbers": numbers}

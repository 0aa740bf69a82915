"""From one time range to its neighbours: the one before, the one after, and a wider one around it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils import timezone

from logviewer.viewer.addresses import search_address
from logviewer.viewer.zones import url_time


@dataclass(frozen=True, slots=True)
class Steps:
    """Addresses; "" where there is nothing to step to."""

    earlier: str
    later: str
    out: str


def steps_of(since: datetime, until: datetime, parameters: QueryDict) -> Steps:
    """For the range that is drawn. All of what is stored has no neighbours; nothing lies beyond now."""
    span, now = until - since, timezone.now()
    if not (parameters.get("since") or parameters.get("until")) or not span:
        return Steps("", "", "")
    try:
        earlier = _address(parameters, since - span, since)
        out = _address(parameters, since - span, min(until + span, max(now, until)))
    except OverflowError:  # before the calendar's first day
        return Steps("", "", search_address(parameters, since="", until=""))
    later = _address(parameters, until, until + span) if until < now else ""
    return Steps(earlier, later, out)


def _address(parameters: QueryDict, since: datetime, until: datetime) -> str:
    return search_address(parameters, since=url_time(since), until=url_time(until))

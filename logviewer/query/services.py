"""The names of the services that send events, for the filter that offers them."""

from collections.abc import Sequence

from logviewer.query.database import fetch
from logviewer.query.errors import TimedOut
from logviewer.query.reader import Reader, visible_to
from logviewer.store.predicate import EVERYTHING, Predicate

RECENT_EVENTS = 10_000
MOST_SERVICES = 200
WITHIN_S = 1.0


def services_seen(reader: Reader) -> Sequence[str]:
    """By name: all that have sent events within the retention, for those who may see every event.

    Others get the services of the latest RECENT_EVENTS events that they may see. Raises SearchUnavailable.
    """
    seen = visible_to(reader)
    try:
        return _all() if seen == EVERYTHING else _of_recent_events(seen)
    except TimedOut:
        return []


def _all() -> list[str]:
    rows = fetch("SELECT service FROM log_service ORDER BY service LIMIT %s", [MOST_SERVICES], within_s=WITHIN_S)
    return [service for (service,) in rows]


def _of_recent_events(seen: Predicate) -> list[str]:
    rows = fetch(
        f"""
        SELECT DISTINCT service FROM (
            SELECT service FROM log_event WHERE {seen.sql} ORDER BY time DESC, id DESC LIMIT %s
        ) AS recent
        """,  # noqa: S608 -- our own names
        [*seen.params, RECENT_EVENTS],
        within_s=WITHIN_S,
    )
    return sorted(service for (service,) in rows)[:MOST_SERVICES]

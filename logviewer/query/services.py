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
    """By name: the services of the latest RECENT_EVENTS events, and those that keys were used for.

    One that shares a key with others and has been silent for long is missing; the filter takes any name.
    Raises SearchUnavailable.
    """
    seen = visible_to(reader)
    try:
        names = _of_recent_events(seen)
        # The ledger knows batches, not events: its names are for those who may see all of them.
        return sorted(names | _of_ledger() if seen == EVERYTHING else names)[:MOST_SERVICES]
    except TimedOut:
        return []


def _of_recent_events(seen: Predicate) -> set[str]:
    rows = fetch(
        f"""
        SELECT DISTINCT service FROM (
            SELECT service FROM log_event WHERE {seen.sql} ORDER BY time DESC, id DESC LIMIT %s
        ) AS recent
        """,  # noqa: S608 -- our own names
        [*seen.params, RECENT_EVENTS],
        within_s=WITHIN_S,
    )
    return {service for (service,) in rows}


def _of_ledger() -> set[str]:
    # From one name to the next one in the index: a ledger has many batches and few names.
    rows = fetch(
        """
        WITH RECURSIVE name AS (
            (SELECT service FROM ingest_batch WHERE idempotency_key IS NOT NULL ORDER BY service LIMIT 1)
            UNION ALL
            SELECT (
                SELECT service FROM ingest_batch
                WHERE idempotency_key IS NOT NULL AND service > name.service ORDER BY service LIMIT 1
            ) FROM name WHERE name.service IS NOT NULL
        )
        SELECT service FROM name WHERE service NOT IN ('*', '') LIMIT %s
        """,
        [MOST_SERVICES],
        within_s=WITHIN_S,
    )
    return {service for (service,) in rows}

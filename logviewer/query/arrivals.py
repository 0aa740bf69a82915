"""When events came in: what tells an event that was late from one that was stored at once."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from logviewer.query.database import fetch
from logviewer.query.errors import SearchUnavailable, TimedOut
from logviewer.query.events import StoredEvent
from logviewer.store.ledger import PLACES_BITS

WITHIN_S = 1.0


def read_arrivals(events: Sequence[StoredEvent]) -> Mapping[int, datetime]:
    """Event id to the time (UTC) at which a sender's batch brought it.

    Imported events are not in it: they are older than their batch on purpose. Nor are events whose batch the ledger has
    forgotten. Raises SearchUnavailable.
    """
    batches = {event.id: event.id >> PLACES_BITS for event in events}
    if not batches:
        return {}
    try:
        rows = fetch(
            "SELECT batch, received FROM ingest_batch WHERE batch = ANY(%s) AND key <> ''",
            [list(set(batches.values()))],
            within_s=WITHIN_S,
        )
    except TimedOut as problem:
        raise SearchUnavailable("The ledger of batches is slow.") from problem
    received = {batch: moment.astimezone(UTC) for batch, moment in rows}
    return {event_id: received[batch] for event_id, batch in batches.items() if batch in received}

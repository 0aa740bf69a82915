"""Who sent by a way without acknowledgement lately, and how much: counted in the ledger, by what stored it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections
from django.utils import timezone

LATELY = timedelta(hours=24)
MARK = "logstash "  # how the ledger's key begins in place of an ingest key's id
MOST = 100
SQL = """
    SELECT service, key, sum(rows), max(received) FROM ingest_batch
    WHERE received > %s AND starts_with(key, %s)
    GROUP BY service, key ORDER BY service, key LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Unacknowledged:
    """What one sender stored in the last 24 hours. `origin` is its network, or "certificate"."""

    service: str
    origin: str
    events: int
    last: datetime


def source_key(origin: str) -> str:
    """What the ledger has in place of a key for batches of `origin`."""
    return f"{MARK}{origin}"


def senders_lately() -> Sequence[Unacknowledged]:
    """By service. Raises DatabaseError."""
    with connections["default"].cursor() as cursor:
        cursor.execute(SQL, [timezone.now() - LATELY, MARK, MOST])
        rows = cursor.fetchall()
    return [Unacknowledged(service, key.removeprefix(MARK), int(events), last) for service, key, events, last in rows]

"""The ledger: one row a stored batch. It makes retries harmless, and is the cursor of everything incremental."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connections
from django.db.backends.utils import CursorWrapper

PLACES_BITS = 20  # an event's id is batch << PLACES_BITS | its place in the batch


class IdempotencyConflict(Exception):
    """This Idempotency-Key was used before, for another content."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What is written down of a batch beside its events. `key` is the ingest key's public id."""

    service: str
    key: str
    idempotency_key: UUID | None
    content_hash: bytes  # SHA-256 of the inflated body
    answer: dict[str, Any]
    time_min: datetime | None
    time_max: datetime | None
    rows: int


def open_batches(cursor: CursorWrapper, entries: Sequence[LedgerEntry]) -> list[int | None]:
    """Writes the entries and returns their batch numbers; None for a batch that is already there.

    Waits while another transaction is storing the same batch. One round trip: psycopg sends several as a pipeline,
    which takes longer to set up than one alone.
    """
    statement = """
        INSERT INTO ingest_batch
            (service, key, idempotency_key, content_hash, answer, time_min, time_max, rows)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (service, key, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
        RETURNING batch
        """
    if len(entries) == 1:
        cursor.execute(statement, _values(entries[0]))
        row = cursor.fetchone()
        return [row[0] if row else None]
    with connections[cursor.db.alias].wrap_database_errors:
        cursor.cursor.executemany(statement, [_values(entry) for entry in entries], returning=True)
        numbers: list[int | None] = []
        for _ in entries:
            row = cursor.cursor.fetchone()
            numbers.append(row[0] if row else None)
            cursor.cursor.nextset()
    return numbers


def _values(entry: LedgerEntry) -> list[Any]:
    return [
        entry.service,
        entry.key,
        entry.idempotency_key,
        entry.content_hash,
        msgspec.json.encode(entry.answer).decode(),
        entry.time_min,
        entry.time_max,
        entry.rows,
    ]


def correct_batch(cursor: CursorWrapper, batch: int, answer: dict[str, Any], times: Sequence[datetime]) -> None:
    """Rewrites the answer, range and count of a batch, of which Postgres refused some events."""
    cursor.execute(
        "UPDATE ingest_batch SET answer = %s, time_min = %s, time_max = %s, rows = %s WHERE batch = %s",
        [msgspec.json.encode(answer).decode(), min(times, default=None), max(times, default=None), len(times), batch],
    )


def stored_answer(service: str, key: str, idempotency_key: UUID, content_hash: bytes) -> dict[str, Any] | None:
    """The answer that this batch got when it was stored, or None. Raises IdempotencyConflict."""
    with connections["ingest"].cursor() as cursor:
        cursor.execute(
            """
            SELECT content_hash, answer FROM ingest_batch
            WHERE service = %s AND key = %s AND idempotency_key = %s
            """,
            [service, key, idempotency_key],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    if bytes(row[0]) != content_hash:
        raise IdempotencyConflict
    answer: dict[str, Any] = row[1] if isinstance(row[1], dict) else json.loads(row[1])
    return answer


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the order in which batches became visible. The start of everything is Position()."""

    xid: int = 0
    batch: int = 0


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch behind the insertion cursor: its events are those of [time_min, time_max] with ids in `ids`."""

    position: Position
    service: str
    received: datetime
    time_min: datetime | None
    time_max: datetime | None
    rows: int

    @property
    def ids(self) -> tuple[int, int]:
        """The first id and the one after the last."""
        return self.position.batch << PLACES_BITS, (self.position.batch + 1) << PLACES_BITS


def batches_after(position: Position, *, limit: int = 1000, alias: str = "default") -> list[StoredBatch]:
    """The batches that became certain after `position`, in an order that never inserts behind a reader.

    Only transactions below the oldest one still running are certain: a batch with a lower number that commits later
    cannot appear behind the position. (time, id) alone would skip late events and batches that commit out of order.
    """
    with connections[alias].cursor() as cursor:
        cursor.execute(
            """
            SELECT xid::text::bigint, batch, service, received, time_min, time_max, rows
            FROM ingest_batch
            WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
              AND (xid, batch) > (%s::text::xid8, %s)
            ORDER BY xid, batch
            LIMIT %s
            """,
            [str(position.xid), position.batch, limit],
        )
        return [
            StoredBatch(Position(xid, batch), service, received, time_min, time_max, rows)
            for xid, batch, service, received, time_min, time_max, rows in cursor.fetchall()
        ]

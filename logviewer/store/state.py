"""What the store knows of its own upkeep: when maintenance last came to its end, and up to when events expired."""

from datetime import datetime
from typing import LiteralString

from django.db import connection


def maintained(now: datetime, clock: datetime) -> None:
    """Notes that a maintenance that began at `now`, with retention's clock at `clock`, came to its end."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO store_state (maintained, retention_clock) VALUES (%s, %s)
            ON CONFLICT (one_row) DO UPDATE
            SET maintained = EXCLUDED.maintained, retention_clock = EXCLUDED.retention_clock
            """,
            [now, clock],
        )


def last_maintained() -> datetime | None:
    """When the last complete maintenance began; None if there was none."""
    return _read("maintained")


def last_retention_clock() -> datetime | None:
    """Retention's clock at the last complete maintenance; None if there was none."""
    return _read("retention_clock")


def _read(column: LiteralString) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM store_state")  # noqa: S608 -- our own names
        row = cursor.fetchone()
    return row[0] if row else None

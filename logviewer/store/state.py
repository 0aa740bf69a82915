"""What the store knows of its own upkeep: when maintenance last came to its end."""

from datetime import datetime

from django.db import connections


def maintained(now: datetime, alias: str = "default") -> None:
    """Notes that a maintenance that began at `now` came to its end."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO store_state (maintained) VALUES (%s)
            ON CONFLICT (one_row) DO UPDATE SET maintained = EXCLUDED.maintained
            """,
            [now],
        )


def last_maintained(alias: str = "default") -> datetime | None:
    """When the last complete maintenance began; None if there was none."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT maintained FROM store_state")
        row = cursor.fetchone()
    return row[0] if row else None

"""How far each reader of the ledger has come. A position moves in the transaction of what was made from the batches,
so that a crash neither skips a batch nor takes it twice.
"""

from django.db import connection

from logviewer.store.ledger import Position

READERS = 0x6C6F67  # advisory locks: one for each name


def take(name: str) -> Position | None:
    """The position of the reader `name`, kept from all others until the transaction ends; None if another has it."""
    with connection.cursor() as cursor:
        # Not a row lock: that would give the transaction an id, and all readers wait for the oldest of those.
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [READERS, name])
        if cursor.fetchone() != (True,):
            return None
        cursor.execute("SELECT xid::text::bigint, batch FROM cursor_position WHERE name = %s", [name])
        row = cursor.fetchone()
    return Position(*row) if row else Position()


def move(name: str, position: Position) -> None:
    """In the transaction that took it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO cursor_position VALUES (%s, %s::text::xid8, %s)
            ON CONFLICT (name) DO UPDATE SET xid = EXCLUDED.xid, batch = EXCLUDED.batch
            """,
            [name, str(position.xid), position.batch],
        )


def oldest() -> Position | None:
    """The ledger's rows after this one are still needed by some reader; None if nobody reads it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT xid::text::bigint, batch FROM cursor_position ORDER BY xid, batch LIMIT 1")
        row = cursor.fetchone()
    return Position(*row) if row else None

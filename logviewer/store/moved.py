"""A ledger that was restored into another cluster: it names transactions that the server there has yet to reach.

Its readers would take nothing in until then, and wait for batches that are long there. So each start looks
(docs/decisions/0022-backups.md).
"""

from django.db import connection, transaction

from logviewer.store import positions

# Exact while others write: a row is seen only after its transaction, and its number is below the snapshot's end then.
_IS_MOVED = """
    SELECT EXISTS (SELECT FROM ingest_batch WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()))
        OR EXISTS (SELECT FROM cursor_position WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()))
"""

# As positions.take does, but it waits for who has one.
_KEEP_READERS_AWAY = "SELECT pg_advisory_xact_lock(%s, hashtext(name)) FROM cursor_position"

# What every reader had behind it becomes transaction 1, what only the furthest had becomes 2, and so on: below all that
# a server gives out, and for each reader the same batches are new as before.
_NUMBER_BATCHES = """
    UPDATE ingest_batch AS batches SET xid = (
        SELECT (1 + count(*))::text::xid8 FROM cursor_position AS passed
        WHERE (passed.xid, passed.batch) < (batches.xid, batches.batch)
    )
"""
_NUMBER_POSITIONS = """
    UPDATE cursor_position AS positions SET batch = (SELECT coalesce(max(batch), 0) FROM ingest_batch), xid = (
        SELECT (1 + count(*))::text::xid8 FROM cursor_position AS passed
        WHERE (passed.xid, passed.batch) < (positions.xid, positions.batch)
    )
"""


def settle() -> bool:
    """Numbers the ledger anew if it comes from another cluster; returns whether it did. To look takes a millisecond."""
    if not _is_moved():
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_KEEP_READERS_AWAY, [positions.READERS])
        cursor.execute(_NUMBER_BATCHES)
        cursor.execute(_NUMBER_POSITIONS)
    return True


def _is_moved() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_IS_MOVED)
        moved: bool = cursor.fetchone()[0]
    return moved

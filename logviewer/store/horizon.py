"""How far the insertion cursor is behind, and whose transaction holds it: for whoever wonders where new events stay."""

from dataclasses import dataclass

from django.db import connections

# Only a transaction that has written, and so has a number, holds the cursor; readers, backups among them, do not. It
# may be of another database: numbers are the whole server's. Ours is left out, for it sees its own end.
HORIZON_SQL = """
    WITH writing AS (
        SELECT backend_xid AS xid, xact_start AS began,
               format('%s of %s in %s, process %s', coalesce(nullif(application_name, ''), backend_type),
                      coalesce(usename, 'Postgres'), datname, pid) AS who
        FROM pg_stat_activity
        WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
        UNION ALL
        SELECT transaction, prepared, format('prepared transaction %s of %s in %s', gid, owner, database)
        FROM pg_prepared_xacts
    ),
    holder AS (
        SELECT began, who FROM writing ORDER BY age(xid) DESC LIMIT 1
    ),
    behind AS (
        SELECT count(*) AS batches, min(received) AS oldest
        FROM ingest_batch
        WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())
    )
    SELECT extract(epoch FROM clock_timestamp() - least(began, oldest))::float, batches, who
    FROM behind LEFT JOIN holder ON true
"""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The lag of the insertion cursor (ledger.batches_after), which does not pass the oldest transaction that writes.

    `lag_s`: seconds since that transaction began, or the oldest batch that waits behind it; 0 if there is none.
    `batches_behind`: committed batches that wait. `held_by`: whose transaction it is, in words; None if there is none,
    or it belongs to a login whose sessions Postgres does not show to ours.
    """

    lag_s: float
    batches_behind: int
    held_by: str | None


def read_horizon(alias: str = "default") -> Horizon:
    """The lag as of now. Costs an index scan over the batches that wait."""
    with connections[alias].cursor() as cursor:
        cursor.execute(HORIZON_SQL)
        lag_s, batches_behind, held_by = cursor.fetchone()
    return Horizon(max(lag_s or 0.0, 0.0), batches_behind, held_by)

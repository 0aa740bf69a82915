"""Seals slices that have ended: builds the index of their words, while they can still be written to.

Resumable at every step: the index gets its final name, which says that the slice is sealed, at the very end. What a
killed run leaves has another name, and the next one drops it first.
"""

from django.db import connections
from psycopg import sql

from logviewer.store.partitions import WORDS_SUFFIX, Partition

# Each statement by itself, outside of a transaction, as CONCURRENTLY and VACUUM want it. The vacuum empties the list of
# the GIN index of `data` that new rows wait in, freezes the rows once and for all, and lets the planner know the words:
# without that it would take every word for a rare one.
_BUILD = """
    CREATE INDEX CONCURRENTLY {unfinished} ON {partition}
    USING gin (log_words(event, logger, service, request_id, cohort_id, data))
"""
_STEPS = (
    "SET maintenance_work_mem = '256MB'",
    "DROP INDEX CONCURRENTLY IF EXISTS {unfinished}",
    _BUILD,
    "VACUUM (FREEZE, ANALYZE) {partition}",
    "ALTER INDEX {unfinished} RENAME TO {words}",
    "RESET maintenance_work_mem",
)


def seal(partition: Partition, alias: str = "default") -> None:
    """Builds the words index of one partition. Takes about a minute for a million events."""
    names = {
        "partition": sql.Identifier(partition.name),
        "unfinished": sql.Identifier(f"{partition.name}{WORDS_SUFFIX}_unfinished"),
        "words": sql.Identifier(f"{partition.name}{WORDS_SUFFIX}"),
    }
    with connections[alias].cursor() as cursor:
        for step in _STEPS:
            cursor.execute(sql.SQL(step).format(**names))

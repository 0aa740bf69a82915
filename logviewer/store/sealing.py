"""Seals slices that have ended: builds the index of their words, while they can still be written to.

Resumable at every step: what a killed build leaves is an invalid index, which the next one drops first.
"""

from django.db import connections
from psycopg import sql

from logviewer.store.partitions import WORDS_SUFFIX, Partition

# Each statement by itself, outside of a transaction, as CONCURRENTLY and VACUUM want it. The vacuum empties the list of
# the GIN index of `data` that new rows wait in, freezes the rows once and for all, and lets the planner know the words.
_BUILD = """
    CREATE INDEX CONCURRENTLY {words} ON {partition}
    USING gin (log_words(event, logger, service, request_id, cohort_id, data))
"""
_STEPS = (
    "SET maintenance_work_mem = '256MB'",
    "DROP INDEX CONCURRENTLY IF EXISTS {words}",
    _BUILD,
    "VACUUM (FREEZE, ANALYZE) {partition}",
    "RESET maintenance_work_mem",
)


def seal(partition: Partition, alias: str = "default") -> None:
    """Builds the words index of one partition. Takes about a minute for a million events."""
    names = {
        "partition": sql.Identifier(partition.name),
        "words": sql.Identifier(f"{partition.name}{WORDS_SUFFIX}"),
    }
    with connections[alias].cursor() as cursor:
        for step in _STEPS:
            cursor.execute(sql.SQL(step).format(**names))

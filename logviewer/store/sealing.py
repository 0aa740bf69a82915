"""Seals slices that have ended: builds the index of their words, while they can still be written to.

Resumable at every step: the index gets its final name, which says that the slice is sealed, at the very end. What a
killed run leaves has another name, and the next one drops it first.

Sealed slices have another index besides, for counts: of the warnings and errors of cohorts by level. Those that were
sealed before there was such an index get it as well.
"""

from collections.abc import Iterable

from django.db import connection
from psycopg import sql

from logviewer.store.partitions import WORDS_SUFFIX, Partition

COHORT_LEVELS_SUFFIX = "_cohort_levels"

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


def seal(partition: Partition) -> None:
    """Builds the words index of one partition. Takes about a minute for a million events."""
    names = {
        "partition": sql.Identifier(partition.name),
        "unfinished": sql.Identifier(f"{partition.name}{WORDS_SUFFIX}_unfinished"),
        "words": sql.Identifier(f"{partition.name}{WORDS_SUFFIX}"),
    }
    with connection.cursor() as cursor:
        for step in _STEPS:
            cursor.execute(sql.SQL(step).format(**names))


# It has all that a histogram by level asks, so no row is read for that. What a killed build leaves is not valid.
_COHORT_LEVELS_STEPS = (
    "DROP INDEX CONCURRENTLY IF EXISTS {levels}",
    """
    CREATE INDEX CONCURRENTLY {levels} ON {partition} (cohort_id, level, time)
    WHERE cohort_id IS NOT NULL AND level >= 30
    """,
)


def without_cohort_levels(partitions: Iterable[Partition]) -> list[Partition]:
    """The sealed ones of `partitions` that lack the index of cohorts' levels, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE indisvalid AND starts_with(relname, 'log_event_')"
        )
        valid = {name for (name,) in cursor.fetchall()}
    lacking = (one for one in partitions if one.sealed and f"{one.name}{COHORT_LEVELS_SUFFIX}" not in valid)
    return sorted(lacking, reverse=True)


def index_cohort_levels(partition: Partition) -> None:
    """Builds the index of cohorts' levels of one partition. Takes about a second for a million events."""
    names = {
        "partition": sql.Identifier(partition.name),
        "levels": sql.Identifier(f"{partition.name}{COHORT_LEVELS_SUFFIX}"),
    }
    with connection.cursor() as cursor:
        for step in _COHORT_LEVELS_STEPS:
            cursor.execute(sql.SQL(step).format(**names))

"""Counts of events from the rollups of sealed slices: what a search for fields with few values needs no rows for."""

from collections.abc import Sequence

from logviewer.query.database import fetch
from logviewer.query.errors import TimedOut
from logviewer.query.summed import Summed
from logviewer.store.partitions import Partition
from logviewer.store.rollups import EVENTS_NOW, NEW_BY_HOUR

WITHIN_S = 1.0  # as a rule some milliseconds


def count_by_slice(asked: Summed, slices: Sequence[Partition]) -> list[tuple[Partition, int]]:
    """Those of `slices` whose rollups tell what is asked and are true, and how many events of each match."""
    if not slices:
        return []
    try:
        counted: dict[str, int] = dict(
            fetch(
                f"""
                WITH {NEW_BY_HOUR}, known AS (
                    SELECT slice FROM event_rollup_slice AS one
                    WHERE slice = ANY (%s) AND fields @> %s AND events = {EVENTS_NOW}
                )
                SELECT slice, (SELECT coalesce(sum(events), 0)::bigint FROM event_rollup AS added
                               WHERE added.slice = known.slice AND {asked.condition.sql})
                FROM known
                """,  # noqa: S608 -- our own text
                [[one.name for one in slices], sorted(asked.fields), *asked.condition.params],
                within_s=WITHIN_S,
            )
        )
    except TimedOut:
        return []
    return [(one, counted[one.name]) for one in slices if one.name in counted]

"""Counts of events from the rollups of sealed slices: what a search for fields with few values needs no rows for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from logviewer.query.compiler import compile_node
from logviewer.query.counted import is_bound
from logviewer.query.database import fetch
from logviewer.query.errors import TimedOut
from logviewer.query.language.nodes import And, Everything, Node, Not, Or, Phrase, Word
from logviewer.query.language.values import LEVEL_FIELD, TEXT_FIELDS, TIME_FIELDS
from logviewer.store.partitions import Partition
from logviewer.store.predicate import Predicate, all_of
from logviewer.store.rollups import EVENTS_NOW, NEW_BY_HOUR

WITHIN_S = 1.0  # as a rule some milliseconds
_COLUMNS = (LEVEL_FIELD, "service", "event")


@dataclass(frozen=True, slots=True)
class Rolled:
    """The condition of a search, apart from its bounds in time, on the rows of rollups that tell `fields` apart."""

    condition: Predicate
    fields: frozenset[str]


def rolled(node: Node, now: datetime) -> Rolled | None:
    """For `node`; None if it asks for what no rollup can tell."""
    conditions = [one for one in (node.nodes if isinstance(node, And) else (node,)) if not is_bound(one)]
    try:
        fields = frozenset(field for one in conditions for field in _fields(one))
    except _NotInRollups:
        return None
    return Rolled(all_of([compile_node(one, now) for one in conditions]), fields)


def count_by_slice(asked: Rolled, slices: Sequence[Partition]) -> list[tuple[Partition, int]]:
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


class _NotInRollups(Exception):
    """The node asks for words, time, or what is inside of a field."""


def _fields(node: Node) -> Iterator[str]:
    match node:
        case Everything():
            return
        case Word() | Phrase():
            raise _NotInRollups
        case Not(inner):
            yield from _fields(inner)
        case And(nodes) | Or(nodes):
            for one in nodes:
                yield from _fields(one)
        case _:
            is_column = node.field in (*TEXT_FIELDS, *TIME_FIELDS)
            if "." in node.field or (is_column and node.field not in _COLUMNS):
                raise _NotInRollups
            yield node.field

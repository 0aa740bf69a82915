"""Which searches the store's sums can answer: the counts by minute, service and level, and the rollups of slices."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from logviewer.query.compiler import compile_node
from logviewer.query.language.nodes import And, Compare, Everything, Node, Not, Or, Phrase, Word, conditions_of
from logviewer.query.language.values import LEVEL_FIELD, TEXT_FIELDS, TIME_FIELDS
from logviewer.store.predicate import Predicate, all_of

COUNTED = frozenset({LEVEL_FIELD, "service"})  # what the counts by minute tell apart
_COLUMNS = (*COUNTED, "event")  # that a rollup may have


@dataclass(frozen=True, slots=True)
class Summed:
    """The condition of a search on sums that tell `fields` apart, without its bounds in time: those are the search's
    `since` and `until`."""

    condition: Predicate
    fields: frozenset[str]

    @property
    def is_counted(self) -> bool:
        """Whether the counts by minute can answer it: they are there for every slice, and for parts of them."""
        return self.fields <= COUNTED


def summed(node: Node, now: datetime) -> Summed | None:
    """For `node`; None if it asks for what no sum can tell."""
    conditions = [one for one in conditions_of(node) if not is_bound(one)]
    try:
        fields = frozenset(field for one in conditions for field in _fields(one))
    except _NotSummed:
        return None
    return Summed(all_of([compile_node(one, now) for one in conditions]), fields)


def is_bound(node: Node) -> bool:
    """Whether `node` says from when or until when."""
    return isinstance(node, Compare) and node.field in TIME_FIELDS


class _NotSummed(Exception):
    """The node asks for words, time, or what is inside of a field."""


def _fields(node: Node) -> Iterator[str]:
    match node:
        case Everything():
            return
        case Word() | Phrase():
            raise _NotSummed
        case Not(inner):
            yield from _fields(inner)
        case And(nodes) | Or(nodes):
            for one in nodes:
                yield from _fields(one)
        case _:
            if not may_be_summed(node.field):
                raise _NotSummed
            yield node.field


def may_be_summed(field: str) -> bool:
    """Whether a rollup that has `field` tells all that a search means by it."""
    is_column = field in (*TEXT_FIELDS, *TIME_FIELDS, LEVEL_FIELD)
    return "." not in field and (not is_column or field in _COLUMNS)

"""Which searches the store's counts by minute, service and level can answer: those that ask for nothing else."""

from datetime import datetime

from logviewer.query.compiler import compile_node
from logviewer.query.language.nodes import And, Compare, Everything, Node, Not, Or, Phrase, Word
from logviewer.query.language.values import LEVEL_FIELD, TIME_FIELDS
from logviewer.store.predicate import Predicate, all_of

_COUNTED = (LEVEL_FIELD, "service")


def counted(node: Node, now: datetime) -> Predicate | None:
    """The condition for `node` over the columns level and service alone, apart from its bounds in time, which a
    Search has in `since` and `until`. None if it asks for more."""
    conditions = [one for one in (node.nodes if isinstance(node, And) else (node,)) if not is_bound(one)]
    if not all(map(_asks_only_what_is_counted, conditions)):
        return None
    return all_of([compile_node(one, now) for one in conditions])


def is_bound(node: Node) -> bool:
    """Whether `node` says from when or until when."""
    return isinstance(node, Compare) and node.field in TIME_FIELDS


def _asks_only_what_is_counted(node: Node) -> bool:
    match node:
        case Everything():
            return True
        case Word() | Phrase():
            return False
        case Not(inner):
            return _asks_only_what_is_counted(inner)
        case And(nodes) | Or(nodes):
            return all(map(_asks_only_what_is_counted, nodes))
    return node.field in _COUNTED

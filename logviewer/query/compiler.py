"""From the tree of a query to a condition that Postgres answers. All that a person typed is a bound value."""

from datetime import datetime

from logviewer.query import jsonpath, patterns
from logviewer.query.fields import field_predicate
from logviewer.query.language.nodes import And, Everything, Node, Not, Or, Phrase, Word
from logviewer.query.language.values import TEXT_FIELDS
from logviewer.query.patterns import TextTest
from logviewer.store.predicate import EVERYTHING, Predicate, all_of, any_of, negate

# concat_ws leaves out what is NULL, and turns data into its JSON text.
_COLUMNS = f"concat_ws(' ', {', '.join(TEXT_FIELDS)})"
_ALL_TEXT = f"concat_ws(' ', {', '.join(TEXT_FIELDS)}, data)"
_SOME_COLUMN = " OR ".join(f"coalesce({column}, '') COLLATE \"C\" ~ %s" for column in TEXT_FIELDS)


def compile_node(node: Node, now: datetime) -> Predicate:
    """The condition for `node`; relative times in it count from `now`.

    Raises QueryError for a field that cannot be asked what the query asks.
    """
    match node:
        case Everything():
            return EVERYTHING
        case Word():
            return _in_some_text(patterns.word_regex(node.runs), patterns.near_word(node.runs))
        case Phrase(text):
            return _in_some_text(patterns.phrase_regex(text), patterns.near_phrase(text))
        case Not(inner):
            return negate(compile_node(inner, now))
        case And(nodes):
            return all_of([compile_node(one, now) for one in nodes])
        case Or(nodes):
            return any_of([compile_node(one, now) for one in nodes])
    return field_predicate(node, now)


def _in_some_text(regex: str, near: TextTest) -> Predicate:
    """A text column or a string value matches `regex`; `near`, of all of them as one text, rules most events out."""
    # CASE keeps this order: Postgres would put the parts of an AND in the order of its own estimates. It expects a CASE
    # to hold for half of all rows, too many for parallel workers to hand on, but `= 1` for one in 200. A subquery over
    # the values takes half the time of jsonb_path_exists, but no parallel worker runs one that asks for a row's column.
    return Predicate(
        f"(CASE WHEN {near.of(_ALL_TEXT)}"
        f" THEN (CASE WHEN {near.of(_COLUMNS)} THEN {_SOME_COLUMN} ELSE FALSE END"
        " OR jsonb_path_exists(data, %s::jsonpath))::int ELSE 0 END = 1)",
        (near.param, near.param, *[regex] * len(TEXT_FIELDS), jsonpath.has_string_like(regex)),
    )

"""From a node back to text that parses to the same node: links that add a filter are made with it."""

import re
from collections.abc import Sequence

from logviewer.query.language.nodes import (
    And,
    Compare,
    Equals,
    Everything,
    Has,
    Like,
    Node,
    Not,
    Or,
    Phrase,
    Word,
    and_,
)
from logviewer.query.language.tokens import NAME

_BARE_NAME = re.compile(NAME)
_BARE_VALUE = re.compile(r'[^\s()"*<>][^\s()"*]*')


def field_term(field: str, value: str, *, negated: bool = False) -> str:
    """The term that finds events whose `field` has this text form: cohort_id:12, -path:"/a b"."""
    return ("-" if negated else "") + write(Equals(field, value))


def write(node: Node) -> str:
    """The text of a query. `parse(write(node)) == node` for every node that `parse` makes."""
    match node:
        case Everything():
            return "*"
        case Word(text):
            return text
        case Phrase(text):
            return _quoted(text)
        case Equals(name, value):
            return f"{name_text(name)}:{value_text(value)}"
        case Like(name, pattern):
            # http://x* would be read as a URL, a word.
            written = _quoted(name) if pattern.startswith("//") else name_text(name)
            return f"{written}:{pattern}"
        case Compare(name, operator, value):
            return f"{name_text(name)}{operator}{value_text(value)}"
        case Has(name):
            return f"has:{value_text(name)}"
        case Not(inner):
            return f"-{_grouped(inner)}"
        case And(nodes):
            return " ".join(map(_grouped, nodes))
        case Or(nodes):
            return " OR ".join(map(_grouped, nodes))


def write_all(conditions: Sequence[Node]) -> str:
    """The query that asks for all of these; "" for none."""
    return write(and_(list(conditions))) if conditions else ""


def _grouped(node: Node) -> str:
    text = write(node)
    return f"({text})" if isinstance(node, And | Or) else text


def name_text(name: str) -> str:
    """A field's name as a query has it."""
    bare = name != "has" and _BARE_NAME.fullmatch(name)
    return name if bare else _quoted(name)


def value_text(value: str) -> str:
    """A value as a query has it behind its operator."""
    bare = _BARE_VALUE.fullmatch(value) and not value.startswith(("//", "="))
    return value if bare else _quoted(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

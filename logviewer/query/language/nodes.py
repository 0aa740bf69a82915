"""The tree of a query. Nodes are plain values: they know neither SQL nor how they were written."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from logviewer.query.language.words import word_of

Operator = Literal[">", ">=", "<", "<="]


@dataclass(frozen=True, slots=True)
class Everything:
    """The empty query."""


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word: some text of the event has it (words.word_is_in)."""

    text: str

    @property
    def runs(self) -> tuple[str, ...]:
        return word_of(self.text)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Some text of the event contains this, whatever the letter case."""

    text: str


@dataclass(frozen=True, slots=True)
class Equals:
    """Some value of the field has this text form."""

    field: str
    value: str
    column: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Like:
    """Some value of the field has a text form like this, where each * stands for any characters."""

    field: str
    pattern: str
    column: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """Some value of the field is a number (or time, or level) in this relation to `value`."""

    field: str
    operator: Operator
    value: str
    column: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Has:
    """The event has the field, whatever its value."""

    field: str
    column: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Every event that the other node does not match."""

    node: "Node"


@dataclass(frozen=True, slots=True)
class And:
    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    nodes: tuple["Node", ...]


Node = Everything | Word | Phrase | Equals | Like | Compare | Has | Not | And | Or
FieldNode = Equals | Like | Compare | Has


def not_(node: Node) -> Node:
    """The opposite of `node`; a double negation is none."""
    return node.node if isinstance(node, Not) else Not(node)


def and_(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else And(_flat(nodes, And))


def or_(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else Or(_flat(nodes, Or))


def conditions_of(node: Node) -> tuple[Node, ...]:
    """The conditions that must all hold, one by one; none for Everything."""
    match node:
        case Everything():
            return ()
        case And(nodes):
            return nodes
    return (node,)


def fields_in(node: Node) -> tuple[str, ...]:
    """The fields that a query names, each once, as they come."""
    found: dict[str, None] = {}
    waiting = [node]
    while waiting:
        match waiting.pop():
            case Not(inner):
                waiting.append(inner)
            case And(nodes) | Or(nodes):
                waiting.extend(reversed(nodes))
            case Equals(name) | Like(name) | Compare(name) | Has(name):
                found[name] = None
    return tuple(found)


def renamed(node: Node, old: str, new: str) -> Node:
    """The query with the field `new` wherever it names `old`."""
    match node:
        case Not(inner):
            return Not(renamed(inner, old, new))
        case And(nodes):
            return And(tuple(renamed(one, old, new) for one in nodes))
        case Or(nodes):
            return Or(tuple(renamed(one, old, new) for one in nodes))
        case Equals(name) | Like(name) | Compare(name) | Has(name) if name == old:
            return dataclasses.replace(node, field=new)
    return node


def _flat(nodes: list[Node], kind: type[And] | type[Or]) -> tuple[Node, ...]:
    return tuple(inner for node in nodes for inner in (node.nodes if isinstance(node, kind) else (node,)))

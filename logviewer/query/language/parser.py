"""From tokens to a tree. Works with a stack of its own: depth costs no recursion."""

from dataclasses import dataclass, field
from typing import Literal, cast

from logviewer.query.language.errors import Fix, QueryError, gettext_noop
from logviewer.query.language.nodes import (
    Compare,
    Equals,
    Everything,
    Has,
    Like,
    Node,
    Operator,
    Phrase,
    Word,
    and_,
    not_,
    or_,
)
from logviewer.query.language.tokens import Term, Token, tokens_in

MOST_BYTES = 4096
MOST_TERMS = 64


def parse(text: str) -> Node:
    """The tree of a query; Everything for an empty one.

    Raises QueryError, with a 1-based column and a hint, for what cannot be read. What Postgres cannot hold (NUL, halves
    of surrogate pairs) is replaced as in stored events.
    """
    text = storable(text)
    if len(text.encode()) > MOST_BYTES:
        raise QueryError(
            gettext_noop("a query has at most %(most)s bytes"),
            column=min(len(text), MOST_BYTES),
            hint=gettext_noop("Leave something out."),
            most=MOST_BYTES,
        )
    return _Groups().of(text)


def storable(text: str) -> str:
    """`text` as ingest would have stored it: NUL as its visible sign, each half surrogate as U+FFFD."""
    text = text.replace("\0", "\u2400")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclass(slots=True)
class _Group:
    """An open parenthesis: what stands in it so far. `alternatives` are finished by an OR each."""

    column: int = 0
    negated: bool = False
    alternatives: list[Node] = field(default_factory=list)
    terms: list[Node] = field(default_factory=list)
    negate_next: bool = False
    waiting: Token | None = None  # an operator whose right side is missing

    def add(self, node: Node) -> None:
        self.terms.append(not_(node) if self.negate_next else node)
        self.negate_next, self.waiting = False, None

    def operator(self, token: Token) -> None:
        if token.kind == "not":
            self.negate_next, self.waiting = not self.negate_next, token
            return
        if not self.terms or self.waiting:
            raise _nothing_beside(token, "before")
        if token.kind == "or":
            self.alternatives.append(and_(self.terms))
            self.terms = []
        self.waiting = token

    def close(self) -> Node:
        if self.waiting:
            raise _nothing_beside(self.waiting, "after")
        if not self.terms:
            raise QueryError(
                gettext_noop("there is nothing in these parentheses"),
                column=self.column,
                hint=gettext_noop("Take them out."),
                fix=Fix(self.column - 1, "()", ""),
            )
        node = or_([*self.alternatives, and_(self.terms)])
        return not_(node) if self.negated else node


class _Groups:
    """The groups that are open, outermost first."""

    def __init__(self) -> None:
        self.open = [_Group()]
        self.terms = 0

    def of(self, text: str) -> Node:
        for token in tokens_in(text):
            self.take(token)
        outermost = self.open[0]
        if len(self.open) > 1:
            raise QueryError(
                gettext_noop("this parenthesis is never closed"),
                column=self.open[-1].column,
                hint=gettext_noop("Add a )."),
                fix=Fix(len(text), "", ")" * (len(self.open) - 1)),
            )
        if not outermost.terms and not outermost.waiting:
            return Everything()
        return outermost.close()

    def take(self, token: Token | Term) -> None:
        group = self.open[-1]
        if isinstance(token, Term):
            self.terms += 1
            if self.terms > MOST_TERMS:
                raise QueryError(
                    gettext_noop("a query has at most %(most)s terms"),
                    column=token.column,
                    hint=gettext_noop("Leave some out. Several words in quotes are one term."),
                    most=MOST_TERMS,
                )
            group.add(_node_of(token))
        elif token.kind == "(":
            self.open.append(_Group(token.column, negated=group.negate_next))
            group.negate_next = False
        elif token.kind == ")":
            if len(self.open) == 1:
                raise QueryError(
                    gettext_noop("this parenthesis was never opened"),
                    column=token.column,
                    hint=gettext_noop('Take it out, or put the text in quotes: "f(x)"'),
                    fix=Fix(token.column - 1, ")", ""),
                )
            self.open.pop()
            self.open[-1].add(group.close())
        else:
            group.operator(token)


def _node_of(term: Term) -> Node:
    if not term.operator:
        return _words_of(term)
    if term.name == "has" and term.operator == ":" and not term.name_quoted:
        return Has(term.value, term.column)
    if term.operator != ":":
        return Compare(term.name, cast(Operator, term.operator), term.value, term.column)
    if "*" in term.value and not term.quoted:
        return Like(term.name, term.value, term.column)
    return Equals(term.name, term.value, term.column)


def _words_of(term: Term) -> Node:
    if term.value == "*" and not term.quoted:
        return Everything()
    word = Word(term.value)
    if term.quoted and not term.value:
        raise QueryError(
            gettext_noop("there is nothing in these quotes"),
            column=term.column,
            hint=gettext_noop("Take them out."),
            fix=Fix(term.column - 1, '""', ""),
        )
    # Without a letter or digit a word would have no token: then the signs themselves are meant.
    return Phrase(term.value) if term.quoted or not word.runs else word


def _nothing_beside(token: Token, side: Literal["before", "after"]) -> QueryError:
    word = token.kind.upper()
    messages = {
        "before": gettext_noop("nothing stands before %(word)s"),
        "after": gettext_noop("nothing stands after %(word)s"),
    }
    return QueryError(
        messages[side],
        column=token.column,
        hint=gettext_noop(
            'Operators are AND, OR, NOT in capitals; to look for the word itself, put it in quotes: "%(word)s"'
        ),
        fix=Fix(token.column - 1, word, ""),
        word=word,
    )

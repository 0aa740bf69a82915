"""Cuts the text of a query into tokens: parentheses, operators, and terms still as written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from logviewer.query.language.errors import Fix, QueryError, gettext_noop

# A name in front of an operator. It begins with no digit, so that pasted times and addresses (12:30, 10.0.0.1:80) stay
# words; any other name can be put in quotes.
NAME = r"(?:[^\W\d]|[@$])[\w.@$-]*"

_SPACE = re.compile(r"\s+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_CHUNK = re.compile(r'[^\s()"]+')
_URL = re.compile(r"[A-Za-z][\w+.-]*://")
_NAME_AND_OPERATOR = re.compile(rf"({NAME})(:|>=|<=|>|<|!=)")
_OPERATOR = re.compile(r":|>=|<=|>|<")
_ESCAPED = re.compile(r'\\(["\\])')
_PLAIN_GROUP = re.compile(r'\(([^()":<>]+)\)')
_WORDS_OF_OURS: dict[str, Literal["and", "or", "not"]] = {"AND": "and", "OR": "or", "NOT": "not"}


@dataclass(frozen=True, slots=True)
class Token:
    """A parenthesis or an operator between terms. `column` is 1-based."""

    kind: Literal["(", ")", "and", "or", "not"]
    column: int


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for, as written: a word, or name, operator and value. `quoted` tells of the value."""

    column: int
    value: str
    quoted: bool = False
    name: str = ""
    operator: str = ""  # empty: a word or a phrase
    name_quoted: bool = False


def tokens_in(text: str) -> Iterator[Token | Term]:
    """The tokens of `text`, left to right. Raises QueryError where something cannot be read."""
    at = _after_space(text, 0)
    while at < len(text):
        token, at = _token_at(text, at)
        yield token
        at = _after_space(text, at)


def _token_at(text: str, at: int) -> tuple[Token | Term, int]:
    first = text[at]
    if first in "()":
        return Token("(" if first == "(" else ")", at + 1), at + 1
    if first == "-":
        return _minus_at(text, at)
    if first == '"':
        return _quoted_term_at(text, at)
    chunk = _chunk_at(text, at)
    if chunk in _WORDS_OF_OURS:
        return Token(_WORDS_OF_OURS[chunk], at + 1), at + len(chunk)
    named = None if _URL.match(chunk) else _NAME_AND_OPERATOR.match(chunk)
    if named is None:
        return Term(at + 1, chunk), at + len(chunk)
    if named[2] == "!=":
        raise QueryError(
            gettext_noop("'!=' is not an operator of this language"),
            column=at + 1 + named.end(1),
            hint=gettext_noop("Put - in front: %(example)s"),
            fix=Fix(at, named[0], f"-{named[1]}:"),
            example=f"-{named[1]}:{chunk[named.end() :] or 'value'}",
        )
    return _value_at(text, at + named.end(), Term(at + 1, "", name=named[1], operator=named[2]))


def _minus_at(text: str, at: int) -> tuple[Token, int]:
    if at + 1 == len(text) or text[at + 1].isspace() or text[at + 1] == ")":
        raise QueryError(
            gettext_noop("nothing follows '-'"),
            column=at + 1,
            hint=gettext_noop('-word excludes a word; "-" in quotes looks for a dash.'),
            fix=Fix(at, "-", '"-"'),
        )
    return Token("not", at + 1), at + 1


def _quoted_term_at(text: str, at: int) -> tuple[Term, int]:
    content, end = _quoted_at(text, at)
    operator = _OPERATOR.match(text, end)
    if operator is None:
        return Term(at + 1, content, quoted=True), end
    return _value_at(text, operator.end(), Term(at + 1, "", name=content, operator=operator[0], name_quoted=True))


def _value_at(text: str, at: int, term: Term) -> tuple[Term, int]:
    """`term` with the value that stands at `at`."""
    quoted = text[at : at + 1] == '"'
    value, end = _quoted_at(text, at) if quoted else (_chunk_at(text, at), at)
    if not quoted:
        end = at + len(value)
        _refuse_odd_value(text, at, value, term)
    return Term(term.column, value, quoted, term.name, term.operator, term.name_quoted), end


def _refuse_odd_value(text: str, at: int, value: str, term: Term) -> None:
    named = f"{term.name}{term.operator}"
    if not value and text[at : at + 1] == "(":
        raise QueryError(
            gettext_noop("a group cannot be a value"),
            column=at + 1,
            hint=gettext_noop("Name the field each time: %(example)s"),
            fix=_named_each_time(text, at, term),
            example=f"({term.name}:a OR {term.name}:b)",
        )
    if not value:
        raise QueryError(
            gettext_noop("no value follows '%(named)s'"),
            column=at + 1,
            hint=gettext_noop("Write the value without a space (%(named)s1), or put text in quotes."),
            fix=Fix(at, " ", "") if text[at : at + 1] == " " else None,
            named=named,
        )
    if term.operator == ":" and value[0] in "<>":
        raise QueryError(
            gettext_noop("'%(named)s' and '%(sign)s' do not go together"),
            column=at + 1,
            hint=gettext_noop("Compare without the colon: %(example)s"),
            fix=Fix(at - 1, ":", ""),
            named=named,
            sign=value[0],
            example=f"{term.name}{value}",
        )


def _named_each_time(text: str, at: int, term: Term) -> Fix | None:
    """a:(b OR c) as (a:b OR a:c), where the group holds plain values."""
    group = _PLAIN_GROUP.match(text, at)
    if group is None:
        return None
    values = group[1].split()
    written = [one if one in _WORDS_OF_OURS else f"{term.name}{term.operator}{one}" for one in values]
    between = " " if any(one in _WORDS_OF_OURS for one in values) else " OR "
    start = term.column - 1
    return Fix(start, text[start : group.end()], f"({between.join(written)})")


def _quoted_at(text: str, at: int) -> tuple[str, int]:
    """The content of the quotes that open at `at`, and the place behind them."""
    match = _QUOTED.match(text, at)
    if match is None:
        raise QueryError(
            gettext_noop("this quote is never closed"),
            column=at + 1,
            hint=gettext_noop('Close it with ". Inside quotes, \\" is a quote and \\\\ a backslash.'),
            fix=Fix(len(text), "", '"'),
        )
    return _ESCAPED.sub(r"\1", match[1]), match.end()


def _chunk_at(text: str, at: int) -> str:
    match = _CHUNK.match(text, at)
    return match[0] if match else ""


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at

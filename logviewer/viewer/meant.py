"""What somebody may have meant whose query can be read but says something else than it looks like."""

import re
from collections.abc import Iterator

from django.utils import timezone

from logviewer.query.compiler import compile_node
from logviewer.query.language import QueryError, parse

# Fields asked for the way rows show them, name=value, which the language reads as a word.
_FIELD = re.compile(r"(?<!\S)(-?[A-Za-z_][\w.]*)==?(?=[^\s=])")
# A name, a sign and a value with spaces between them, which the language reads as words.
_APART = re.compile(r"(?<!\S)(-?[A-Za-z_][\w.]*)\s+(:|==?|[<>]=?)\s*(?=[^\s:=<>])")
# The quotes that phones and word processors write, which the language reads as letters.
_STRAIGHT = str.maketrans(dict.fromkeys("“”„«»", '"'))
# Operators in small letters, which the language reads as words.
_OPERATOR = re.compile(r"(?<=\s)(or|and|not)(?=\s)|^not(?=\s)")
# A thing and its number, "student 88", which the language reads as two words to be looked for in texts.
_NUMBERED = re.compile(r"(?<!\S)(?!(?:or|and|not)\s)([a-z]\w*)\s+#?([0-9]{1,18})(?!\S)", re.ASCII | re.IGNORECASE)


def meanings_of(query: str) -> Iterator[str]:
    """Queries near to `query`, the likeliest first. None for one with quotes, in which all signs mean themselves."""
    if '"' in query:
        return
    for changed in (with_colons(query), with_signs_joined(query), query.translate(_STRAIGHT), with_capitals(query)):
        if changed != query and _can_be_asked(changed):
            yield changed


def with_colons(query: str) -> str:
    """`query` with name:value for each name=value."""
    return _FIELD.sub(r"\1:", query)


def with_signs_joined(query: str) -> str:
    """`query` with name>value for each name > value."""
    return _APART.sub(lambda match: match[1] + (":" if match[2].startswith("=") else match[2]), query)


def with_capitals(query: str) -> str:
    """`query` with its small or, and, not as operators."""
    return _OPERATOR.sub(lambda match: match[0].upper(), query)


def fields_meant(query: str) -> Iterator[tuple[str, str]]:
    """For each name with a number beside it the field that may be meant, and the query that asks for that one."""
    if '"' in query:
        return
    for found in _NUMBERED.finditer(query):
        name = found[1] if "_" in found[1] else f"{found[1].lower()}_id"
        yield name, f"{query[: found.start()]}{name}:{found[2]}{query[found.end() :]}"


def _can_be_asked(query: str) -> bool:
    try:
        compile_node(parse(query), timezone.now())
    except QueryError:
        return False
    return True

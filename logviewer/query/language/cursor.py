"""What stands at the cursor of a query that is still being typed: what completion would replace.

Unlike the parser it takes any text: an open quote reaches to the end, a missing value is empty.
"""

import re
from dataclasses import dataclass

from logviewer.query.language.parser import storable
from logviewer.query.language.tokens import NAME

_SPACE = re.compile(r"\s*")
_NAMED = re.compile(rf'({NAME}|"(?:[^"\\]|\\.)*")(:|>=|<=|>|<)', re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BARE = re.compile(r'[^\s()"]+')
_URL = re.compile(r"[A-Za-z][\w+.-]*://")
_ESCAPED = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class Place:
    """What is being typed: text[start:end] stands to be replaced, `typed` is what of it is before the cursor.

    Of a value `field` and `operator` say whose; of a word, which may become a field's name, they are empty.
    """

    start: int
    end: int
    typed: str
    field: str = ""
    operator: str = ""

    @property
    def is_value(self) -> bool:
        return bool(self.field)


def place_at(text: str, cursor: int) -> Place:
    """The place at `cursor`, which is 0-based between characters and may be anywhere."""
    text = storable(text)
    cursor = min(max(cursor, 0), len(text))
    at = 0
    while True:
        at = _end(_SPACE, text, at)
        if at >= cursor:
            return Place(cursor, cursor, "")
        if text[at] in "()-":
            at += 1
            continue
        place = _term(text, at, cursor)
        if place.end >= cursor:
            return place
        at = place.end


def _term(text: str, at: int, cursor: int) -> Place:
    named = None if _URL.match(text, at) else _NAMED.match(text, at)
    if named is None:
        end = max(_end_of_text(text, at), at + 1)
        return Place(at, end, _plain(text[at:cursor]))
    if cursor <= named.end(1):
        return Place(at, named.end(1), _plain(text[at:cursor]))
    if cursor < named.end():
        return Place(cursor, cursor, "")
    start, end = named.end(), _end_of_text(text, named.end())
    return Place(start, end, _plain(text[start:cursor]), field=_plain(named[1]), operator=named[2])


def _end_of_text(text: str, at: int) -> int:
    """Behind the quoted text or the run of characters at `at`; `at` if there is none."""
    return _end(_QUOTED if text[at : at + 1] == '"' else _BARE, text, at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _plain(written: str) -> str:
    """What is meant by a name or value as far as it is written."""
    if not written.startswith('"'):
        return written
    closed = len(written) > 1 and written.endswith('"')
    return _ESCAPED.sub(r"\1", written[1:-1] if closed else written[1:])

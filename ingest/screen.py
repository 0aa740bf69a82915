"""Finds among many values the few that hold something to mask, or what Postgres cannot store.

What betrays a secret is looked for in all values together: to ask each of them would cost as much as reading it. It is
looked for in their lines, each once in a process, because tracebacks are two thirds of the text and repeat their lines.
What is found so is looked at by redaction itself, so that nothing is a suspect for a harmless word.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain

from ingest.redaction import SECRET_NAME, holds_secret
from ingest.validation import LETTERS_AND_DIGITS, LONG_RUN

NUL = b"\0"
AWS_KEYS = (b"akia", b"asia")
HEX_TOKEN = re.compile(rb"[0-9a-z]*?[0-9a-f]{40}")  # anywhere: the Kelvin sign is a small k here
QUOTES = ("'", '"', "\\")
NAME_REACH = 48  # a name, quotes and a blank behind it, and the sign before it
MAY_NAME_SECRET = re.compile(rf"{SECRET_NAME.pattern}|(?:code|state)$", re.IGNORECASE | re.MULTILINE)
# In small letters, within a line. All that redaction looks for holds one of these, or LONG_RUN, or is an assignment.
MARKS = (
    NUL, b"@", b"bearer", b"token", b"basic", b"authorization", b"xox", b"xapp-", b"hooks.slack", b"-----begin",
    b"failing row", b"_live_", b"eyj", b"github_pat_",
    b"key (",
)  # fmt: skip
MAX_REMEMBERED_LINES = 10_000
MAX_REMEMBERED_CHARACTERS = 120  # of a line
_clear_lines: set[str] = set()  # seen before, and without any mark


def suspects(values: Sequence[str]) -> set[str]:
    """Those of `values` that cannot be stored as they are."""
    lines = {*"\n".join(values).split("\n")} - _clear_lines
    marked = {*_marked([*lines]), *_assigning(lines)}
    _remember(lines - marked)
    if not marked:
        return set()
    found = marked.intersection(values)
    found.update(value for value in values if "\n" in value and not marked.isdisjoint(value.split("\n")))
    return {value for value in found if "\0" in value or holds_secret(value)}


def _remember(clear: Iterable[str]) -> None:
    if len(_clear_lines) > MAX_REMEMBERED_LINES:
        _clear_lines.clear()
    _clear_lines.update([line for line in clear if len(line) <= MAX_REMEMBERED_CHARACTERS])


def _marked(values: Sequence[str]) -> Iterator[str]:
    small = [value.lower() for value in values]
    together = "\n".join(small).encode()
    lengths = map(len, small) if together.isascii() else (len(value.encode()) for value in small)
    ends = list(accumulate(length + 1 for length in lengths))
    for mark in MARKS:
        for place in _places(mark, together, ends):
            yield values[place]
    runs = together.translate(LETTERS_AND_DIGITS)
    at = runs.find(LONG_RUN)
    while at >= 0:
        if _is_token(together, at):
            yield values[bisect_right(ends, at)]
        at = runs.find(LONG_RUN, runs.find(b" ", at))


def _is_token(small: bytes, at: int) -> bool:
    """Whether the long run that begins at `at` may be a token: it, or what stands before it, says so."""
    before = small[max(0, at - len("lvk_01234567_")) : at]
    if b"gh" in before or b"lv" in before or small.startswith(AWS_KEYS, at):
        return True
    return HEX_TOKEN.match(small, at) is not None


def _places(mark: bytes, together: bytes, ends: Sequence[int]) -> Iterator[int]:
    """The places of the texts that hold `mark`, in `together`, where they end at `ends`."""
    found = together.find(mark)
    while found >= 0:
        place = bisect_right(ends, found)
        yield place
        found = together.find(mark, ends[place])


def _assigning(lines: Iterable[str]) -> Iterator[str]:
    """The lines that may give something to a secret's name: name=value, 'name': value, also from the line before."""
    names = {line: _assigned_names(line) for line in lines if "=" in line or ":" in line}
    yield from (line for line in names if line.startswith((":", "=")))
    if MAY_NAME_SECRET.search("\n".join({*chain.from_iterable(names.values())})):
        yield from (line for line, its_names in names.items() if MAY_NAME_SECRET.search("\n".join(its_names)))


def _assigned_names(value: str) -> list[str]:
    """What stands before the signs that give values to names, as redaction knows them."""
    names = [_name(before) for before in value.split("=")[:-1] if not before[-1:].isspace() or _ends_in_quotes(before)]
    return names + [_name(before) for before in value.split(":")[:-1] if _ends_in_quotes(before)]


def _ends_in_quotes(before: str) -> bool:
    """Perhaps with a blank behind them."""
    return before[-2:].rstrip().endswith(QUOTES)


def _name(before: str) -> str:
    return before[-NAME_REACH:].rstrip().rstrip("".join(QUOTES)).rpartition(" ")[2]

"""Reads what Python's repr() wrote of a dict, as python-logstash sends structlog's events. Never evaluates anything.

Three ways, each for what the one before could not read: as JSON; as literals, by a parser that is bounded in size,
depth and steps; by looking for the next key where a value is no literal, as <Cohort: Day 70>. Knows no Django.
"""

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from ingest import limits
from ingest.repair import NOT_A_CHARACTER, SURROGATE

MAX_CHARACTERS = limits.MAX_EVENT_BYTES
MAX_DEPTH = limits.MAX_DEPTH
MAX_STEPS = 100_000  # tokens looked at: less than 0.1 s
MAX_FOREIGN_CHARACTERS = 16_384  # how far the end of a value that is no literal is looked for

SINGLE_QUOTED = r"'[^'\\]*+(?:\\.[^'\\]*+)*+'"
DOUBLE_QUOTED = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
STRING = re.compile(f"{SINGLE_QUOTED}|{DOUBLE_QUOTED}", re.DOTALL)
BYTES = re.compile(f"b(?:{SINGLE_QUOTED}|{DOUBLE_QUOTED})", re.DOTALL)
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+(?![\w.+-])")
WORD = re.compile(r"(?:None|True|False|-?inf|nan|\.\.\.)(?![\w.(])")
BLANKS = re.compile(r"\s*+")
MARKS = re.compile(f"{SINGLE_QUOTED}|{DOUBLE_QUOTED}|[][(){{}}<>,]", re.DOTALL)
NEXT_KEY = re.compile(r""",\s?(?='[A-Za-z_][\w.]{0,80}':\s|"[A-Za-z_][\w.']{0,80}":\s)""")
ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)

WORDS = {"None": None, "True": True, "False": False}
ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
CLOSING = {"[": "]", "(": ")", "{": "}", "<": ">"}

_decode_json = msgspec.json.Decoder(float_hook=lambda number: msgspec.Raw(number.encode())).decode


@dataclass(frozen=True, slots=True)
class ReadDict:
    """What a text holds. Values are JSON's, but numbers may be msgspec.Raw, as they were written.

    `exact`: every value was read for certain. Else some are the text that stood there.
    """

    fields: dict[str, Any]
    exact: bool


class _NoLiteral(Exception):
    """What stands here is no literal."""


class _TooManySteps(Exception):
    """The text is not worth more time."""


def read_dict(text: str) -> ReadDict | None:
    """The dict in `text`, or None if it is not one, too large, or takes too long."""
    if len(text) > MAX_CHARACTERS or text[:1] != "{" or text[-1:] != "}":
        return None
    fields = _from_json(_as_json(text))
    if fields is None and text[1] == '"':
        fields = _from_json(text)
    if fields is not None:
        return ReadDict(fields, exact=True)
    reader = _Reader(text)
    try:
        return reader.literal() or reader.scanned()
    except _TooManySteps:
        return None


def _as_json(text: str) -> str | None:
    """A plain repr as JSON, for most are: without quotation marks and backslashes only quotes and words differ."""
    if '"' in text or "\\" in text:
        return None
    if not any(word in text for word in WORDS):
        return text.replace("'", '"')
    parts = text.split("'")
    outside = "'".join(parts[::2])
    outside = outside.replace("None", "null").replace("True", "true").replace("False", "false")
    parts[::2] = outside.split("'")
    return '"'.join(parts)


def _from_json(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        found = _decode_json(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return found if type(found) is dict else None


class _Reader:
    """One text. Methods take the place of a character and return what begins there, and the place behind it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = MAX_STEPS

    def literal(self) -> ReadDict | None:
        """The whole text as one literal."""
        try:
            value, end = self._value(0, 0)
        except _NoLiteral:
            return None
        return ReadDict(value, exact=True) if type(value) is dict and end == len(self._text) else None

    def scanned(self) -> ReadDict | None:
        """The keys of the outermost dict with their values, of which those that are no literals stay text."""
        fields: dict[str, Any] = {}
        at, last = 1, len(self._text) - 1
        while at < last:
            try:
                key, at = self._key(at)
            except _NoLiteral:
                break
            value, at = self._value_or_text(at, last)
            fields[key] = value
            at = self._blanks(at + 1)
        return ReadDict(fields, exact=False) if fields else None

    def _value_or_text(self, at: int, last: int) -> tuple[Any, int]:
        try:
            value, end = self._value(at, 1)
            if end == last or NEXT_KEY.match(self._text, end):
                return value, end
        except _NoLiteral:
            pass
        end = self._end_of_foreign(at, last)
        return self._text[at:end], end

    def _end_of_foreign(self, at: int, last: int) -> int:
        """The end of a value that is no literal: where its brackets are closed and a key follows, or the next key."""
        open_marks: list[str] = []
        for mark in MARKS.finditer(self._text, at, min(last, at + MAX_FOREIGN_CHARACTERS)):
            self._step()
            sign = mark[0]
            if sign in CLOSING:
                open_marks.append(CLOSING[sign])
            elif open_marks and sign == open_marks[-1]:
                open_marks.pop()
            elif sign == "," and not open_marks and NEXT_KEY.match(self._text, mark.start()):
                return mark.start()
        if not open_marks and last - at <= MAX_FOREIGN_CHARACTERS:
            return last
        following = NEXT_KEY.search(self._text, at, last)
        return following.start() if following else last

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise _TooManySteps

    def _blanks(self, at: int) -> int:
        found = BLANKS.match(self._text, at)
        return found.end() if found else at

    def _value(self, at: int, depth: int) -> tuple[Any, int]:
        self._step()
        begin = self._text[at : at + 1]
        if begin in ("'", '"'):
            return self._string(at)
        if begin == "{":
            return self._braces(at, depth + 1)
        if begin and begin in "[(":
            return self._elements(at + 1, CLOSING[begin], depth + 1)
        if number := NUMBER.match(self._text, at):
            return msgspec.Raw(number[0].encode()), number.end()
        if word := WORD.match(self._text, at):
            return WORDS.get(word[0], word[0]), word.end()
        if some_bytes := BYTES.match(self._text, at):
            return some_bytes[0], some_bytes.end()
        raise _NoLiteral

    def _string(self, at: int) -> tuple[str, int]:
        found = STRING.match(self._text, at)
        if found is None:
            raise _NoLiteral
        return _unescaped(found[0][1:-1]), found.end()

    def _key(self, at: int) -> tuple[str, int]:
        """A key, and the place of its value."""
        key, end = self._value(at, MAX_DEPTH - 1)
        if self._text[end : end + 1] != ":":
            raise _NoLiteral
        return key if isinstance(key, str) else self._text[at:end], self._blanks(end + 1)

    def _braces(self, at: int, depth: int) -> tuple[Any, int]:
        """A dict, or a set, which becomes a list."""
        if depth > MAX_DEPTH:
            raise _NoLiteral
        at = self._blanks(at + 1)
        if self._text[at : at + 1] == "}":
            return {}, at + 1
        start = at
        fields: dict[str, Any] = {}
        while True:
            try:
                key, at = self._key(at)
            except _NoLiteral:
                if fields:
                    raise
                return self._elements(start, "}", depth)
            fields[key], at = self._value(at, depth)
            at, ended = self._behind_element(at, "}")
            if ended:
                return fields, at

    def _elements(self, at: int, closing: str, depth: int) -> tuple[Any, int]:
        """The elements up to the closing bracket; of a tuple, too."""
        if depth > MAX_DEPTH:
            raise _NoLiteral
        found: list[Any] = []
        at = self._blanks(at)
        while self._text[at : at + 1] != closing:
            value, at = self._value(at, depth)
            found.append(value)
            at, ended = self._behind_element(at, closing)
            if ended:
                return found, at
        return found, at + 1

    def _behind_element(self, at: int, closing: str) -> tuple[int, bool]:
        """The place of the next element; or that behind the closing bracket, and True."""
        at = self._blanks(at)
        mark = self._text[at : at + 1]
        if mark == closing:
            return at + 1, True
        if mark != ",":
            raise _NoLiteral
        return self._blanks(at + 1), False


def _unescaped(text: str) -> str:
    if "\\" in text:
        text = ESCAPE.sub(_character, text)
    return SURROGATE.sub(NOT_A_CHARACTER, text) if not text.isascii() else text


def _character(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2] or escape[3]
    if digits:
        code = int(digits, 16)
        return chr(code) if code < 0x110000 else NOT_A_CHARACTER
    return ESCAPED.get(escape[4], escape[4])

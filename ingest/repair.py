"""Mends an event that strict JSON or Postgres would refuse: slow, careful, and only for the few that need it.

Everything changed is named by a flag. Numbers stay as they were written.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from ingest import limits
from ingest.outcome import Unacceptable

NUL_SHOWN = "\u2400"  # SYMBOL FOR NULL: jsonb cannot hold U+0000
NOT_A_CHARACTER = "\ufffd"
OVERFLOW_KEY = "_overflow"
EXACT_INT_DIGITS = 18  # longer ones are handed on as text, never computed with

STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
BRACKETS = re.compile(STRING + r'|[{}\[\]"]', re.DOTALL)
SURROGATE = re.compile("[\ud800-\udfff]")
EXPONENT = re.compile(r"[eE]([+-]?[0-9]+)\Z")

_encode = msgspec.json.Encoder().encode


def repair(text: bytes) -> tuple[dict[str, Any], list[str]]:
    """The event in `text` and the flags of what had to be changed. Raises Unacceptable.

    Values are JSON's, but numbers with a fraction, an exponent or many digits are msgspec.Raw.
    """
    mending = _Mending()
    try:
        sent = text.decode()
    except UnicodeDecodeError:
        sent = text.decode(errors="replace")
        mending.flag("utf8")
    try:
        value = mending.load(mending.fold_deep(sent.removeprefix("\ufeff")))
    except (ValueError, RecursionError):
        raise Unacceptable("not_json") from None
    if not isinstance(value, dict):
        raise Unacceptable("not_an_object")
    return mending.cleaned(value), mending.flags


def clean_text(text: str) -> str:
    """`text` without what Postgres cannot store."""
    return SURROGATE.sub(NOT_A_CHARACTER, text.replace("\0", NUL_SHOWN))


def shortened(text: str, most: int) -> str:
    """`text`, or its beginning and a digest of all of it, `most` characters together; equal only for equal texts."""
    if len(text) <= most:
        return text
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
    return f"{text[: most - 33]}~{digest}"


def exact_number(text: str) -> msgspec.Raw | str:
    """A JSON number as it was written, or its text if Postgres would make more than 400 characters of it."""
    exponent = EXPONENT.search(text)
    reach = abs(int(exponent[1][:9])) if exponent else 0
    if len(text) + reach > limits.MAX_NUMBER_CHARACTERS:
        return text
    return msgspec.Raw(text.encode())


class _Folded(str):
    """JSON that became text. If it is folded again it becomes JSON first: else each level would double the escapes."""

    __slots__ = ()


def _unfolded(value: Any) -> Any:
    if isinstance(value, _Folded):
        return msgspec.Raw(value.encode())
    if isinstance(value, dict):
        return {key: _unfolded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_unfolded(inner) for inner in value]
    return value


class _Mending:
    """One event under repair: the hooks of json's parser share the flags."""

    def __init__(self) -> None:
        self.flags: list[str] = []

    def flag(self, name: str) -> None:
        if name not in self.flags:
            self.flags.append(name)

    def load(self, text: str) -> Any:
        return json.loads(
            text,
            strict=False,
            parse_int=self.integer,
            parse_float=self.number,
            parse_constant=self.constant,
            object_pairs_hook=self.object,
        )

    def integer(self, text: str) -> Any:
        return int(text) if len(text) <= EXACT_INT_DIGITS else self.number(text)

    def number(self, text: str) -> Any:
        value = exact_number(text)
        if isinstance(value, str):
            self.flag("number")
        return value

    def constant(self, text: str) -> str:
        self.flag("nan")
        return text

    def object(self, pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        """An object within the limits: the last of two equal keys wins, too long keys are shortened."""
        made: dict[str, Any] = {}
        for key, value in pairs:
            kept = self.text(key)
            if len(kept) > limits.MAX_KEY_CHARACTERS:
                kept = shortened(kept, limits.MAX_KEY_CHARACTERS)
                self.flag("key_length")
            if kept in made:
                self.flag("duplicate_keys")
            made[kept] = value
        return made if len(made) <= limits.MAX_KEYS else self.fold_keys(made)

    def fold_keys(self, made: dict[str, Any]) -> dict[str, Any]:
        """The first keys as they are, the others as one text of JSON."""
        self.flag("keys")
        kept = dict(list(made.items())[: limits.MAX_KEYS - 1])
        excess = {key: value for key, value in made.items() if key not in kept}
        return {**kept, OVERFLOW_KEY: _Folded(_encode(self.cleaned(_unfolded(excess))).decode())}

    def text(self, text: str) -> str:
        if "\0" in text:
            self.flag("nul")
            text = text.replace("\0", NUL_SHOWN)
        if SURROGATE.search(text):
            self.flag("surrogate")
            text = SURROGATE.sub(NOT_A_CHARACTER, text)
        return text

    def cleaned(self, value: Any) -> Any:
        """`value` with storable strings. Its depth is bounded by fold_deep, its keys are clean already."""
        if isinstance(value, _Folded):
            return str(value)
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.cleaned(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.cleaned(inner) for inner in value]
        return value

    def fold_deep(self, text: str) -> str:
        """`text` with all that lies deeper than the limit as strings of JSON; found without recursion."""
        if text.count("{") + text.count("[") <= limits.MAX_DEPTH:
            return text
        kept: list[str] = []
        depth = start = end = 0
        for match in BRACKETS.finditer(text):
            if match[0] == '"':
                return text  # a string without an end: no JSON, and looking for more ends would take for ever
            token = match.group()
            if token in ("{", "["):
                depth += 1
                if depth == limits.MAX_DEPTH + 1:
                    start = match.start()
            elif token in ("}", "]"):
                if depth == limits.MAX_DEPTH + 1:
                    folded = text[start : min(match.end(), start + limits.MAX_DEEP_TEXT_CHARACTERS)]
                    kept += [text[end:start], json.dumps(folded)]
                    end = match.end()
                    self.flag("depth")
                depth -= 1
        return "".join([*kept, text[end:]])

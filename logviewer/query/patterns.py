"""Words and phrases as Postgres' regular expressions, and as cheaper conditions that hold at least where those match.

All classes and letter cases are written out, so that the database's locale changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from logviewer.query.language.words import SEPARATOR_RANGES, alike, fold

_SEPARATORS = "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in SEPARATOR_RANGES)
SEPARATOR = f"[{_SEPARATORS}]"
_ASCII = "[0-9A-Za-z]"
_RUN_ENDS = f"(?:$|{SEPARATOR})"
# In collation C only ASCII has small letters, whatever the database's own is.
_CONTAINS = 'strpos(lower({} COLLATE "C"), %s) > 0'
_LIKE = 'lower({} COLLATE "C") LIKE %s'
_SPECIAL = frozenset(r"\.[]()*+?{}|^$")


@dataclass(frozen=True, slots=True)
class TextTest:
    """A condition on a text: SQL with {} for the text and %s for `param`."""

    sql: LiteralString
    param: str

    def of(self, text: LiteralString) -> LiteralString:
        return self.sql.format(text)


def near_word(runs: Sequence[str]) -> TextTest:
    """Holds, among others, where `word_regex` matches, for a text or JSON that has it inside; far cheaper."""
    return _near("%".join(map(_like, runs)))


def near_phrase(text: str) -> TextTest:
    """Holds, among others, where `phrase_regex` matches, for a text or JSON that has it inside."""
    return _near(_like(text))


def word_regex(runs: Sequence[str]) -> str:
    """Matches the texts for which words.word_is_in says yes."""
    first, *rest = runs
    beginnings = "|".join([_any_case(first), *_as_camel_case_part(first, at_end=bool(rest))])
    return f"(?:^|{SEPARATOR})(?:{beginnings})" + "".join(f"{SEPARATOR}+{_any_case(run)}" for run in rest)


def phrase_regex(text: str) -> str:
    """Matches the texts that contain `text` in any letter case."""
    return _any_case(text)


def wildcard_like(pattern: str) -> str:
    """A pattern of the language, whose only sign is *, for LIKE."""
    return "%".join(map(like_literal, pattern.split("*")))


def like_literal(text: str) -> str:
    return "".join(f"\\{character}" if character in "%_\\" else character for character in text)


def _as_camel_case_part(word: str, *, at_end: bool) -> list[str]:
    """Runs of which a part, not the first, begins with `word`; with `at_end` the run's last part, exactly."""
    letters = _leading_letters(word)
    if not letters or not word.isascii():
        return []
    any_end = "" if at_end else f"{_ASCII}*{_RUN_ENDS}"
    found = [f"[a-z0-9]{word.capitalize()}{any_end}"]  # readTimeout
    if letters > 1:
        found.append(f"[A-Z]{word.capitalize()}{any_end}")  # HTTPTimeout
        # readHTTP, but not readHTTPs: there the last capital begins the next part.
        end = any_end if at_end or letters < len(word) else f"(?:[0-9A-Z]{_ASCII}*)?{_RUN_ENDS}"
        found.append(f"[a-z0-9]{word[:letters].upper()}{word[letters:]}{end}")
    elif len(word) == 1 and not at_end:
        found.append(f"[A-Z]{word.upper()}[a-z]{any_end}")
    return [f"{_ASCII}*{one}" for one in found]


def _leading_letters(word: str) -> int:
    return next((at for at, one in enumerate(word) if not (one.isascii() and one.isalpha())), len(word))


def _any_case(text: str) -> str:
    return "".join(_one_of(alike(character)) for character in text)


def _one_of(characters: str) -> str:
    if len(characters) > 1:
        return f"[{characters}]"
    return f"\\{characters}" if characters in _SPECIAL else characters


def _near(pattern: str) -> TextTest:
    if any(sign in pattern for sign in "%_\\"):
        return TextTest(_LIKE, f"%{pattern}%")
    return TextTest(_CONTAINS, pattern)  # skips ahead in the text, as LIKE does not


def _like(text: str) -> str:
    return "".join(map(_like_character, fold(text)))


def _like_character(character: str) -> str:
    if character in '"\\' or character < " ":
        return "%"  # JSON escapes it
    if not character.isascii() and len(alike(character)) > 1:
        return "_"  # collation C knows the letter cases of ASCII only
    return like_literal(character)

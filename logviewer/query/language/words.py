"""What a word is: the one definition that words in queries, their SQL and any index of words follow.

A text is cut into runs of letters and digits. Each run is a token, and so is each camelCase part of it:
ReadTimeoutError gives readtimeouterror, read, timeout, error. Letter case does not count.

Postgres' own classes and lower() depend on the database's locale, so what separates runs and which letters are alike is
fixed here.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

# Neither letters nor digits: everything else of ASCII, and the blocks of punctuation, symbols, spaces and emoji.
# Accents and vowel signs that stand alone (U+0300, Indic scripts) belong to their word.
SEPARATOR_RANGES = (
    (0x01, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0xA9), (0xAB, 0xB4), (0xB6, 0xB9), (0xBB, 0xBF),
    (0xD7, 0xD7), (0xF7, 0xF7), (0x0589, 0x058A), (0x05BE, 0x05BE), (0x060C, 0x060D), (0x061B, 0x061F),
    (0x066A, 0x066D), (0x06D4, 0x06D4), (0x0964, 0x0965), (0x1680, 0x1680), (0x2000, 0x206F),
    (0x2080, 0x208E), (0x20A0, 0x20CF), (0x2190, 0x2BFF), (0x2E00, 0x2E7F), (0x3000, 0x3004),
    (0x3008, 0x3020), (0x3030, 0x3030), (0xE000, 0xF8FF), (0xFE10, 0xFE1F), (0xFE30, 0xFE6F),
    (0xFEFF, 0xFF0F), (0xFF1A, 0xFF20), (0xFF3B, 0xFF40), (0xFF5B, 0xFF65), (0xFFE0, 0xFFFF),
    (0x1F000, 0x1FAFF), (0xF0000, 0x10FFFF),
)  # fmt: skip

_RUN = re.compile("[^" + "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in SEPARATOR_RANGES) + "]+")
# Before a capital: after a small letter or digit, or (HTTPServer) if a small letter follows.
_PART_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def fold_character(character: str) -> str:
    """The one character that stands for all letter cases of this one.

    Only pairs inside or outside of ASCII are alike: the Kelvin sign is no k, so ASCII can be compared by itself.
    """
    lower = character.lower()
    return lower if len(lower) == 1 and lower.isascii() == character.isascii() else character


def fold(text: str) -> str:
    """`text` without letter case. Keeps the number of characters."""
    return text.lower() if text.isascii() else "".join(map(fold_character, text))


def alike(character: str) -> str:
    """All characters that fold to the same one, this one first."""
    folded = fold_character(character)
    others = folded.upper() if folded.isascii() else _capitals_outside_ascii().get(folded, "")
    return character + "".join(other for other in dict.fromkeys(folded + others) if other != character)


def runs_of(text: str) -> list[str]:
    """The runs of letters and digits, as written."""
    return _RUN.findall(text)


def spans_of(text: str) -> Iterator[tuple[int, int]]:
    """Where the runs of a text begin and end."""
    return (match.span() for match in _RUN.finditer(text))


def parts_of(run: str) -> list[str]:
    """The camelCase parts of a run, as written; the run itself if it has one part.

    Only runs of ASCII have parts, as the names in programs are: ÉCOLE is one word, like école.
    """
    return _PART_START.split(run) if run.isascii() else [run]


def tokens_of(text: str) -> Iterator[str]:
    """The tokens of a text, folded, in order: each run, then its camelCase parts if there are several."""
    for run in runs_of(text):
        yield fold(run)
        parts = parts_of(run)
        if len(parts) > 1:
            yield from map(fold, parts)


def word_of(text: str) -> tuple[str, ...]:
    """What a person typed as one word: its runs, folded. Case says nothing here, so camelCase does not split."""
    return tuple(map(fold, runs_of(text)))


def word_is_in(text: str, word: Sequence[str]) -> bool:
    """Whether `text` has the word: a token that begins with it.

    A word of several runs (/cohorts/12/assign) is in a text that has them one after the other: the first as the end of
    a run (a whole token), those between whole, the last as the beginning of a run.
    """
    if len(word) == 1:
        return any(token.startswith(word[0]) for token in tokens_of(text))
    runs = runs_of(text)
    folded = [fold(run) for run in runs]
    *whole, beginning = word[1:]
    return any(
        word[0] in (folded[at], fold(parts_of(runs[at])[-1]))
        and folded[at + 1 : at + len(word) - 1] == whole
        and folded[at + len(word) - 1].startswith(beginning)
        for at in range(len(runs) - len(word) + 1)
    )


@cache
def _capitals_outside_ascii() -> dict[str, str]:
    capitals: dict[str, str] = {}
    for code in range(0x80, 0x1E944):  # no capital has a higher code
        folded = fold_character(chr(code))
        if folded != chr(code):
            capitals[folded] = capitals.get(folded, "") + chr(code)
    return capitals

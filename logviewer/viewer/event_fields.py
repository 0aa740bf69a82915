"""An event's own data as a flat list of fields: what the detail shows as a tree and the rows choose from."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import ngettext

from logviewer.query.events import WrittenFloat

OF_TRANSPORT = frozenset(("boot", "seq", "via", "source_path"))  # how an event came here, not what happened
MOST_FIELDS = 400
DEEPEST_INDENT = 9
LONGEST_VALUE = 20_000  # characters shown of one value; the JSON has all of it

# Blanks only: \s takes line breaks too, and then reads blank lines to their end again from each one.
_TRACE_LINE = re.compile(r'^[ \t]+(File "|at )|^Traceback \(most recent call last\)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an event's data with its value, or the head of a nested object or list (`value` is None then)."""

    path: str  # with dots, as the search language writes it
    key: str
    depth: int
    text: str = ""  # a value's text form
    kind: str = ""  # "text", "number", "true", "null", "empty" (list or object); "" for the head of what is nested
    inside: str = ""  # of such a head: "3 keys", "2 items"

    @property
    def indent(self) -> int:
        """Its step to the right; deeper ones stand below each other."""
        return min(self.depth, DEEPEST_INDENT)

    @property
    def is_value(self) -> bool:
        return bool(self.kind)

    @property
    def is_block(self) -> bool:
        """Whether the value has lines of its own."""
        return self.kind == "text" and ("\n" in self.text or len(self.text) > 240)

    @property
    def shown(self) -> str:
        return self.text[:LONGEST_VALUE]

    @property
    def hidden_characters(self) -> int:
        return max(len(self.text) - LONGEST_VALUE, 0)


def fields_of(data: Mapping[str, object]) -> Iterator[Field]:
    """All fields of an event's data, sorted by key, what is nested after its head."""
    yield from _nested(sorted(data.items()), "", 0)


def _nested(pairs: list[tuple[str, object]], prefix: str, depth: int) -> Iterator[Field]:
    for key, value in pairs:
        yield from _one(f"{prefix}{key}", key, value, depth)


def _one(path: str, key: str, value: object, depth: int) -> Iterator[Field]:
    if isinstance(value, Mapping) and value:
        yield Field(path, key, depth, inside=_keys(len(value)))
        yield from _nested(sorted(value.items()), f"{path}.", depth + 1)
    elif isinstance(value, list) and value:
        yield Field(path, key, depth, inside=_items(len(value)))
        for place, element in enumerate(value):
            # A list's places are no part of a path: the language means every element.
            yield from _one(path, str(place), element, depth + 1)
    else:
        yield Field(path, key, depth, value_text(value), _kind(value))


def _keys(count: int) -> str:
    return ngettext("%(count)s key", "%(count)s keys", count) % {"count": f"{count:,}"}


def _items(count: int) -> str:
    return ngettext("%(count)s item", "%(count)s items", count) % {"count": f"{count:,}"}


def value_text(value: object) -> str:
    """A JSON value's text form: a text as it is, all else as JSON writes it."""
    return value if isinstance(value, str) else json_text(value)


def json_text(value: object) -> str:
    """JSON on one line, every number in it as it was written: what computes with 1.50 makes it 1.5."""
    if isinstance(value, WrittenFloat):
        return value.text
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(key, ensure_ascii=False)}: {json_text(one)}" for key, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(json_text, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "true"
    if isinstance(value, int | float):
        return "number"
    return "null" if value is None else "empty"


def is_traceback(text: str) -> bool:
    """Whether a text is a program's stack, of Python or of a language that writes "at place"."""
    return "\n" in text and _TRACE_LINE.search(text) is not None


def traceback_verdict(text: str) -> str:
    """The line of a traceback that says what happened: after the last frame in Python, the first one elsewhere."""
    lines = [line for line in text.splitlines() if line.strip()]
    frames = [place for place, line in enumerate(lines) if line.startswith('  File "')]
    if frames:
        # The frame's source follows it, indented; an exception's own text may go on over several lines.
        after = (line for line in lines[frames[-1] + 1 :] if not line.startswith("  "))
        return next(after, lines[-1]).strip()
    return lines[0].strip() if lines else ""

"""Cuts a JSON body into its events, whichever way the sender put them together.

Lines of JSON, one array, one object (on many lines too), or objects one behind the other; CRLF, blank lines and a byte
order mark are harmless. A text that is no JSON comes out as it is: the pipeline gives it its verdict.

A body may have 64 MiB. No part of it is copied but the texts of one portion at a time, so its places are handed around.
"""

import re
from array import array
from collections.abc import Iterator, Sequence

import msgspec

from ingest import limits
from ingest.protocols.problems import TooManyEvents
from logviewer.store.portions import portions

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLANK = b" \t\r\n"
NOT_BLANK = re.compile(rb"[^ \t\r\n]")
NEIGHBOURS = re.compile(rb"\}[ \t]*+\{")  # two objects in one line

PORTION_BYTES = limits.MAX_EVENT_BYTES  # of texts together: they fit into a processor's cache
PORTION_EVENTS = 4096
STRIPPED_AT_ONCE = 4096

# msgspec makes 70 bytes of object for an element of 2 bytes, so arrays with more commas are cut by the scanner.
MAX_COMMAS_AT_ONCE = 250_000
MAX_TOKENS = 5_000_000  # what the scanner looks at before it gives up: about a second

LINE = re.compile(rb"[^\s][^\r\n]*")
STRING = rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"'
BRACKETS = re.compile(STRING + rb'|[{}\[\]"]')
BRACKETS_AND_COMMAS = re.compile(STRING + rb'|[{}\[\],"]')
BETWEEN_ELEMENTS = re.compile(rb"[ \t\r\n,]*+")

_elements = msgspec.json.Decoder(list[msgspec.Raw])

Text = bytes | memoryview  # a view if it is larger than an event that is kept whole; it stands alone then
Range = tuple[int, int]  # the first place in a body, and the one after the last


class Places:
    """Where the texts of a body's events begin and end: 16 bytes for each. Raises TooManyEvents over `most`."""

    def __init__(self, most: int) -> None:
        self.starts, self.ends = array("Q"), array("Q")
        self._most = most

    def add(self, start: int, end: int) -> None:
        if len(self.starts) == self._most:
            raise TooManyEvents
        self.starts.append(start)
        self.ends.append(end)


def decode(body: bytes, most: int) -> Iterator[Sequence[Text]]:
    """The texts of the body's events in their order, in portions. Raises TooManyEvents if they are more than `most`."""
    start = len(BYTE_ORDER_MARK) if body.startswith(BYTE_ORDER_MARK) else 0
    within = start, end = _stripped(body, start, len(body))
    if start == end:
        return iter(())
    if body.startswith(b"[", start):
        found = _array(body, within, most)
    elif lines := _lines_of_one_object(body, within):
        if lines > most:
            raise TooManyEvents
        return _lines(body, start, end)
    else:
        found = _objects(body, within, most)
    if found is None:
        found = Places(most)
        for line in LINE.finditer(body, *within):
            found.add(*line.span())
    return _texts(body, found)


def _stripped(body: bytes, start: int, end: int) -> Range:
    """The range without blanks around it."""
    first = NOT_BLANK.search(body, start, end)
    if first is None:
        return end, end
    while not (last := body[max(start, end - STRIPPED_AT_ONCE) : end].rstrip(BLANK)):
        end -= STRIPPED_AT_ONCE
    return first.start(), max(start, end - STRIPPED_AT_ONCE) + len(last)


def _lines(body: bytes, start: int, end: int) -> Iterator[Sequence[Text]]:
    """All lines, found as they are needed."""
    while start < end:
        stop = end
        if end - start > PORTION_BYTES:
            stop = body.rfind(b"\n", start, start + PORTION_BYTES)
            if stop < 0:
                stop = body.find(b"\n", start, end)
            if stop < 0:
                stop = end
        if stop - start > PORTION_BYTES:
            yield [memoryview(body)[start:stop]]
        else:
            lines = body[start:stop].split(b"\n")
            for at in range(0, len(lines), PORTION_EVENTS):
                yield lines[at : at + PORTION_EVENTS]
        start = stop + 1


def _texts(body: bytes, places: Places) -> Iterator[Sequence[Text]]:
    def sizes() -> Iterator[int]:
        for start, end in zip(places.starts, places.ends, strict=True):
            yield end - start + PORTION_BYTES // PORTION_EVENTS

    for part in portions(sizes(), PORTION_BYTES):
        starts, ends = places.starts[part], places.ends[part]
        if ends[0] - starts[0] > PORTION_BYTES:
            yield [memoryview(body)[starts[0] : ends[0]]]
        else:
            yield [body[start:end] for start, end in zip(starts, ends, strict=True)]


def _lines_of_one_object(body: bytes, within: Range) -> int:
    """How many lines there are if each begins with { and ends with } and holds no two objects; else 0.

    Counted without looking at each.
    """
    start, end = within
    if not (body.startswith(b"{", start) and body.endswith(b"}", start, end)):
        return 0
    lines = body.count(b"\n", start, end) + 1
    seams = body.count(b"}\n{", start, end)
    if lines > seams + 1 and body.find(b"\r", start, end) >= 0:
        seams += body.count(b"}\r\n{", start, end)
    if lines != seams + 1:
        return 0
    one_each = body.count(b"{", start, end) == lines or NEIGHBOURS.search(body, start, end) is None
    return lines if one_each else 0


def _array(body: bytes, within: Range, most: int) -> Places | None:
    """The elements of an array; None if it is not one array and nothing else."""
    start, end = within
    if body.count(b",", start, end) <= MAX_COMMAS_AT_ONCE:
        try:
            elements = _elements.decode(memoryview(body)[start:end])
        except (msgspec.MsgspecError, RecursionError):
            pass  # NaN and half a surrogate are mended event by event, so the array is cut without understanding it
        else:
            return _places(elements, body, start + 1, most)
    return _scanned_array(body, within, most)


def _places(elements: Sequence[msgspec.Raw], body: bytes, at: int, most: int) -> Places:
    """Where the elements of an array are, whose first begins at `at`, or behind blanks."""
    found = Places(most)
    for element in elements:
        between = BETWEEN_ELEMENTS.match(body, at)
        assert between is not None  # it matches nothing, too
        at = between.end() + len(element)
        found.add(between.end(), at)
    return found


def _objects(body: bytes, within: Range, most: int) -> Places | None:
    """The objects that stand one behind the other; None if there is anything else, or an end is missing."""
    found = Places(most)
    start, last = within
    depth, end, tokens = 0, start, 0
    for match in BRACKETS.finditer(body, *within):
        token, tokens = match.group(), tokens + 1
        if tokens > MAX_TOKENS or token == b'"':
            return None
        if token in b"{[":
            if depth == 0:
                start = match.start()
                if token == b"[" or not _is_blank(body, end, start):
                    return None
            depth += 1
        elif token in b"}]":
            depth -= 1
            if depth < 0:
                return None
            if depth == 0:
                end = match.end()
                found.add(start, end)
    return found if depth == 0 and _is_blank(body, end, last) else None


def _is_blank(body: bytes, start: int, end: int) -> bool:
    return start == end or NOT_BLANK.search(body, start, end) is None


def _scanned_array(body: bytes, within: Range, most: int) -> Places | None:
    found = Places(most)
    depth, start, tokens = 0, within[0] + 1, 0
    for match in BRACKETS_AND_COMMAS.finditer(body, *within):
        token, tokens = match.group(), tokens + 1
        if tokens > MAX_TOKENS or token == b'"':
            return None
        if token in b"{[":
            depth += 1
        elif token in b"}]":
            depth -= 1
        if (depth == 1 and token == b",") or depth == 0:
            element = _stripped(body, start, match.start())
            if element[0] == element[1]:
                return None
            found.add(*element)
            start = match.end()
        if depth == 0:
            return found if token == b"]" and match.end() == within[1] else None
    return None

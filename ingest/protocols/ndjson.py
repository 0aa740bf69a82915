"""Cuts a JSON body into its events, whichever way the sender put them together.

Lines of JSON, one array, one object (on many lines too), or objects one behind the other; CRLF, blank lines and a byte
order mark are harmless. A text that is no JSON comes out as it is: the pipeline gives it its verdict.
"""

import re
from collections.abc import Sequence
from itertools import islice

import msgspec

from ingest.protocols.problems import TooManyEvents

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLANK = b" \t\r\n"
NEIGHBOURS = re.compile(rb"\}[ \t]*+\{")  # two objects in one line

# msgspec makes 70 bytes of object for an element of 2 bytes, so arrays with more commas are cut by the scanner.
MAX_COMMAS_AT_ONCE = 1_000_000
MAX_TOKENS = 5_000_000  # what the scanner looks at before it gives up: about a second

LINE = re.compile(rb"[^\s][^\r\n]*")
STRING = rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"'
BRACKETS = re.compile(STRING + rb'|[{}\[\]"]')
BRACKETS_AND_COMMAS = re.compile(STRING + rb'|[{}\[\],"]')

_elements = msgspec.json.Decoder(list[msgspec.Raw])


def decode(body: bytes, most: int) -> Sequence[bytes]:
    """The texts of the body's events in their order. Raises TooManyEvents if they are more than `most`."""
    text = body.removeprefix(BYTE_ORDER_MARK).strip(BLANK)
    if not text:
        return ()
    if text.startswith(b"["):
        found = _array(text, most)
    elif _is_one_object_a_line(text):
        found = _lines(text, most)
    else:
        found = _objects(text, most)
    if found is None:
        found = [line[0] for line in islice(LINE.finditer(text), most + 1)]  # there may be as many as bytes
    if len(found) > most:
        raise TooManyEvents
    return found


def _lines(text: bytes, most: int) -> list[bytes]:
    """All lines. They are counted first: 20 million tiny ones are 64 MiB as a text, and 1.3 GiB as a list."""
    if text.count(b"\n") >= most:
        raise TooManyEvents
    return text.split(b"\n")


def _is_one_object_a_line(text: bytes) -> bool:
    """Whether every line begins with { and ends with } and holds no two objects, counted without looking at each."""
    if not (text.startswith(b"{") and text.endswith(b"}")):
        return False
    lines = text.count(b"\n") + 1
    seams = text.count(b"}\n{") + (text.count(b"}\r\n{") if b"\r" in text else 0)
    if lines != seams + 1:
        return False
    return text.count(b"{") == lines or NEIGHBOURS.search(text) is None


def _array(text: bytes, most: int) -> list[bytes] | None:
    """The elements of an array; None if the text is not one array and nothing else."""
    if text.count(b",") <= MAX_COMMAS_AT_ONCE:
        try:
            return [bytes(element) for element in _elements.decode(text)]
        except (msgspec.MsgspecError, RecursionError):
            pass  # NaN and half a surrogate are mended event by event, so the array is cut without understanding it
    return _scanned_array(text, most)


def _objects(text: bytes, most: int) -> list[bytes] | None:
    """The objects that stand one behind the other; None if there is anything else, or an end is missing."""
    found: list[bytes] = []
    depth = end = start = tokens = 0
    for match in BRACKETS.finditer(text):
        token, tokens = match.group(), tokens + 1
        if tokens > MAX_TOKENS or token == b'"':
            return None
        if token in b"{[":
            if depth == 0:
                start = match.start()
                if token == b"[" or text[end:start].strip(BLANK):
                    return None
            depth += 1
        elif token in b"}]":
            depth -= 1
            if depth < 0:
                return None
            if depth == 0:
                end = match.end()
                found.append(text[start:end])
                if len(found) > most:
                    raise TooManyEvents
    return found if depth == 0 and not text[end:].strip(BLANK) else None


def _scanned_array(text: bytes, most: int) -> list[bytes] | None:
    found: list[bytes] = []
    depth, start, tokens = 0, 1, 0
    for match in BRACKETS_AND_COMMAS.finditer(text):
        token, tokens = match.group(), tokens + 1
        if tokens > MAX_TOKENS or token == b'"':
            return None
        if token in b"{[":
            depth += 1
        elif token in b"}]":
            depth -= 1
        if (depth == 1 and token == b",") or depth == 0:
            found.append(text[start : match.start()].strip(BLANK))
            start = match.end()
            if len(found) > most:
                raise TooManyEvents
        if depth == 0:
            whole = token == b"]" and match.end() == len(text)
            return found if whole and b"" not in found else None
    return None

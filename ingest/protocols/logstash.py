"""From what senders of Logstash write to our own event: python-logstash of versions 0 and 1, python-logstash-async,
JSON lines of others, and plain text. docs/protocols/logstash.md says what becomes of each key.

structlog's events come as the repr() of a dict inside `message` where the handler has no formatter of structlog's: they
are taken apart again.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from ingest import limits
from ingest.flagged import flagged
from ingest.moment import moment_of
from ingest.outcome import Unacceptable
from ingest.protocols import ndjson
from ingest.protocols.ndjson import Text
from ingest.python_repr import read_dict
from ingest.repair import repair

log = logging.getLogger(__name__)

OUR_NAMES: Mapping[str, str] = {
    "@timestamp": "timestamp",
    "@message": "message",
    "@source_host": "host",
    "@source_path": "source_path",
    "@tags": "tags",
    "@type": "type",
    "levelname": "level",
    "logger_name": "logger",
    "path": "source_path",  # of the file that logged, where structlog's events have the path of a URL
    "stack_trace": "exception",
}
SAYS_NOTHING = frozenset(("@version", "@source", "_logger", "_name"))  # @source is type, host and path once more
NESTED = (
    "@fields",
    "extra",
)  # what python-logstash of version 0, and python-logstash-async, put the record's extras into
SAME_THING_TWICE = frozenset(("timestamp", "level"))
NAMES = ("event", "message", "msg")
WITH_ZONE = re.compile(r"(?:[Zz]|UTC|[+-][0-9]{2}:?[0-9]{2})\s*\Z")
SHOWN_CHARACTERS = 200  # of a line that is too long, as its event's name

_decode = msgspec.json.Decoder(float_hook=lambda number: msgspec.Raw(number.encode())).decode
_encode = msgspec.json.Encoder().encode


def decode(body: bytes, most: int) -> Iterator[Sequence[Text]]:
    """The events of a body, in portions: JSON in any of the ways of ndjson. Raises TooManyEvents.

    What is no JSON object stays as it is: the pipeline gives it its verdict.
    """
    return ([_translated(text) or text for text in texts] for texts in ndjson.decode(body, most))


def from_line(line: bytes, *, is_half: bool = False) -> bytes:
    """The event of a line or a datagram. Nobody is there to be told that it cannot be read, so every text becomes one.

    `is_half`: the connection ended within the line.
    """
    text = _translated(line) or _plain_text(line)
    notes = _Notes()
    if is_half:
        notes.flag("half_line")
    return flagged(text, notes.flags)


def from_beginning(beginning: bytes, size: int) -> bytes:
    """The event that stands for a line of `size` bytes, which was too long to be kept."""
    text, notes = beginning.decode(errors="replace"), _Notes()
    notes.flag("truncated")
    fields = {"event": text[:SHOWN_CHARACTERS], "truncated_text": text, "size_bytes": size}
    return flagged(_encode(fields), notes.flags)


class _Notes:
    """What is to be said of one event."""

    def __init__(self, flags: Iterable[str] = ()) -> None:
        self.flags = list(flags)

    def flag(self, name: str) -> None:
        self.flags.append(name)


def _plain_text(line: bytes) -> bytes:
    notes = _Notes()
    if line.lstrip()[:1] in (b"{", b"["):
        notes.flag("unreadable")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode(errors="replace")
        notes.flag("utf8")
    return flagged(_encode({"event": text}), notes.flags)


def _translated(text: Text) -> bytes | None:
    """The event of a text of JSON in our own keys; None if it is no object, or far too large to be kept."""
    if len(text) > limits.MAX_LINE_BYTES:
        return None
    try:
        return _strictly(text) or _mended(text)
    except Exception:  # a fault of ours costs this event its fields, and its neighbours nothing
        log.exception("An event could not be translated; it is kept as it was sent.")
        return None


def _strictly(text: Text) -> bytes | None:
    try:
        return _rewritten(_decode(text), _Notes())
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _mended(text: Text) -> bytes | None:
    """For what json.dumps writes beside JSON, such as NaN, and for what is nested too deeply."""
    try:
        sent, flags = repair(bytes(text))
        return _rewritten(sent, _Notes(flags))
    except (Unacceptable, msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _rewritten(sent: Any, notes: _Notes) -> bytes | None:
    return flagged(_encode(_event(sent, notes)), notes.flags) if type(sent) is dict else None


def _event(sent: dict[str, Any], notes: _Notes) -> dict[str, Any]:
    """An event in our own keys. One that has no key of Logstash's keeps those that it has."""
    outer = _renamed(sent) if "@timestamp" in sent else sent
    message = outer.get("message")
    if type(message) is not str or message[:1] != "{":
        return outer
    read = read_dict(message.strip())
    if read is None:
        return outer
    del outer["message"]
    inner = _joined(read.fields, outer)
    if not any(inner.get(name) for name in NAMES):
        inner["event"] = message
    elif not read.exact:
        inner.setdefault("source_message", message)
    if not read.exact:
        notes.flag("scanned")
    return inner


def _renamed(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of Logstash under the names that they have here, and what was nested one level up."""
    fields: dict[str, Any] = {}
    nested = []
    for name, value in sent.items():
        if name in NESTED and type(value) is dict:
            nested.append(value)
        elif name not in SAYS_NOTHING:
            fields[OUR_NAMES.get(name, name)] = value
    for inner in nested:
        for name, value in inner.items():
            if name not in SAYS_NOTHING:
                _add(fields, OUR_NAMES.get(name, name), value)
    if not fields.get("tags", True):
        del fields["tags"]
    return fields


def _joined(inner: dict[str, Any], outer: Mapping[str, Any]) -> dict[str, Any]:
    """The event that was inside of `message`, with what its record says besides."""
    if "timestamp" in outer and "timestamp" in inner and not _is_certain(inner["timestamp"]):
        inner["inner_timestamp"] = inner.pop("timestamp")
    for name, value in outer.items():
        if name not in inner or name not in SAME_THING_TWICE:
            _add(inner, name, value)
    return inner


def _add(fields: dict[str, Any], name: str, value: Any) -> None:
    """Adds a field whose name may be taken: then it is the source's."""
    if name not in fields:
        fields[name] = value
    elif fields[name] != value:
        fields.setdefault(f"source_{name}", value)


def _is_certain(stamp: Any) -> bool:
    """Whether a time can be read, and names its zone: else the record's own, of milliseconds, is the better one."""
    if type(stamp) is str and stamp[-1:] == "Z":
        return moment_of(stamp) is not None
    if type(stamp) is msgspec.Raw:
        stamp = Decimal(bytes(stamp).decode())
    if type(stamp) is str and not WITH_ZONE.search(stamp):
        return False
    return moment_of(stamp) is not None

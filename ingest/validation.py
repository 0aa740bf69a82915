"""From the text of one event to a Draft: decodes, takes out what has a column of its own, checks every limit.

The common event is decoded strictly and once. Whatever looks odd to cheap checks (other counts of keys than decoded
ones, escapes that Postgres refuses, numbers beyond a double) goes through ingest.repair, which is slow and right.
"""

import contextlib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import msgspec

from ingest import limits
from ingest.moment import moment_of
from ingest.outcome import Unacceptable
from ingest.repair import clean_text, exact_number, repair, shortened
from logviewer.store.event import Event, Level, level_from, level_name

ANY_SERVICE = "*"
LONG_NUMBER = 30
LONG_RUN = b"a" * 16
TOO_LONG_INTEGER = re.compile(rb"(?<![0-9])[0-9]{%d}" % (limits.MAX_NUMBER_CHARACTERS + 1))
MOST_BYTES_OF_CHARACTER = 12  # two escapes
STUB_COLUMN_BYTES = MOST_BYTES_OF_CHARACTER * (limits.STUB_COLUMN_CHARACTERS + 2)
ABSENT = msgspec.Raw(b"null")
MAX_REMEMBERED_KEYS = 20_000
MAX_REMEMBERED_WORDS = 1000


def number_as_sent(text: str) -> msgspec.Raw:
    """Floats are not computed with: they reach the store as they were written."""
    if len(text) > LONG_NUMBER or "e" in text or "E" in text:
        number = exact_number(text)
        if isinstance(number, str):
            raise ValueError("a number for repair")
        return number
    return msgspec.Raw(text.encode())


LETTERS_AND_DIGITS = bytes(ord("a") if bytes([byte]).isalnum() else ord(" ") for byte in range(256))


def has_long_run(text: bytes) -> bool:
    """Whether 16 ASCII letters and digits stand in a row: all tokens do so, most other text does not."""
    return LONG_RUN in text.translate(LETTERS_AND_DIGITS)


decode = msgspec.json.Decoder(float_hook=number_as_sent).decode  # one event, strictly
_encode = msgspec.json.Encoder().encode
LEVELS_AS_WRITTEN = {  # in most events: the words that are the levels' own names
    word: level.value for level in Level for word in (level.name.lower(), level.name, level.name.title())
}
_short_keys: set[str] = set()  # keys seen that are within the limit: one set operation instead of a loop


@dataclass(frozen=True, slots=True)
class Policy:
    """What the key of a batch says about its events, and the times that are believed."""

    service: str = ANY_SERVICE  # ANY_SERVICE: the event's own, else default_service
    default_service: str = "unknown"
    properties: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    retention: timedelta = timedelta(days=30)
    shift: timedelta | None = None  # added to every time: imports of old files


class Draft(msgspec.Struct):
    """An event that is not sealed yet: redaction may still change it. `fields` become the event's data."""

    time: datetime
    level: int
    service: str
    event: str
    logger: str
    request_id: str | None
    cohort_id: str | None
    fields: dict[str, Any]
    meta: dict[str, Any]
    flat: bool  # no value of `fields` holds keys
    long_run: bool  # the text may hold LONG_RUN letters and digits in a row, as tokens do
    mended: bool  # text of JSON may stand in it: a part that was too deep or too large, or an object as a column
    misdated: bool = False  # its time was not believed

    def flag(self, name: str) -> None:
        flags = self.meta.setdefault("flags", [])
        if name not in flags:
            flags.append(name)

    def sealed(self) -> Event:
        return Event(
            self.time,
            self.level,
            self.service,
            self.event,
            self.logger,
            self.request_id,
            self.cohort_id,
            _encode(self.fields).decode(),
            _encode(self.meta).decode() if self.meta else None,
        )


class _Head(msgspec.Struct):
    """What is read of an event that is too large to keep. Raw is a view of its text: any of them may have 64 MiB."""

    timestamp: msgspec.Raw = ABSENT
    level: msgspec.Raw = ABSENT
    event: msgspec.Raw = ABSENT
    logger: msgspec.Raw = ABSENT
    service: msgspec.Raw = ABSENT
    request_id: msgspec.Raw = ABSENT
    cohort_id: msgspec.Raw = ABSENT


_decode_head = msgspec.json.Decoder(_Head).decode
_decode_plain = msgspec.json.Decoder(str | int | float | None).decode


def _head(text: bytes | memoryview) -> dict[str, Any]:
    """The texts and numbers in an event's head."""
    try:
        head = _decode_head(text)
        found = {name: _plain_value(getattr(head, name)) for name in head.__struct_fields__}
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    return {name: value for name, value in found.items() if value is not None}


def _plain_value(sent: msgspec.Raw) -> Any:
    """A text's first characters, or a number as it is stored. Raises MsgspecError or ValueError if it is neither."""
    view = memoryview(sent)
    value = _decode_plain(view) if len(view) <= STUB_COLUMN_BYTES else _beginning(bytes(view[:STUB_COLUMN_BYTES]))
    if isinstance(value, str):
        return clean_text(value)[: limits.STUB_COLUMN_CHARACTERS]
    return msgspec.Raw(_encode(value)) if isinstance(value, float) else value


def _beginning(cut: bytes) -> Any:
    """The text that `cut` is the beginning of. It may end within a character: then a few bytes less can be decoded."""
    for excess in range(MOST_BYTES_OF_CHARACTER):
        with contextlib.suppress(ValueError):
            return _decode_plain(cut[: len(cut) - excess] + b'"')
    raise ValueError("no text")


class Validator:
    """Makes drafts of the events of one batch, all received at `received`."""

    def __init__(self, policy: Policy, received: datetime | None = None) -> None:
        self.policy = policy
        self.received = received or datetime.now(UTC)
        self.earliest = self.received - policy.retention
        self.latest = self.received + timedelta(seconds=limits.MAX_FUTURE_S)
        # What is stored for a service that needs no remark; "" is an event's that names none.
        self._plain_services = {"": policy.default_service if policy.service == ANY_SERVICE else policy.service}
        self._plain_services.setdefault(policy.service, policy.service)

    def read(self, text: bytes | memoryview) -> Draft:
        """The draft of the event in `text`. Raises Unacceptable if it is not a JSON object."""
        if len(text) > limits.MAX_EVENT_BYTES or isinstance(text, memoryview):
            return self._stub(text)
        try:
            fields = decode(text)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return self._repaired(text)
        if type(fields) is not dict:
            raise Unacceptable("not_an_object")
        flat = text.count(b"{") == 1 and text.count(b'":') == len(fields) and text.count(b"[") < limits.MAX_DEPTH
        long_run = has_long_run(text)
        if (
            not (_small(fields) if flat else _in_bounds(fields, text))
            or (b"\\" in text and b"\\u0000" in text)
            or (long_run and TOO_LONG_INTEGER.search(text))
        ):
            return self._repaired(text)
        return self._draft(fields, {}, flat=flat, long_run=long_run)

    def _repaired(self, text: bytes) -> Draft:
        fields, flags = repair(text)
        return self._draft(fields, {"flags": flags} if flags else {}, mended=True)

    def _stub(self, text: bytes | memoryview) -> Draft:
        """Stands for an event that is too large: what its head says, and the beginning of its text."""
        beginning = bytes(text[: limits.STUB_TEXT_BYTES])
        if not beginning.lstrip().startswith(b"{"):
            raise Unacceptable("not_an_object")
        fields = _head(text)
        fields["truncated_text"] = clean_text(beginning.decode(errors="replace"))
        fields["size_bytes"] = len(text)
        fields["sha256"] = hashlib.sha256(text).hexdigest()
        return self._draft(fields, {"flags": ["truncated"]}, mended=True)

    def _draft(
        self,
        fields: dict[str, Any],
        meta: dict[str, Any],
        *,
        flat: bool = False,
        long_run: bool = True,
        mended: bool = False,
    ) -> Draft:
        if self.policy.properties:
            fields.update({**self.policy.properties, **fields})
        take = fields.pop
        stamp, word, service = take("timestamp", None), take("level", None), take("service", None)
        name, logger = take("event", None), take("logger", None)
        if name is None:
            name = take("message", None)
            if name is None:
                name = take("msg", None)
        if not flat and _holds_keys(stamp, word, service, name, logger):
            mended = True
        draft = Draft(
            self.received,
            0,
            self.policy.service,
            name if type(name) is str else _as_text(name),
            logger if type(logger) is str else _as_text(logger),
            None,
            None,
            fields,
            meta,
            flat,
            long_run,
            mended,
        )
        if "request_id" in fields:
            draft.request_id = _identifier(draft, "request_id")
        if "cohort_id" in fields:
            draft.cohort_id = _identifier(draft, "cohort_id")
        if type(word) is str and word in LEVELS_AS_WRITTEN:
            draft.level = LEVELS_AS_WRITTEN[word]
        else:
            _set_level(draft, word)
        if type(service) is str and service in self._plain_services:
            draft.service = self._plain_services[service]
        else:
            self._set_service(draft, service)
        if stamp is not None:
            self._set_time(draft, stamp)
        return draft

    def _set_time(self, draft: Draft, stamp: Any) -> None:
        moment = moment_of(Decimal(bytes(stamp).decode()) if type(stamp) is msgspec.Raw else stamp)
        if stamp == 0:
            return  # how some senders write that they know no time
        if moment is not None and self.policy.shift is not None:
            draft.meta["time"] = _as_text(stamp)
            try:
                moment += self.policy.shift
            except OverflowError:
                moment = None
        if moment is not None and self.earliest <= moment <= self.latest:
            draft.time = moment
            return
        draft.meta["time"] = _as_text(stamp)
        draft.misdated = True
        draft.flag("clock")

    def _set_service(self, draft: Draft, service: Any) -> None:
        fixed = self.policy.service
        if service == fixed and fixed != ANY_SERVICE:
            return
        own = service if type(service) is str else _as_text(service)
        if fixed != ANY_SERVICE:
            if own:
                draft.meta["service"] = own
            return
        plain = self.plain_service(own)
        if plain is None:
            draft.meta["service"] = own
            plain = shortened(own.strip(), limits.MAX_SERVICE_CHARACTERS) or self.policy.default_service
        draft.service = plain

    def plain_service(self, own: str) -> str | None:
        """What is stored for the service that an event names itself; None if that needs a remark."""
        stored = self._plain_services.get(own)
        if stored is None and self.policy.service == ANY_SERVICE and len(own) <= limits.MAX_SERVICE_CHARACTERS:
            stored = own.strip() or self.policy.default_service
            if len(self._plain_services) < MAX_REMEMBERED_WORDS:
                self._plain_services[own] = stored
        return stored


def _holds_keys(*values: Any) -> bool:
    """Whether a value that becomes a column's text is an object or a list: its keys become text with it."""
    return any(type(value) is dict or type(value) is list for value in values)


def _small(fields: dict[str, Any]) -> bool:
    """Whether a flat event has few enough and short enough keys."""
    return len(fields) <= limits.MAX_KEYS and (_short_keys.issuperset(fields) or _all_short(fields))


def _all_short(keys: Mapping[str, Any]) -> bool:
    if any(len(key) > limits.MAX_KEY_CHARACTERS for key in keys):
        return False
    if len(_short_keys) > MAX_REMEMBERED_KEYS:
        _short_keys.clear()
    _short_keys.update(keys)
    return True


def _in_bounds(fields: dict[str, Any], text: bytes) -> bool:
    """Whether a nested event keeps the limits and has no key twice. Goes level by level, never by recursion."""
    keys, depth = 0, 0
    level: list[Any] = [fields]
    while level:
        depth += 1
        if depth > limits.MAX_DEPTH:
            return False
        inner: list[Any] = []
        for container in level:
            children = container
            if type(container) is dict:
                if not _small(container):
                    return False
                keys += len(container)
                children = container.values()
            inner += [child for child in children if type(child) is dict or type(child) is list]
        level = inner
    return keys == text.count(b'":')


def _identifier(draft: Draft, name: str) -> str | None:
    """The text of an id for its column. What cannot be an id stays in the fields, a long one too."""
    value = draft.fields[name]
    if type(value) is dict or type(value) is list:
        return None
    text = value if type(value) is str else _as_text(value)
    if len(text) <= limits.MAX_ID_CHARACTERS:
        del draft.fields[name]
        return text or None
    draft.flag("long_id")
    return shortened(text, limits.MAX_ID_CHARACTERS)


def _as_text(value: Any) -> str:
    """A column's text for a value that is not one: JSON, and nothing for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else _encode(value).decode()


def _set_level(draft: Draft, word: Any) -> None:
    """Sets the level that a rarer word means, and keeps the word if it says more than the level's name."""
    if word is None or word == "":
        draft.level = Level.INFO.value
        return
    text = _as_text(word)
    level, understood = level_from(word if type(word) is bool else _number_in(text))
    draft.level = level.value
    if not understood:
        draft.meta["level"] = text
        draft.flag("level")
    elif text.strip().lower() not in (level_name(level), str(level.value)):
        draft.meta["level"] = text


def _number_in(word: str) -> str | int:
    """A level's number sent with a fraction ("30.0") as a number; every other word as it is."""
    try:
        return int(Decimal(word)) if "." in word and len(word) < 8 else word
    except (ArithmeticError, ValueError):
        return word

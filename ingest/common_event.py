"""The quick way from text to Event, for the common event: one that is stored as it was sent.

What is not surely so is left to the careful way (validation, repair, redaction), which makes the same of the events
that are taken here, in three times the time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ingest import limits
from ingest.moment import moment_of
from ingest.redaction import Screen, is_harmless_key
from ingest.validation import LEVELS_AS_WRITTEN, Validator, decode
from logviewer.store.event import Event

CANONICAL = "2026-11-23T10:02:03.123456Z"  # what structlog writes, and Postgres reads as we do
MAX_REMEMBERED_KEYS = 20_000

_encode = msgspec.json.Encoder().encode
_plain_keys: set[str] = set()  # keys seen that are short and harmless: one set operation instead of a loop


class CommonEvents:
    """Reads the common ones among `texts`, of which one that is too large stands alone."""

    def __init__(self, validator: Validator, texts: Sequence[bytes | memoryview]) -> None:
        self._validator = validator
        self._properties = validator.policy.properties
        self._may_be_common = validator.policy.shift is None and not _holds_container(self._properties)
        self._texts = [text for text in texts if isinstance(text, bytes)]
        self._screen = Screen(self._texts)

    def read(self, place: int) -> Event | None:
        """The event in the text at `place`, or None if it needs care."""
        if not self._may_be_common or place >= len(self._texts):
            return None
        text = self._texts[place]
        if len(text) > limits.MAX_EVENT_BYTES or not self._screen.clears(place, text):
            return None
        try:
            fields = decode(text)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        if type(fields) is not dict or not self._is_plain(fields, text):
            return None
        return self._event(fields)

    def _is_plain(self, fields: dict[str, Any], text: bytes) -> bool:
        """Whether all of it can be stored as it is. Adds the key's properties, which have to be plain, too."""
        if len(fields) != text.count(b'":') or len(fields) > limits.MAX_KEYS:
            return False  # keys within a value, or one that stands twice
        if (text.find(b"{", 1) >= 0 or b"[" in text) and _holds_container(fields):
            return False
        if self._properties:
            fields.update({**self._properties, **fields})
        return _plain_keys.issuperset(fields) or _are_plain(fields)

    def _event(self, fields: dict[str, Any]) -> Event | None:
        """The event of plain fields, or None if a column needs a remark in its meta."""
        take, validator = fields.pop, self._validator
        word, service, name, logger = (
            take("level", "info"),
            take("service", ""),
            take("event", None),
            take("logger", ""),
        )
        if name is None:
            name = take("message", None)
            if name is None:
                name = take("msg", "")
        if not (type(word) is type(service) is type(name) is type(logger) is str):
            return None
        level, service = LEVELS_AS_WRITTEN.get(word), validator.plain_services.get(service)
        if level is None or service is None:
            return None
        request_id, cohort_id = take("request_id", None), take("cohort_id", None)
        if type(cohort_id) is int:
            cohort_id = str(cohort_id)
        if not (_is_identifier(request_id) and _is_identifier(cohort_id)):
            return None
        stamp = take("timestamp", None)
        time, time_text = (validator.received, None) if stamp is None else _time(stamp)
        if time is None or not validator.earliest <= time <= validator.latest:
            return None
        data = _encode(fields).decode()
        return Event(time, level, service, name, logger, request_id or None, cohort_id or None, data, None, time_text)


def _time(stamp: Any) -> tuple[datetime | None, str | None]:
    """The moment that `stamp` means, and its text if it is canonical."""
    if type(stamp) is not str:
        return None, None
    if len(stamp) != len(CANONICAL) or stamp[4:20:3] != "--T::." or stamp[-1] != "Z":
        return moment_of(stamp), None
    try:
        return datetime.fromisoformat(stamp), stamp
    except ValueError:
        return None, None


def _is_identifier(value: Any) -> bool:
    return value is None or (type(value) is str and len(value) <= limits.MAX_ID_CHARACTERS)


def _holds_container(fields: Mapping[str, Any]) -> bool:
    return any(type(value) is dict or type(value) is list for value in fields.values())


def _are_plain(keys: Iterable[str]) -> bool:
    if any(len(key) > limits.MAX_KEY_CHARACTERS or not is_harmless_key(key) for key in keys):
        return False
    if len(_plain_keys) > MAX_REMEMBERED_KEYS:
        _plain_keys.clear()
    _plain_keys.update(keys)
    return True

"""The table of contents of ingest: decode, validate, redact, write. The order of the steps stands here only."""

import hashlib
import logging
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import compress
from typing import Any
from uuid import UUID

import msgspec

from ingest import limits
from ingest.body import Body
from ingest.common_event import CommonEvents, common_events, none_in_common
from ingest.flagged import Flagged, with_flags
from ingest.outcome import Outcome, Refusal, Rejected, Rejections, Unacceptable
from ingest.protocols import PROTOCOLS, Text, TooManyEvents
from ingest.protocols.ndjson import PORTION_BYTES
from ingest.redaction import redact
from ingest.validation import Policy, Validator
from logviewer.store import writer
from logviewer.store.columns import Columns
from logviewer.store.event import Event, level_name
from logviewer.store.event_buffer import EventBuffer
from logviewer.store.group_commit import GroupCommit
from logviewer.store.portions import portions

log = logging.getLogger(__name__)

_small_batches = GroupCommit()


@dataclass(frozen=True, slots=True)
class Source:
    """Who sends: the key's public id ("" for imports), its scope, and what it says about its events."""

    key: str
    policy: Policy = field(default_factory=Policy)
    min_level: int | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A body's events, ready to be stored, and the verdicts on all of them."""

    events: Sequence[Event]
    outcome: Outcome
    count: int  # of all events, also those that are rejected
    breaks_off: bool  # the last one has no end
    misdated: int = 0  # events with a time that is not believed: they have the time of receipt


def accept(
    body: Body, source: Source, *, protocol: str = "ndjson", idempotency_key: UUID | None = None
) -> dict[str, Any]:
    """Stores the events of `body` and returns the answer. When it returns, they are on disk.

    Raises Refusal if nothing was stored, and what logviewer.store.writer.write raises.
    """
    read = read_events(decode(body, protocol), source)
    _refuse_unreadable(read, body)
    content_hash = hashlib.sha256(body.text).digest()
    del body  # it may have 64 MiB, and is not needed while the events are written
    return store(read, source, content_hash=content_hash, idempotency_key=idempotency_key)


def preview(body: Body, source: Source, *, protocol: str = "ndjson") -> bytes:
    """The answer to a dry run, as JSON: each event as it would be stored. Stores nothing."""
    read = read_events(decode(body, protocol), source)
    _refuse_unreadable(read, body)
    events = [_shown(index, event) for index, event in zip(read.outcome.indexes, read.events, strict=True)]
    return msgspec.json.encode({**read.outcome.answer(), "dry_run": True, "events": events})


def decode(body: Body, protocol: str) -> Iterator[Sequence[Text]]:
    """The texts of the body's events, in portions. Raises Refusal 413."""
    try:
        return PROTOCOLS[protocol](body.text, limits.MAX_EVENTS)
    except TooManyEvents:
        raise Refusal(
            413,
            f"The body holds more than {limits.MAX_EVENTS} events.",
            "Nothing was stored. Send them in smaller batches.",
        ) from None


def read_events(parts: Iterable[Sequence[Text]], source: Source) -> Read:
    """Validates and redacts: each event by itself, so that a bad one never hurts its neighbours."""
    reader = _Reader(source)
    for texts in parts:
        reader.read(texts)
    return reader.all()


def in_portions(texts: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Texts as read_events takes them."""
    return (texts[part] for part in portions(map(len, texts), PORTION_BYTES))


class _Reader:
    """Collects the events of one body, and the verdicts on them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._validator = Validator(source.policy)
        self._events = EventBuffer()
        self._indexes = array("L")
        self._rejected = Rejections()
        self._below_level = self._misdated = self._count = 0
        self._breaks_off = False

    def read(self, texts: Sequence[Text]) -> None:
        """The next texts. One that is too large stands alone."""
        common = self._common(texts)
        columns, keep = common.columns, [True] * len(texts)
        for place in common.odd:
            event = self._careful(self._count + place, texts[place])
            keep[place] = event is not None
            if event is not None:
                columns.put(place, event)
        self._leave_out_below_level(columns, keep)
        places: Iterable[int] = range(self._count, self._count + len(texts))
        kept_texts: Iterable[Text] = texts
        if not all(keep):
            columns, places, kept_texts = columns.kept(keep), compress(places, keep), compress(texts, keep)
        if Flagged in set(map(type, texts)):
            _set_flags(columns, kept_texts)
        self._indexes.extend(places)
        self._events.add(columns, sum(map(len, texts)))
        self._count += len(texts)
        self._breaks_off = self._has_no_end(texts[-1])

    def _has_no_end(self, last: Text) -> bool:
        """Of the last event so far. One that is too large is never rejected, so its last byte is looked at."""
        if last[:1] != b"{":
            return False
        return last[-1:] != b"}" or self._rejected[-1:] == [Rejected(self._count - 1, "not_json")]

    def _common(self, texts: Sequence[Text]) -> CommonEvents:
        try:
            return common_events(self._validator, texts)
        except Exception:  # a fault of ours costs time, never an event
            log.exception("Events of key %s could not be read together; each is read alone.", self._source.key)
            return none_in_common(texts)

    def _careful(self, index: int, text: Text) -> Event | None:
        """The event in `text`, or None if it is rejected: then the verdict is noted."""
        try:
            draft = self._validator.read(text)
            redact(draft, text)
            self._misdated += draft.misdated
            return draft.sealed()
        except Unacceptable as verdict:
            self._rejected.add(index, verdict.reason)
        except Exception:  # a fault of ours costs this event, never its neighbours
            log.exception("An event of key %s could not be read; it was rejected alone.", self._source.key)
            self._rejected.add(index, "internal")
        return None

    def _leave_out_below_level(self, columns: Columns, keep: list[bool]) -> None:
        if self._source.min_level is None:
            return
        for place, level in enumerate(columns.levels):
            if keep[place] and level < self._source.min_level:
                keep[place] = False
                self._below_level += 1

    def all(self) -> Read:
        outcome = Outcome(self._indexes, self._rejected, self._below_level, self._source.min_level)
        return Read(self._events, outcome, self._count, self._breaks_off, self._misdated)


def _set_flags(columns: Columns, texts: Iterable[Text]) -> None:
    """Notes in the events' meta what their protocol had to say about them."""
    for place, (event, text) in enumerate(zip(columns, texts, strict=True)):
        if isinstance(text, Flagged):
            columns.put(place, with_flags(event, text.flags))


def store(read: Read, source: Source, *, content_hash: bytes, idempotency_key: UUID | None) -> dict[str, Any]:
    """Writes the events and returns the answer: this batch's own, or that of the batch it repeats."""
    if not read.events and read.outcome.rejected:
        return read.outcome.answer()  # of a body of rejected events nothing is remembered: it will be sent mended
    batch = writer.Batch(
        service=source.policy.service,
        key=source.key,
        idempotency_key=idempotency_key,
        content_hash=content_hash,
        make_answer=partial(_answer, read.outcome, source.policy.shift),
    )
    written = _small_batches.write(read.events, batch)
    return {**written.answer, "duplicate": True} if written.duplicate else written.answer


def _answer(outcome: Outcome, shift: timedelta | None, refused: Sequence[int]) -> dict[str, Any]:
    """What the ledger keeps; of imports also the shift, so that one that was killed goes on with it."""
    answer = outcome.answer(refused)
    return answer if shift is None else {**answer, "shift_us": shift // timedelta(microseconds=1)}


def _refuse_unreadable(read: Read, body: Body) -> None:
    """Raises Refusal 400 if nothing in the body was JSON, or if the connection ended inside its last event."""
    rejected = read.outcome.rejected
    if rejected and len(rejected) == read.count and all(one.reason == "not_json" for one in rejected):
        raise Refusal(
            400,
            "Nothing in the body is JSON.",
            'Nothing was stored. Send objects like {"event":"hello"}, one a line or in an array.',
        )
    if not body.end_is_certain and read.breaks_off:
        raise Refusal(
            400,
            "The body ends within an event: the connection was probably cut.",
            "Nothing was stored. Send the whole batch again, with a Content-Length.",
        )


def _shown(index: int, event: Event) -> dict[str, Any]:
    """An event of a dry run. The JSON in it goes through as text, so that numbers stay exact."""
    return {
        "index": index,
        "time": event.time.isoformat().replace("+00:00", "Z"),
        "level": level_name(event.level),
        "service": event.service,
        "event": event.event,
        "logger": event.logger,
        "request_id": event.request_id,
        "cohort_id": event.cohort_id,
        "data": msgspec.Raw(event.data.encode()),
        "meta": None if event.meta is None else msgspec.Raw(event.meta.encode()),
    }

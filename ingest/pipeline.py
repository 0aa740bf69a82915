"""The table of contents of ingest: decode, validate, redact, write. The order of the steps stands here only."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from ingest import limits
from ingest.body import Body
from ingest.common_event import CommonEvents
from ingest.outcome import Outcome, Refusal, Rejected, Unacceptable
from ingest.protocols import PROTOCOLS, TooManyEvents
from ingest.redaction import redact
from ingest.validation import Policy, Validator
from logviewer.store import writer
from logviewer.store.event import Event, level_name
from logviewer.store.group_commit import GroupCommit
from logviewer.store.portions import portions

log = logging.getLogger(__name__)

_small_batches = GroupCommit()
SCREENED_BYTES = 256 * 1024  # of events together: they fit into a processor's cache


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
    misdated: int = 0  # events with a time that is not believed: they have the time of receipt


def accept(
    body: Body, source: Source, *, protocol: str = "ndjson", idempotency_key: UUID | None = None
) -> dict[str, Any]:
    """Stores the events of `body` and returns the answer. When it returns, they are on disk.

    Raises Refusal if nothing was stored, and what logviewer.store.writer.write raises.
    """
    texts = decode(body, protocol)
    read = read_events(texts, source)
    _refuse_unreadable(read.outcome, texts, body)
    return store(read, source, content_hash=hashlib.sha256(body.text).digest(), idempotency_key=idempotency_key)


def preview(body: Body, source: Source, *, protocol: str = "ndjson") -> bytes:
    """The answer to a dry run, as JSON: each event as it would be stored. Stores nothing."""
    texts = decode(body, protocol)
    read = read_events(texts, source)
    _refuse_unreadable(read.outcome, texts, body)
    events = [_shown(index, event) for index, event in zip(read.outcome.indexes, read.events, strict=True)]
    return msgspec.json.encode({**read.outcome.answer(), "dry_run": True, "events": events})


def decode(body: Body, protocol: str) -> Sequence[bytes]:
    """The texts of the body's events. Raises Refusal 413."""
    try:
        return PROTOCOLS[protocol](body.text, limits.MAX_EVENTS)
    except TooManyEvents:
        raise Refusal(
            413,
            f"The body holds more than {limits.MAX_EVENTS} events.",
            "Nothing was stored. Send them in smaller batches.",
        ) from None


def read_events(texts: Sequence[bytes], source: Source) -> Read:
    """Validates and redacts: each event by itself, so that a bad one never hurts its neighbours."""
    validator = Validator(source.policy)
    events: list[Event] = []
    indexes: list[int] = []
    rejected: list[Rejected] = []
    below_level = misdated = 0
    for part in portions(map(len, texts), SCREENED_BYTES):
        common = CommonEvents(validator, texts[part])
        for index, text in enumerate(texts[part], part.start):
            try:
                event = common.read(index - part.start)
                if event is None:
                    draft = validator.read(text)
                    redact(draft, text)
                    misdated += draft.misdated
                    event = draft.sealed()
                if source.min_level is not None and event.level < source.min_level:
                    below_level += 1
                    continue
                events.append(event)
                indexes.append(index)
            except Unacceptable as verdict:
                rejected.append(Rejected(index, verdict.reason))
            except Exception:  # a fault of ours costs this event, never its neighbours
                log.exception("An event of key %s could not be read; it was rejected alone.", source.key)
                rejected.append(Rejected(index, "internal"))
    return Read(events, Outcome(indexes, rejected, below_level, source.min_level), misdated)


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


def _refuse_unreadable(outcome: Outcome, texts: Sequence[bytes], body: Body) -> None:
    """Raises Refusal 400 if nothing in the body was JSON, or if the connection ended inside its last event."""
    rejected = outcome.rejected
    if rejected and len(rejected) == len(texts) and all(one.reason == "not_json" for one in rejected):
        raise Refusal(
            400,
            "Nothing in the body is JSON.",
            'Nothing was stored. Send objects like {"event":"hello"}, one a line or in an array.',
        )
    if not body.end_is_certain and _breaks_off(rejected, texts):
        raise Refusal(
            400,
            "The body ends within an event: the connection was probably cut.",
            "Nothing was stored. Send the whole batch again, with a Content-Length.",
        )


def _breaks_off(rejected: Sequence[Rejected], texts: Sequence[bytes]) -> bool:
    """Whether the last event has no end. One that is too large is never rejected, so its last byte is looked at."""
    if not texts or not texts[-1].startswith(b"{"):
        return False
    return not texts[-1].endswith(b"}") or rejected[-1:] == [Rejected(len(texts) - 1, "not_json")]


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

"""From stored events to what a template writes: rows, the opened event, how much of all is shown. Asks nothing."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.http import QueryDict

from logviewer.query.events import EventPage, StoredEvent
from logviewer.query.histogram import Histogram
from logviewer.query.language.values import is_own_key
from logviewer.query.story import RequestStory
from logviewer.viewer.addresses import (
    around_address,
    event_address,
    request_address,
    with_value,
    without_value,
)
from logviewer.viewer.chips import Chip, chips_of
from logviewer.viewer.event_fields import MOST_FIELDS, Field, fields_of, is_traceback, traceback_verdict
from logviewer.viewer.meta_words import notes_of, sent_words


@dataclass(frozen=True, slots=True)
class Row:
    event: StoredEvent
    address: str
    request_address: str
    chips: Sequence[Chip]


def rows_of(events: Sequence[StoredEvent]) -> list[Row]:
    return [
        Row(
            event,
            event_address(event.time, event.id),
            request_address(event.request_id) if event.request_id else "",
            chips,
        )
        for event, chips in zip(events, chips_of(events), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Value:
    """A field of the opened event with the searches for and against its value."""

    field: Field
    only: str = ""
    without: str = ""


@dataclass(frozen=True, slots=True)
class Traceback:
    path: str
    text: str
    verdict: str

    @property
    def parts(self) -> tuple[str, str, str]:
        """The text before the verdict, the verdict, the text after it."""
        return self.text.rpartition(self.verdict) if self.verdict else (self.text, "", "")


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything of one event."""

    event: StoredEvent
    address: str
    request_address: str
    around_address: str
    own: Sequence[Value]
    tracebacks: Sequence[Traceback]
    values: Sequence[Value]
    left_out: int
    notes: Sequence[str]
    sent: Sequence[tuple[str, str]]
    json: str


def detail_of(event: StoredEvent, parameters: QueryDict) -> Detail:
    """The opened event; its links narrow the search in `parameters`."""
    fields = fields_of(event.data)
    shown = list(islice(fields, MOST_FIELDS))
    stacks = [field for field in shown if field.kind == "text" and is_traceback(field.text)]
    return Detail(
        event=event,
        address=event_address(event.time, event.id),
        request_address=request_address(event.request_id) if event.request_id else "",
        around_address=around_address(event.service, event.time),
        own=[_value(field, parameters) for field in _own_fields(event)],
        tracebacks=[Traceback(one.path, one.shown, traceback_verdict(one.shown)) for one in stacks],
        values=[
            # A sender's own `time` is not what a query calls time: no link says what it would.
            _value(field, parameters) if is_own_key(field.path) else Value(field)
            for field in shown
            if field not in stacks
        ],
        left_out=sum(1 for _ in fields),
        notes=notes_of(event.meta),
        sent=sent_words(event.meta),
        json=json.dumps(as_json(event), ensure_ascii=False, indent=2),
    )


def _own_fields(event: StoredEvent) -> Iterator[Field]:
    """The fields every event has a column for."""
    for name, text in (
        ("level", event.level_name),
        ("service", event.service),
        ("event", event.event),
        ("logger", event.logger),
        ("request_id", event.request_id),
        ("cohort_id", event.cohort_id),
    ):
        if text:
            yield Field(name, name, 0, text, "text")


def _value(field: Field, parameters: QueryDict) -> Value:
    # A long text makes no useful term, and a URL only takes so much.
    if field.kind in ("", "empty") or len(field.text) > 300 or "\n" in field.text:
        return Value(field)
    return Value(
        field, with_value(parameters, field.path, field.text), without_value(parameters, field.path, field.text)
    )


def as_json(event: StoredEvent) -> dict[str, object]:
    """The event as a sender would write it, with our notes beside it."""
    own = {
        "timestamp": event.time.isoformat().replace("+00:00", "Z"),
        "level": event.level_name,
        "service": event.service,
        "event": event.event,
        "logger": event.logger,
        "request_id": event.request_id,
        "cohort_id": event.cohort_id,
    }
    kept = {name: value for name, value in own.items() if value not in (None, "")}
    return {**kept, **event.data, **({"_logviewer": event.meta} if event.meta else {})}


@dataclass(frozen=True, slots=True)
class Summary:
    """What the list shows of all that matches."""

    shown: int
    total: int | None  # None: was not counted to the end
    is_all: bool
    reached: datetime | None  # after a timeout: everything newer was looked at
    continued: bool  # begins at a cursor, not at the newest event


def summary_of(page: EventPage, histogram: Histogram, *, continued: bool) -> Summary:
    shown = len(page.events)
    is_all = page.older is None and not continued and not page.timed_out
    counted = shown if is_all else histogram.total if histogram.complete else None
    return Summary(shown, counted, is_all, page.reached, continued)


@dataclass(frozen=True, slots=True)
class StoryRow:
    row: Row
    offset_ms: float
    place: float  # per cent of the request's duration

    @property
    def shift(self) -> float:
        """Pixels to the left that keep the mark, 5 wide, inside its line."""
        return round(-self.place / 20, 2)


def story_rows(story: RequestStory) -> list[StoryRow]:
    span = story.duration_ms or 1
    stored = [one.event for one in story.events]
    return [
        StoryRow(row, one.offset_ms, round(min(100 * one.offset_ms / span, 100), 2))
        for row, one in zip(rows_of(stored), story.events, strict=True)
    ]

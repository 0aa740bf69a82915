"""The opened event: its fields with the searches they lead to, its stacks, what ingest noted. Asks nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import msgspec
from django.http import QueryDict

from logviewer.query.events import StoredEvent
from logviewer.query.language.values import is_own_key
from logviewer.viewer.addresses import (
    event_address,
    event_key,
    request_address,
    same_event_address,
    with_value,
    without_value,
)
from logviewer.viewer.columns import with_column
from logviewer.viewer.event_fields import MOST_FIELDS, Field, fields_of, is_traceback, json_text, traceback_verdict
from logviewer.viewer.event_text import as_json
from logviewer.viewer.marks import late_words
from logviewer.viewer.meta_words import notes_of, sent_words
from logviewer.viewer.tracebacks import Stack, stack_of, structured_stack

LONGEST_TERM = 300  # characters: a long text makes no useful term, and a URL only takes so much


@dataclass(frozen=True, slots=True)
class Value:
    """A field of the opened event with the searches for and against its value, and the one with its column."""

    field: Field
    only: str = ""
    without: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Traceback:
    """A stack that a sender wrote as text (`field`), or as a list, which is among the fields too. `stack` is None where
    it could not be read: then there is only the text."""

    path: str
    field: Field | None
    stack: Stack | None

    @property
    def verdict(self) -> str:
        if self.stack:
            return self.stack.verdict
        return traceback_verdict(self.field.text) if self.field else ""


@dataclass(frozen=True, slots=True)
class Keep:
    """One of the values that "around this" can keep as a filter."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything of one event."""

    event: StoredEvent
    key: str
    address: str
    request_address: str
    same_event_address: str
    keeps: Sequence[Keep]
    own: Sequence[Value]
    tracebacks: Sequence[Traceback]
    values: Sequence[Value]
    left_out: int
    notes: Sequence[str]
    sent: Sequence[tuple[str, str]]
    late: str
    received: datetime | None
    json: str


def detail_of(event: StoredEvent, parameters: QueryDict, received: datetime | None = None) -> Detail:
    """The opened event; its links narrow the search in `parameters`. `received`: when it came in, if that is known."""
    fields = fields_of(event.data)
    shown = list(islice(fields, MOST_FIELDS))
    texts = [field for field in shown if field.kind == "text" and is_traceback(field.text)]
    return Detail(
        event=event,
        key=event_key(event.time, event.id),
        address=event_address(event.time, event.id),
        request_address=request_address(event.request_id) if event.request_id else "",
        same_event_address=same_event_address(parameters, event.event) if 0 < len(event.event) <= LONGEST_TERM else "",
        keeps=list(_keeps(event)),
        own=[_value(field, parameters) for field in _own_fields(event)],
        # What was raised stands at the end of a long one, behind what is shown of the text.
        tracebacks=[*_structured(event), *(Traceback(one.path, one, stack_of(one.text)) for one in texts)],
        values=[
            # A sender's own `time` is not what a query calls time: no link says what it would.
            _value(field, parameters) if is_own_key(field.path) else Value(field)
            for field in shown
            if field not in texts
        ],
        left_out=sum(1 for _ in fields),
        notes=notes_of(event.meta),
        sent=sent_words(event.meta),
        late=late_words(event, received),
        received=received,
        json=msgspec.json.format(json_text(as_json(event)), indent=2),
    )


def _structured(event: StoredEvent) -> Iterator[Traceback]:
    for path, value in sorted(event.data.items()):
        if stack := structured_stack(value):
            yield Traceback(path, None, stack)


def _keeps(event: StoredEvent) -> Iterator[Keep]:
    for name in ("service", "request_id", "cohort_id"):
        if value := getattr(event, name):
            yield Keep(name, value)


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
    column = with_column(parameters, field.path) if field.is_value else ""
    if field.kind in ("", "empty") or len(field.text) > LONGEST_TERM or "\n" in field.text:
        return Value(field, column=column)
    return Value(
        field,
        with_value(parameters, field.path, field.text),
        without_value(parameters, field.path, field.text),
        column,
    )

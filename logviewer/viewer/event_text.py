"""Events as text that people copy: one line each, JSON as a sender would write it, or Markdown for a report."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from django.utils.translation import gettext

from logviewer.query.events import StoredEvent
from logviewer.viewer.event_fields import fields_of, json_text
from logviewer.viewer.zones import local, offset_text, url_time


def as_json(event: StoredEvent) -> dict[str, object]:
    """The event as a sender would write it, with our notes beside it."""
    own = {
        "timestamp": url_time(event.time),
        "level": event.level_name,
        "service": event.service,
        "event": event.event,
        "logger": event.logger,
        "request_id": event.request_id,
        "cohort_id": event.cohort_id,
    }
    kept = {name: value for name, value in own.items() if value not in (None, "")}
    return {**kept, **event.data, **({"_logviewer": event.meta} if event.meta else {})}


def events_as_json(events: Sequence[StoredEvent]) -> str:
    """NDJSON: one event a line."""
    return "".join(f"{json_text(as_json(event))}\n" for event in events)


def events_as_text(events: Sequence[StoredEvent]) -> str:
    """A line each; texts with lines of their own stand below it, indented."""
    return "".join(line for event in events for line in _text_lines(event))


def events_as_markdown(events: Sequence[StoredEvent]) -> str:
    """A table, and a block of code for each text with lines of its own, such as tracebacks."""
    if not events:
        return ""
    rows = [f"| {' | '.join(map(_cell, _columns(event)))} |" for event in events]
    names = ("level", "service", "event", gettext("request"), gettext("fields"))
    head = f"| time ({offset_text(events[0].time)}) | {' | '.join(names)} |"
    title = gettext("%(field)s of %(event)s:")
    blocks = [
        f"\n{title % {'field': path, 'event': _cell(event.event)}}\n\n{_fenced(text)}\n"
        for event in events
        for path, text in _long(event)
    ]
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- |", *rows, ""]) + "".join(blocks)


FORMATS: Mapping[str, Callable[[Sequence[StoredEvent]], str]] = {
    "text": events_as_text,
    "json": events_as_json,
    "markdown": events_as_markdown,
}


def _text_lines(event: StoredEvent) -> Iterator[str]:
    name = event.event.replace("\n", " ")
    ids = [f"{key}={value}" for key in ("request_id", "cohort_id") if (value := getattr(event, key))]
    parts = [_time(event), offset_text(event.time), event.level_name.upper(), event.service, name, *ids, *_short(event)]
    yield " ".join(filter(None, parts)) + "\n"
    for path, text in _long(event):
        yield f"    {path}:\n"
        yield from (f"    {line}\n" for line in text.splitlines())


def _columns(event: StoredEvent) -> tuple[str, ...]:
    fields = [f"cohort_id={event.cohort_id}"] if event.cohort_id else []
    return (
        _time(event),
        event.level_name,
        event.service,
        event.event,
        event.request_id or "",
        " ".join([*fields, *_short(event)]),
    )


def _time(event: StoredEvent) -> str:
    here = local(event.time)
    return f"{here:%Y-%m-%d %H:%M:%S}.{here.microsecond:06}"


def _short(event: StoredEvent) -> list[str]:
    return [
        f"{field.path}={json.dumps(field.text, ensure_ascii=False) if ' ' in field.text else field.text}"
        for field in fields_of(event.data)
        if field.is_value and "\n" not in field.text
    ]


def _long(event: StoredEvent) -> list[tuple[str, str]]:
    return [(field.path, field.text) for field in fields_of(event.data) if field.is_value and "\n" in field.text]


def _cell(text: str) -> str:
    """Text inside a Markdown table: nothing in it is markup, and it stays in its cell."""
    one_line = re.sub(r"\s+", " ", text)
    return re.sub(r"([\\`*_{}\[\]<>#|~@&!])", r"\\\1", one_line)


def _fenced(text: str) -> str:
    """A block of code whose fence is longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text.rstrip()}\n{fence}"

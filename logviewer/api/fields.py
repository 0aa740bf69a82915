"""GET /api/v1/fields: which fields events have, for completion in scripts and tools."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from logviewer.api.asking import DEFAULT_LIMIT, MOST, for_readers, number_of
from logviewer.api.errors import json_response
from logviewer.query.catalogue import KnownField, known_fields, near_names
from logviewer.query.event_json import time_as_text
from logviewer.query.reader import Reader
from logviewer.query.times import parse_time


@for_readers("since", "until", "prefix", "limit", repeatable=("service",))
def fields(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Fields, the most frequent first. Parameters and answer: docs/api.md."""
    prefix = request.GET.get("prefix", "")
    found = known_fields(
        reader,
        services=[one for one in request.GET.getlist("service") if one],
        since=_time(request, "since"),
        until=_time(request, "until"),
        prefix=prefix,
        limit=number_of(request, "limit", DEFAULT_LIMIT, most=MOST),
    )
    near = [] if found else near_names(reader, prefix)
    return json_response({"fields": [field_as_json(one) for one in found], "near": near})


def field_as_json(field: KnownField) -> dict[str, Any]:
    """The shape of a field in the API. Scripts rely on it: add keys, never change or remove one."""
    return {
        "path": field.path,
        "events": field.events,
        "exact": field.exact,
        "types": dict(field.types),
        "min": field.lowest,
        "max": field.highest,
        "first_seen": time_as_text(field.first_seen),
        "last_seen": time_as_text(field.last_seen),
        "samples": list(field.samples),
    }


def _time(request: HttpRequest, parameter: str) -> datetime | None:
    text = request.GET.get(parameter, "").strip()
    return parse_time(text, timezone.now()) if text else None

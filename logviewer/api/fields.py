"""GET /api/v1/fields: which fields events have, for completion in scripts and tools."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.vary import vary_on_headers

from logviewer.api.errors import ApiError, bad_query, json_response, unavailable
from logviewer.api.parameters import limit_of, reader_of
from logviewer.query.catalogue import KnownField, known_fields, near_names
from logviewer.query.errors import SearchUnavailable
from logviewer.query.language import QueryError
from logviewer.query.language.parser import storable
from logviewer.query.times import parse_time

PARAMETERS = ("service", "since", "until", "prefix", "limit")
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


@login_not_required
@never_cache
@vary_on_headers("Authorization")
def fields(request: HttpRequest) -> HttpResponse:
    """Fields, the most frequent first. Parameters and answer: docs/api.md."""
    try:
        reader = reader_of(request, PARAMETERS)
        prefix = storable(request.GET.get("prefix", ""))
        found = known_fields(
            reader,
            services=[storable(one) for one in request.GET.getlist("service") if one],
            since=_time(request, "since"),
            until=_time(request, "until"),
            prefix=prefix,
            limit=limit_of(request),
        )
        near = [] if found else near_names(reader, prefix)
    except ApiError as problem:
        return problem.response()
    except QueryError as problem:
        return bad_query(problem).response()
    except SearchUnavailable as problem:
        return unavailable(problem).response()
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
        "first_seen": field.first_seen.astimezone(UTC).strftime(TIME),
        "last_seen": field.last_seen.astimezone(UTC).strftime(TIME),
        "samples": list(field.samples),
    }


def _time(request: HttpRequest, parameter: str) -> datetime | None:
    text = request.GET.get(parameter, "").strip()
    return parse_time(text, timezone.now()) if text else None

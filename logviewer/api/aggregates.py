"""GET /api/v1/histogram, count, values and percentiles: what the events of a search add up to. See docs/api.md."""

import re
from collections import Counter
from decimal import Decimal
from math import isfinite

from django.http import HttpRequest, HttpResponse

from logviewer.api.asking import number_of, reads_logs
from logviewer.api.errors import ApiError, json_response
from logviewer.query.count import count_events
from logviewer.query.event_json import time_as_text
from logviewer.query.facets import read_top_values
from logviewer.query.histogram import Bucket, read_histogram
from logviewer.query.percentiles import Group, read_percentiles
from logviewer.query.search import Search
from logviewer.store.event import level_name

MOST_BUCKETS = 1000
MOST_VALUES = 1000
MOST_PERCENTILES = 10
DEFAULT_PERCENTILES = "50,95,99"

_PERCENTILE = re.compile(r"100(?:\.0{1,6})?|[0-9]{1,2}(?:\.[0-9]{1,6})?")


@reads_logs("buckets")
def histogram(request: HttpRequest, search: Search) -> HttpResponse:
    """How many events there are in which stretch of time, by level."""
    found = read_histogram(search, buckets=number_of(request, "buckets", 60, most=MOST_BUCKETS))
    return json_response(
        {
            "buckets": [_bucket_as_json(bucket) for bucket in found.buckets],
            "width_s": found.width.total_seconds(),
            "since": time_as_text(found.since),
            "until": time_as_text(found.until),
            "total": found.total,
            "complete": found.complete,
            "reached": None if found.complete else time_as_text(found.reached),
        }
    )


@reads_logs()
def count(request: HttpRequest, search: Search) -> HttpResponse:
    """How many events there are."""
    found = count_events(search)
    reached = time_as_text(found.reached) if found.reached else None
    return json_response({"count": found.events, "complete": found.complete, "reached": reached})


@reads_logs("field", "limit")
def values(request: HttpRequest, search: Search) -> HttpResponse:
    """The most frequent values of a field."""
    limit = number_of(request, "limit", 10, most=MOST_VALUES)
    found = read_top_values(search, request.GET.get("field", ""), limit=limit)
    return json_response(
        {
            "field": found.field,
            "values": [{"value": one.value, "count": one.count, "share": one.share} for one in found.values],
            "events": found.events,
            "with_field": found.with_field,
            "distinct": found.distinct,
            "sampled": found.sampled,
            "complete": found.complete,
        }
    )


@reads_logs("field", "by", "p", "limit")
def percentiles(request: HttpRequest, search: Search) -> HttpResponse:
    """How large the numbers of a field are, perhaps by another field."""
    asked = _percentiles(request)
    found = read_percentiles(
        search,
        request.GET.get("field", ""),
        by=request.GET.get("by", ""),
        percentiles=[float(one) for one in asked],
        limit=number_of(request, "limit", 20, most=MOST_VALUES),
    )
    return json_response(
        {
            "groups": [_group_as_json(group, asked) for group in found.groups],
            "with_field": found.with_field,
            "left_out": found.left_out,
            "distinct": found.distinct,
            "sampled": found.sampled,
            "complete": found.complete,
        }
    )


def _bucket_as_json(bucket: Bucket) -> dict[str, object]:
    counts: Counter[str] = Counter()
    for level, events in bucket.counts.items():
        counts[level_name(level)] += events
    return {"start": time_as_text(bucket.start), "end": time_as_text(bucket.end), "counts": counts}


def _group_as_json(group: Group, asked: list[str]) -> dict[str, object]:
    return {
        "value": group.value,
        "count": group.count,
        "min": _number(group.least),
        "max": _number(group.greatest),
        **{f"p{name}": _number(one) for name, one in zip(asked, group.percentiles, strict=True)},
    }


def _percentiles(request: HttpRequest) -> list[str]:
    text = request.GET.get("p", "") or DEFAULT_PERCENTILES
    asked = text.split(",") if len(text) < 200 else []
    if not 1 <= len(asked) <= MOST_PERCENTILES or not all(_PERCENTILE.fullmatch(one) for one in asked):
        raise ApiError(
            400,
            f"p={text[:40]} are not percentiles: up to {MOST_PERCENTILES} numbers from 0 to 100, joined by commas.",
            f"Try p={DEFAULT_PERCENTILES}.",
        )
    return asked


def _number(exact: Decimal) -> int | float | str:
    """As JSON has it; a number that no float can hold is its digits as text."""
    if exact == exact.to_integral_value() and exact.adjusted() < 400:
        return int(exact)
    number = float(exact)
    return number if isfinite(number) else format(exact, "f")

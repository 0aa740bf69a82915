"""The histogram to read instead of to look at: a table, below the drawing or on its own page."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone

from logviewer.viewer.addresses import search_address
from logviewer.viewer.asked import answers_a_search, search_of
from logviewer.viewer.chart import Drawn, chart_context, read_chart
from logviewer.viewer.histogram_svg import bucket_words
from logviewer.viewer.http import LogviewerRequest, wants_partial
from logviewer.viewer.zones import offset_text, url_time


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch of time that has events: one count for each series."""

    words: str
    address: str
    counts: Sequence[str]
    total: str


@answers_a_search
def histogram(request: LogviewerRequest) -> HttpResponse:
    drawn = read_chart(search_of(request), request.GET)
    context = {**table_context(drawn, request.GET), "back_address": search_address(request.GET)}
    template = "viewer/_histogram_table.html" if wants_partial(request) else "viewer/histogram.html"
    return render(request, template, context)


def table_context(drawn: Drawn, parameters: QueryDict) -> dict[str, object]:
    """For _histogram_table.html."""
    return {
        **chart_context(drawn, parameters),
        "lines": _lines(drawn, parameters),
        "zone": offset_text(timezone.now()),
    }


def _lines(drawn: Drawn, parameters: QueryDict) -> list[Line]:
    return [
        Line(
            bucket_words(bucket),
            search_address(parameters, since=url_time(bucket.start), until=url_time(bucket.end)),
            [f"{bucket.counts.get(one.number, 0):,}" for one in drawn.series],
            f"{bucket.total:,}",
        )
        for bucket in drawn.histogram.buckets
        if bucket.total
    ]

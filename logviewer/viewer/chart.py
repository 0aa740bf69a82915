"""The histogram as its page asks for it: by level, or by the field that the parameter `by` names."""

from dataclasses import dataclass

from django.http import QueryDict

from logviewer.query.histogram import Histogram, read_histogram
from logviewer.query.histogram_by import read_histogram_by
from logviewer.query.search import Search
from logviewer.viewer.addresses import address_of, search_address
from logviewer.viewer.histogram_series import LEVEL, Series, field_series, level_series
from logviewer.viewer.histogram_steps import steps_of
from logviewer.viewer.histogram_svg import Chart, chart_of
from logviewer.viewer.ranges import Choice

USUAL_FIELDS = (LEVEL, "service", "event", "cohort_id")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was counted and how it is drawn."""

    histogram: Histogram
    series: list[Series]
    chart: Chart


def read_chart(search: Search, parameters: QueryDict) -> Drawn:
    """Raises QueryError, whose parameter is `by`, and SearchUnavailable."""
    field = parameters.get("by", "") or LEVEL
    if field == LEVEL:
        histogram = read_histogram(search)
        series = level_series(histogram, parameters)
    else:
        found = read_histogram_by(search, field)
        histogram, series = found.histogram, field_series(found, parameters)
    return Drawn(histogram, series, chart_of(histogram, series, parameters))


def chart_context(drawn: Drawn, parameters: QueryDict) -> dict[str, object]:
    """For _histogram.html."""
    chart = drawn.chart
    field = parameters.get("by", "") or LEVEL
    return {
        "chart": chart,
        "most_text": f"{chart.most:,}",
        "is_counted": drawn.histogram.complete,
        "counted_from": drawn.histogram.reached,
        "by": field,
        "by_choices": [
            Choice(name, search_address(parameters, by="" if name == LEVEL else name), name == field)
            for name in dict.fromkeys((*USUAL_FIELDS, field))
        ],
        "steps": steps_of(chart.since, chart.until, parameters),
        "table_address": address_of("histogram", parameters),
    }

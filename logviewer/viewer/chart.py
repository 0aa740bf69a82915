"""The histogram as its page asks for it: by level, or by the field that the parameter `by` names."""

from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from logviewer.query.events import EventPage
from logviewer.query.histogram import Histogram
from logviewer.query.histogram_by import read_histogram_by, read_histogram_by_level
from logviewer.query.search import Search
from logviewer.viewer.addresses import address_of, places_in, search_address
from logviewer.viewer.histogram_series import LEVEL, Series, field_series, level_series
from logviewer.viewer.histogram_steps import steps_of
from logviewer.viewer.histogram_svg import Chart, chart_of
from logviewer.viewer.ranges import Choice
from logviewer.viewer.zones import day_text, local

LEAST_MARGIN = 0.001  # that is said
USUAL_FIELDS = (LEVEL, "service", "event", "cohort_id")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was counted and how it is drawn."""

    histogram: Histogram
    series: list[Series]
    chart: Chart


def read_chart(search: Search, parameters: QueryDict, page: EventPage | None = None) -> Drawn:
    """`page` is the list beside it. Raises QueryError, whose parameter is `by`, and SearchUnavailable."""
    field = parameters.get("by", "") or LEVEL
    if field == LEVEL:
        histogram = read_histogram_by_level(search, page=page)
        series = level_series(histogram, parameters)
    else:
        found = read_histogram_by(search, field, page=page)
        histogram, series = found.histogram, field_series(found, parameters)
    return Drawn(histogram, series, chart_of(histogram, series, parameters))


def chart_context(drawn: Drawn, parameters: QueryDict) -> dict[str, object]:
    """For _histogram.html."""
    chart = drawn.chart
    field = parameters.get("by", "") or LEVEL
    return {
        "chart": chart,
        "most_text": f"{chart.most:,}",
        "how_counted": counted_words(drawn.histogram),
        "by": field,
        "by_choices": [
            Choice(name, search_address(parameters, by="" if name == LEVEL else name), name == field)
            for name in dict.fromkeys((*USUAL_FIELDS, field))
        ],
        "steps": steps_of(chart.since, chart.until, parameters),
        "table_address": address_of("histogram", parameters),
        "marked_x": _marked_x(chart, parameters),
    }


def _marked_x(chart: Chart, parameters: QueryDict) -> float | None:
    """Where the event stands around which others are shown, in per cent of the width."""
    for moment, _id in places_in([parameters.get("mark", "")]):
        if chart.since <= moment < chart.until:
            return round(100 * ((moment - chart.since) / (chart.until - chart.since)), 3)
    return None


def counted_words(histogram: Histogram) -> str:
    """What the drawn counts are, if they are not all that there is to count."""
    estimate = histogram.estimate
    if estimate is None:
        here = local(histogram.reached)
        moment = f"{day_text(here, with_year=True)} {here:%H:%M:%S}"
        return "" if histogram.complete else _("counting was cut short at %(moment)s") % {"moment": moment}
    if not histogram.total:
        return _("there was no time to count: a shorter range or a service makes it possible")
    facts = {"share": _per_cent(estimate.share), "margin": _per_cent(max(estimate.margin, LEAST_MARGIN))}
    if estimate.is_total_exact:
        return _("shares estimated from %(share)s %% of the rows, to ± %(margin)s %% of all") % facts
    return _("estimated from %(share)s %% of the rows, the sum to ± %(margin)s %%") % facts


def _per_cent(part: float) -> str:
    return f"{100 * part:.0f}" if part >= 0.1 else f"{100 * part:.2g}"

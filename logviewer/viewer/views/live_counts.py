"""What stands around a list that is followed: its histogram, its sentence, and how many events there are by now."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.template.loader import render_to_string

from logviewer.query.histogram import Histogram
from logviewer.query.search import Search
from logviewer.viewer.chart import Drawn, chart_context, read_chart
from logviewer.viewer.event_list import summary_context
from logviewer.viewer.headline import headline_of
from logviewer.viewer.http import LogviewerRequest
from logviewer.viewer.made_once import MadeOnce
from logviewer.viewer.plain_text import on_one_line
from logviewer.viewer.present import Summary, estimate_of
from logviewer.viewer.views.histogram import table_context
from logviewer.viewer.views.tail import follows, json_answer, what_is_shared


@dataclass(frozen=True, slots=True)
class Drawing:
    """A histogram, and the HTML of it."""

    drawn: Drawn
    html: str


DRAWINGS: MadeOnce[Drawing] = MadeOnce()


@follows
def live_counts(request: LogviewerRequest, search: Search) -> HttpResponse:
    """JSON of HTML. `shown` is how many rows the page has; with `all` no other events are behind them; with `table` it
    shows the histogram as a table too."""
    drawing = DRAWINGS.of(what_is_shared(request, search), lambda: _draw(request, search))
    summary = _summary(request, drawing.drawn.histogram)
    title = headline_of(search, summary, drawing.drawn.histogram)
    return json_answer(
        {
            "histogram": drawing.html,
            "table": _table(request, drawing.drawn) if request.GET.get("table") else "",
            "title": title,
            "sentence": on_one_line(title).strip(),
            "counts": _html("viewer/_summary_counts.html", summary_context(summary, request.GET)),
        }
    )


def _draw(request: LogviewerRequest, search: Search) -> Drawing:
    drawn = read_chart(search, request.GET)
    return Drawing(drawn, _html("viewer/_histogram.html", chart_context(drawn, request.GET)))


def _table(request: LogviewerRequest, drawn: Drawn) -> str:
    return _html("viewer/_histogram_table.html", table_context(drawn, request.GET))


def _html(template: str, context: dict[str, object]) -> str:
    return render_to_string(template, context).strip()


def _summary(request: LogviewerRequest, histogram: Histogram) -> Summary:
    text, is_all = request.GET.get("shown", ""), bool(request.GET.get("all"))
    shown = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    # Rows come each second and are counted more rarely: what is on the page is there for certain.
    total = shown if is_all else histogram.total if histogram.complete and histogram.total > shown else None
    estimated = estimate_of(histogram, shown) if total is None else None
    return Summary(shown, total, estimated, is_all, reached=None, continued=False)

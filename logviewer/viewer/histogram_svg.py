"""The histogram's geometry: buckets and counts become bars, times become ticks.

Widths are per cent of the chart, heights are pixels, so that the drawing fits any window. Bars of one series are
strokes of one path of whole numbers: a hundred rectangles would be the heavier half of the page.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy

from logviewer.query.histogram import Bucket, Histogram
from logviewer.viewer.addresses import search_address
from logviewer.viewer.histogram_series import Series
from logviewer.viewer.zones import day_text, local, url_time

HEIGHT = 64  # px of the tallest bar
TOP = 4
LEAST = 2  # px: one error among a million events must be seen
TICK_STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        0.001, 0.01, 0.1, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
        3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000,
    )
)  # fmt: skip
MOST_TICKS = 7
PER_CENT = 30  # units of a path in a per cent of the chart's width


@dataclass(frozen=True, slots=True)
class Rect:
    series: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    x: float  # per cent
    slot: float  # per cent: its stretch of time
    width: float  # per cent: what is drawn of it
    address: str
    label: str
    rects: Sequence[Rect]


@dataclass(frozen=True, slots=True)
class Path:
    """All bars of a series that are of one width."""

    style: str
    width: int  # units
    d: str


@dataclass(frozen=True, slots=True)
class Tick:
    x: float  # per cent
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    bars: Sequence[Bar]
    paths: Sequence[Path]
    ticks: Sequence[Tick]
    most: int
    series: Sequence[Series]
    since: datetime
    until: datetime
    width_text: str
    width_ms: int


def chart_of(histogram: Histogram, series: Sequence[Series], parameters: QueryDict) -> Chart:
    """The drawing of a histogram whose bars lead to the same search in their bucket's time. The first series stands on
    the ground, where heights compare best."""
    most = max((bucket.total for bucket in histogram.buckets), default=0)
    bars = [_bar(bucket, histogram, most, series, parameters) for bucket in histogram.buckets if bucket.total]
    return Chart(
        bars=bars,
        paths=[path for one in series for path in _paths(bars, one)],
        ticks=list(_ticks(histogram.since, histogram.until)),
        most=most,
        series=series,
        since=histogram.since,
        until=histogram.until,
        width_text=span_text(histogram.width),
        width_ms=histogram.width // timedelta(milliseconds=1),
    )


def _bar(bucket: Bucket, histogram: Histogram, most: int, series: Sequence[Series], parameters: QueryDict) -> Bar:
    span = histogram.until - histogram.since
    has_days = local(histogram.since).date() != local(histogram.until).date()  # otherwise the caption says the day
    slot = 100 * ((bucket.end - bucket.start) / span)
    counts = ", ".join(f"{bucket.counts[one.number]:,} {one.name}" for one in series if one.number in bucket.counts)
    return Bar(
        x=round(100 * ((bucket.start - histogram.since) / span), 2),
        slot=round(slot, 2),
        width=round(slot * 0.84, 3),
        address=search_address(parameters, since=url_time(bucket.start), until=url_time(bucket.end)),
        label=f"{bucket_words(bucket, with_day=has_days)}: {counts}",
        rects=list(_stack(bucket.counts, most, series)),
    )


def bucket_words(bucket: Bucket, *, with_day: bool = True) -> str:
    """ "22 Nov 10:02 to 10:03" in the reader's zone, with seconds and the day of the end where there are other ones."""
    start, end = local(bucket.start), local(bucket.end)
    day = f"{day_text(start, with_year=False)} " if with_day else ""
    is_of_minutes = all(not one.second and not one.microsecond for one in (start, end))
    clock = "%H:%M" if is_of_minutes else "%H:%M:%S"
    until = f"{end:{clock}}" if start.date() == end.date() else f"{day_text(end, with_year=False)} {end:{clock}}"
    return gettext("%(since)s to %(until)s") % {
        "since": f"{day}{start:{clock}}",
        "until": until,
    }


def _stack(counts: Mapping[int, int], most: int, series: Sequence[Series]) -> Iterator[Rect]:
    bottom = float(TOP + HEIGHT)
    for one in series:
        if not (count := counts.get(one.number)):
            continue
        height = max(round(HEIGHT * count / most, 1), LEAST)
        height = min(height, max(bottom - TOP, LEAST))
        bottom = round(bottom - height, 1)
        yield Rect(one.number, bottom, height)


def _paths(bars: Sequence[Bar], series: Series) -> list[Path]:
    strokes: dict[int, str] = {}  # by width: the first and the last bar may be narrower
    for bar in bars:
        width = round(bar.width * PER_CENT)
        for rect in bar.rects:
            if rect.series == series.number:
                strokes[width] = strokes.get(width, "") + _stroke(bar, rect)
    return [Path(series.style, width, d) for width, d in strokes.items()]


def _stroke(bar: Bar, rect: Rect) -> str:
    """From the top of a bar's part to its bottom, in its middle."""
    top, bottom = round(rect.y), round(rect.y + rect.height)
    return f"M{(bar.x + bar.width / 2) * PER_CENT:.0f} {top}v{bottom - top}"


def _ticks(since: datetime, until: datetime) -> Iterator[Tick]:
    """Round times of the reader's zone, at most MOST_TICKS of them, none at the very edges."""
    span = until - since
    if span <= timedelta():
        return
    step = next((step for step in TICK_STEPS if span / step <= MOST_TICKS), span / MOST_TICKS)
    here = local(since)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    first = ceil((here - midnight) / step)  # by the clock, as the steps from midnight are
    for place in range(first, first + MOST_TICKS + 1):
        try:
            moment = midnight + step * place
        except OverflowError:  # beyond the calendar
            return
        x = 100 * ((moment - since) / span)
        if 3 < x < 95:
            yield Tick(round(x, 3), _tick_text(moment, step))


def _tick_text(moment: datetime, step: timedelta) -> str:
    if step >= timedelta(days=365):
        return f"{moment:%Y}"
    if step >= timedelta(days=1):
        return day_text(moment, with_year=False)
    if moment.hour == moment.minute == moment.second == 0:
        return f"{day_text(moment, with_year=False)} {moment:%H:%M}"
    if step < timedelta(seconds=1):
        return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}"
    return f"{moment:%H:%M}" if step >= timedelta(minutes=1) else f"{moment:%H:%M:%S}"


_UNITS = (
    (gettext_lazy("%(number)s d"), 86400),
    (gettext_lazy("%(number)s h"), 3600),
    (gettext_lazy("%(number)s min"), 60),
    (gettext_lazy("%(number)s s"), 1),
)


def span_text(span: timedelta, *, most_units: int = 2) -> str:
    """A length of time in two units at most: "90 s" is "1 min 30 s"."""
    seconds = span.total_seconds()
    if seconds < 1:
        return gettext("%(number)s ms") % {"number": f"{seconds * 1000:.3g}"}
    if seconds < 60:
        return gettext("%(number)s s") % {"number": f"{seconds:.3g}"}
    parts = []
    rest = round(seconds)
    for words, length in _UNITS:
        count, rest = divmod(rest, length)
        if count:
            parts.append(str(words) % {"number": f"{count:,}"})
    return " ".join(parts[:most_units])

"""The drawing of a histogram."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils import timezone

from logviewer.query.histogram import Bucket, Histogram
from logviewer.viewer.histogram_series import level_series
from logviewer.viewer.histogram_svg import HEIGHT, LEAST, TOP, _ticks, bucket_words, chart_of, span_text

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def drawn(*counts, query=""):
    buckets = [Bucket(START + MINUTE * at, START + MINUTE * (at + 1), levels) for at, levels in enumerate(counts)]
    total = sum(bucket.total for bucket in buckets)
    histogram = Histogram(buckets, MINUTE, START, START + MINUTE * len(counts), total, True, START)
    return chart_of(histogram, level_series(histogram, QueryDict(query)), QueryDict(query))


def test_the_highest_bar_has_the_whole_height_and_stands_on_the_ground():
    (bar,) = drawn({20: 8, 40: 2}).bars

    assert sum(rect.height for rect in bar.rects) == pytest.approx(HEIGHT)
    assert bar.rects[0].series == 40
    assert bar.rects[0].y + bar.rects[0].height == pytest.approx(TOP + HEIGHT)


def test_one_error_among_a_million_is_seen():
    (bar,) = drawn({20: 1_000_000, 40: 1}).bars

    assert bar.rects[0].height == LEAST
    assert all(rect.y >= TOP - LEAST for rect in bar.rects)


def test_a_bar_stands_at_its_time_and_leads_there():
    bars = drawn({20: 1}, {}, {20: 3}, {}, query="q=a").bars

    assert [(bar.x, bar.slot) for bar in bars] == [(0, 25), (50, 25)]
    assert bars[1].address == "/?q=a&since=2026-11-22T10:02:00Z&until=2026-11-22T10:03:00Z"
    assert bars[1].label == "10:02 to 10:03: 3 info"


def test_levels_are_summed_severest_first():
    assert [(one.name, one.count) for one in drawn({20: 1, 50: 2}, {20: 4}).series] == [("critical", 2), ("info", 5)]


def test_the_bars_of_a_series_are_strokes_of_one_path():
    chart = drawn({20: 1}, {}, {20: 3, 40: 1})

    assert [path.style for path in chart.paths] == ["l-error", "l-info"]
    assert [path.d.count("M") for path in chart.paths] == [1, 2]
    assert (chart.paths[0].width, chart.paths[0].d) == (840, "M2420 52v16")


def test_bars_of_other_widths_are_a_path_of_their_own():
    times = [START, START + MINUTE / 2, START + 3 * MINUTE / 2, START + 5 * MINUTE / 2]
    buckets = [Bucket(since, until, {20: 1}) for since, until in pairwise(times)]
    histogram = Histogram(buckets, MINUTE, times[0], times[-1], len(buckets), True, times[0])

    chart = chart_of(histogram, level_series(histogram, QueryDict()), QueryDict())

    assert [(path.width, path.d.count("M")) for path in chart.paths] == [(504, 1), (1008, 2)]


@pytest.mark.parametrize(
    ("since", "span", "words"),
    [
        (START, MINUTE, "22 Nov 10:00 to 10:01"),
        (START, timedelta(seconds=30), "22 Nov 10:00:00 to 10:00:30"),
        (START, timedelta(milliseconds=100), "22 Nov 10:00:00 to 10:00:00"),
        (START, timedelta(hours=14), "22 Nov 10:00 to 23 Nov 00:00"),
    ],
)
def test_a_bar_says_its_time_in_as_few_words_as_it_takes(since, span, words):
    assert bucket_words(Bucket(since, since + span, {})) == words


def test_ticks_are_round_times():
    ticks = drawn(*[{20: 1}] * 60).ticks

    assert [tick.text for tick in ticks] == ["10:10", "10:20", "10:30", "10:40", "10:50"]


def test_nothing_at_all_can_be_drawn():
    empty = Histogram([], MINUTE, START, START, 0, True, START)

    assert chart_of(empty, [], QueryDict()).bars == []


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(milliseconds=12.5), "12.5 ms"),
        (timedelta(seconds=30), "30 s"),
        (timedelta(seconds=90), "1 min 30 s"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=2, hours=1, minutes=5), "2 d 1 h"),
    ],
)
def test_a_span_has_two_units_at_most(span, words):
    assert span_text(span) == words


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_ticks_are_there_on_days_on_which_clocks_are_set(day):
    with timezone.override(ZoneInfo("America/Chicago")):
        since = timezone.make_aware(datetime.fromisoformat(f"{day}T10:00"))
        ticks = list(_ticks(since.astimezone(UTC), since.astimezone(UTC) + 60 * MINUTE))

    assert [tick.text for tick in ticks] == ["10:10", "10:20", "10:30", "10:40", "10:50"]

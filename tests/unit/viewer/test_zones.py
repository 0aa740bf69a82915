"""Times as the reader types and sees them, and as a URL carries them."""

import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from logviewer.viewer.ranges import quick_choices, range_words, wider_choices
from logviewer.viewer.templatetags.log import exact
from logviewer.viewer.zones import as_shared, as_typed, offset_text, zone_label

WINTER = datetime(2026, 1, 15, 12, tzinfo=UTC)
SUMMER = datetime(2026, 7, 15, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_chicago():
    with timezone.override(zoneinfo.ZoneInfo("America/Chicago")):
        yield


def test_the_offset_is_that_of_the_moment_not_of_today():
    assert offset_text(WINTER) == "UTC-06:00"
    assert offset_text(SUMMER) == "UTC-05:00"
    assert zone_label(SUMMER) == "America/Chicago (UTC-05:00)"


def test_utc_is_only_called_utc():
    with timezone.override(UTC):
        assert zone_label(WINTER) == "UTC"


def test_half_hours_count():
    with timezone.override(zoneinfo.ZoneInfo("Asia/Kolkata")):
        assert exact(WINTER) == "2026-01-15 17:30:00.000000 UTC+05:30"


@pytest.mark.parametrize(
    ("typed", "shared"),
    [
        ("2026-01-15 06:00", "2026-01-15T12:00:00Z"),
        ("2026-01-15", "2026-01-15T06:00:00Z"),
        ("2026-01-15T12:00:00+01:00", "2026-01-15T12:00:00+01:00"),
        ("-1h", "-1h"),
        ("now", "now"),
        ("half past", "half past"),
        ("0001-01-01", "0001-01-01T05:50:36Z"),
        ("9999-12-31 23:59", "9999-12-31 23:59"),
    ],
)
def test_a_time_without_an_offset_is_the_reader_s_and_is_shared_as_utc(typed, shared):
    assert as_shared(typed) == shared


def test_a_time_of_day_is_shared_as_its_latest_moment_here():
    shared = datetime.fromisoformat(as_shared(" 9:30 "))

    assert f"{timezone.localtime(shared):%H:%M:%S}" == "09:30:00"
    assert timedelta() <= timezone.now() - shared <= timedelta(hours=25)


@pytest.mark.parametrize("name", ["today", "Yesterday ", "tue", "saturday"])
def test_a_day_s_name_is_shared_as_the_beginning_of_that_day_here(name):
    shared = datetime.fromisoformat(as_shared(name))

    assert f"{timezone.localtime(shared):%H:%M:%S}" == "00:00:00"
    assert timedelta() <= timezone.now() - shared < timedelta(days=7, hours=1)


@pytest.mark.parametrize(
    ("shared", "typed"),
    [
        ("2026-01-15T12:00:00Z", "2026-01-15 06:00:00"),
        ("2026-01-15T12:00:00.123456Z", "2026-01-15 06:00:00.123456"),
        ("-1h", "-1h"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_a_time_of_the_url_is_shown_in_the_reader_s_zone(shared, typed):
    assert as_typed(shared) == typed


@pytest.mark.parametrize("minutes", range(0, 240, 30))
def test_a_time_that_is_shown_comes_back_as_the_same_also_where_clocks_are_set_back(minutes):
    moment = datetime(2026, 11, 1, 5, 0, tzinfo=UTC) + timedelta(minutes=minutes)

    back = as_shared(as_typed(moment.isoformat()))

    assert datetime.fromisoformat(back) == moment


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "All time"),
        ("since=-24h", "Last 24 hours"),
        ("since=-2h", "-2h – now"),
        ("since=2024-01-15T12:00:00Z&until=2024-01-15T13:30:05Z", "15 Jan 2024 06:00 – 07:30:05"),
        ("until=2024-01-15T12:00:00Z", "the first event – 15 Jan 2024 06:00"),
    ],
)
def test_a_range_has_words(query, words):
    assert range_words(QueryDict(query)) == words


def test_a_quick_choice_keeps_the_rest_of_the_search():
    choice = quick_choices(QueryDict("q=a&since=-1h&until=now"))[0]

    assert choice.address == "/?q=a&since=-15m"


def test_only_wider_ranges_are_wider():
    assert [choice.words for choice in wider_choices(QueryDict("since=-7d"))] == ["Last 30 days", "All time"]
    assert wider_choices(QueryDict("")) == []

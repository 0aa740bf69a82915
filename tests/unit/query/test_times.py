from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from logviewer.query.language import QueryError
from logviewer.query.times import parse_time

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("now", "2026-11-23T12:00:00"),
        ("-1h", "2026-11-23T11:00:00"),
        ("-15m", "2026-11-23T11:45:00"),
        ("-7d", "2026-11-16T12:00:00"),
        ("-30s", "2026-11-23T11:59:30"),
        ("-1w", "2026-11-16T12:00:00"),
        (" 2026-11-23T10:02:03.123456Z ", "2026-11-23T10:02:03.123456"),
        ("2026-11-23t10:02:03z", "2026-11-23T10:02:03"),
        ("2026-11-23 10:02:03Z", "2026-11-23T10:02:03"),
        ("2026-11-23T10:02:03.1234567890Z", "2026-11-23T10:02:03.123456"),
        ("2026-11-23T10:02:03.5+01:00", "2026-11-23T09:02:03.500000"),
        ("2026-11-23T10:02:03 01:00", "2026-11-23T09:02:03"),
        ("2026-11-23T10:02:03-05:30", "2026-11-23T15:32:03"),
        ("2026-11-23T10:02", "2026-11-23T10:02:00"),
        ("2026-11-23", "2026-11-23T00:00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00"),
        ("9:05", "2026-11-23T09:05:00"),
        ("12:00", "2026-11-23T12:00:00"),
        (" 12:00:01 ", "2026-11-22T12:00:01"),
        ("23:59", "2026-11-22T23:59:00"),
    ],
)
def test_reads(text, time):
    assert parse_time(text, NOW) == datetime.fromisoformat(time).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "day"),
    [("today", 23), ("Yesterday", 22), ("monday", 23), (" TUE ", 17), ("sat", 21), ("Sunday", 22)],
)
def test_a_day_s_name_is_its_beginning_and_a_weekday_the_latest(text, day):  # 23 November is a Monday
    assert parse_time(text, NOW) == datetime(2026, 11, day, tzinfo=UTC)


def test_a_day_begins_in_the_given_zone_also_where_clocks_were_set_since():
    now, berlin = datetime(2026, 10, 25, 22, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin")  # Sunday, 23:30 there

    assert parse_time("sunday", now.astimezone(berlin)) == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert parse_time("today", now.astimezone(berlin) + timedelta(hours=1)) == datetime(2026, 10, 25, 23, tzinfo=UTC)


def test_a_day_that_begins_twice_begins_the_first_time():
    second_midnight = datetime(2026, 10, 25, 1, tzinfo=UTC).astimezone(ZoneInfo("Atlantic/Azores"))

    assert (second_midnight.hour, second_midnight.fold) == (0, 1)
    assert parse_time("today", second_midnight) == datetime(2026, 10, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "time"),
    [
        ("2026-11-23T12:00Z", "2026-11-23T01:30Z"),
        ("2026-11-23T01:00Z", "2026-11-22T01:30Z"),  # 02:00 there
        ("2026-10-25T12:00Z", "2026-10-25T01:30Z"),  # in the second hour of that name
        ("2026-10-25T01:00Z", "2026-10-25T00:30Z"),  # in the first
        ("2026-03-29T12:00Z", "2026-03-28T01:30Z"),  # on a day whose clocks went from 2:00 to 3:00
    ],
)
def test_a_time_of_day_is_the_last_that_clocks_there_showed(now, time):
    shown = parse_time("2:30", datetime.fromisoformat(now).astimezone(ZoneInfo("Europe/Berlin")))

    assert shown == datetime.fromisoformat(time)


def test_a_time_without_offset_is_one_of_the_given_zone():
    assert parse_time("2026-07-01T10:00", NOW.astimezone(ZoneInfo("Europe/Berlin"))) == datetime(
        2026, 7, 1, 8, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "tu", "2026-13-01", "2026-02-30T00:00:00Z", "-1y", "1h", "24:00", "9:5", "15:00:60", "15:",
     "-99999999d", "2026-11-23T25:00:00Z",
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:60Z", "2026-11-23T10:00:00+01:99", "2026-11-23T10:00:61Z",
     "-999999999w", "٢٠٢٦-11-23", "2026-W01-1", "20261123T10", "x" * 5000],
)  # fmt: skip
def test_refuses(text):
    with pytest.raises(QueryError) as caught:
        parse_time(text, NOW)
    assert caught.value.hint
    assert len(caught.value.message) < 200

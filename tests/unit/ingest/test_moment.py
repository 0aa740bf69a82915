"""What a sender means by `timestamp`."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.moment import moment_of

SAMPLE = datetime(2026, 11, 22, 10, 2, 3, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-11-22T10:02:03.123456Z",
        "2026-11-22 10:02:03.123456Z",
        "2026-11-22t10:02:03.123456z",
        "2026-11-22T10:02:03.123456789Z",
        "2026-11-22T10:02:03,123456Z",
        "2026-11-22T10:02:03.123456+00:00",
        "2026-11-22T12:02:03.123456+02:00",
        "2026-11-22T04:32:03.123456-0530",
        "2026-11-22T10:02:03.123456",
        "2026-11-22 10:02:03.123456 UTC",
        Decimal("1795341723.123456"),
        "1795341723.123456",
        1795341723123456000,
        Decimal("1795341723123.456"),
    ],
)
def test_reads(stamp):
    assert moment_of(stamp) == SAMPLE


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2026-11-22T10:02:03Z", SAMPLE.replace(microsecond=0)),
        (1, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        (1795341723, SAMPLE.replace(microsecond=0)),
        (1795341723123, SAMPLE.replace(microsecond=123000)),
    ],
)
def test_reads_seconds_milliseconds_and_the_leap_second(stamp, moment):
    assert moment_of(stamp) == moment


@pytest.mark.parametrize(
    "stamp",
    [None, "", "yesterday", "2026-11-22", "10:02:03", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", True, [], {}, -1,
     "NaN", "Infinity", 10**30, "1e400", "0001-01-01T00:00:00+23:59", "9" * 5000,
     "0001-01-01t00:00:00+01:00", "9999-12-31T23:59:60Z"],
)  # fmt: skip
def test_cannot_read(stamp):
    assert moment_of(stamp) is None


@given(st.text() | st.integers() | st.decimals() | st.datetimes().map(str) | st.from_regex(r"[0-9T:. Z+-]{19,40}"))
def test_whatever_is_sent_is_a_moment_in_utc_or_none(stamp):
    moment = moment_of(stamp)
    assert moment is None or moment.tzinfo is UTC

"""Which slices are made, sealed and dropped: decided from a clock and a list."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from logviewer.store.partitions import Partition, Slice
from logviewer.store.plan import EXPIRY_STEP, missing, plan, retention_clock, slices_around, slices_for

NOW = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
A_MONTH_AGO = NOW - timedelta(days=30)


def day(number: int, **fields: object) -> Partition:
    """The partition of a whole day of November 2026."""
    start = datetime(2026, 11, 1, tzinfo=UTC) + (number - 1) * DAY
    return Partition(start, start + DAY, Slice(start, start + DAY).name, **fields)


def part(start: datetime, end: datetime) -> Partition:
    return Partition(start, end, Slice(start, end).name)


def test_an_empty_store_gets_today_and_tomorrow():
    assert [one.name for one in plan(NOW, [], keep_since=A_MONTH_AGO).create] == [
        "log_event_20261123",
        "log_event_20261124",
    ]


def test_what_is_there_is_not_made_again():
    due = plan(NOW, [day(23), day(24)], keep_since=A_MONTH_AGO)

    assert (due.create, due.drop, due.seal) == ([], [], [])


@pytest.mark.parametrize(
    ("events_a_day", "slices"),
    [(0, 1), (1_000_000, 1), (1_000_001, 2), (4_100_000, 6), (9_000_000, 12), (23_000_000, 24), (10**12, 24)],
)
def test_a_day_is_cut_so_that_a_slice_stays_near_a_million_events(events_a_day, slices):
    assert slices_for(events_a_day) == slices


def test_tomorrow_follows_the_volume_and_today_stays_as_it_is():
    due = plan(NOW, [day(23)], keep_since=A_MONTH_AGO, events_a_day=5_500_000)

    assert len(due.create) == 6
    assert due.create[0].start == datetime(2026, 11, 24, tzinfo=UTC)
    assert all(one.end == next_one.start for one, next_one in pairwise(due.create))
    assert due.create[-1].end == datetime(2026, 11, 25, tzinfo=UTC)
    assert [one.name for one in due.create[:2]] == ["log_event_20261124_000000", "log_event_20261124_040000"]


def test_a_gap_between_partitions_made_by_hand_is_filled_and_nothing_overlaps():
    today = NOW.replace(hour=0, minute=0)
    by_hand = [part(today - DAY, today + 5 * HOUR / 2), part(today + 9 * HOUR, today + 10 * HOUR)]

    made = list(missing(today, by_hand, 3))

    covered = sorted((one.start, one.end) for one in [*made, *by_hand])
    assert all(end == start for (_, end), (start, _) in pairwise(covered))
    assert (covered[0][0], covered[-1][1]) == (today - DAY, today + DAY)


def test_a_slice_expires_when_all_of_it_is_older_than_what_is_kept():
    partitions = [day(number) for number in range(13, 25)]

    assert plan(NOW, partitions, keep_since=day(14).start + HOUR).drop == [day(13)]
    assert plan(NOW, partitions, keep_since=day(14).start).drop == [day(13)]
    assert plan(NOW, partitions, keep_since=day(14).start - HOUR).drop == []


@pytest.mark.parametrize(
    ("last", "now", "clock"),
    [
        (None, NOW, NOW),
        (NOW - HOUR / 6, NOW, NOW),
        (NOW, NOW + 40 * DAY, NOW + EXPIRY_STEP),  # set wrong, or the product was off
        (NOW + 2 * HOUR, NOW, NOW + 2 * HOUR - EXPIRY_STEP),  # and set right
        (NOW, NOW - 20_000 * DAY, NOW - EXPIRY_STEP),  # begins in 1970, as without a battery
    ],
)
def test_the_clock_of_retention_follows_by_small_steps(last, now, clock):
    assert retention_clock(now, last) == clock


def test_beyond_the_size_the_oldest_go_but_never_one_that_has_not_ended():
    partitions = [day(number, size_bytes=100) for number in range(20, 25)]

    assert plan(NOW, partitions, keep_since=A_MONTH_AGO, most_bytes=500).drop == []
    assert plan(NOW, partitions, keep_since=A_MONTH_AGO, most_bytes=499).drop == [day(20)]
    assert plan(NOW, partitions, keep_since=A_MONTH_AGO, most_bytes=250).drop == [day(20), day(21), day(22)]
    assert plan(NOW, partitions, keep_since=A_MONTH_AGO, most_bytes=1).drop == [day(20), day(21), day(22)]


def test_what_expires_by_age_makes_room_before_anything_goes_for_its_size():
    partitions = [day(number, size_bytes=100) for number in range(20, 24)]

    assert plan(NOW, partitions, keep_since=NOW - 2 * DAY, most_bytes=300).drop == [day(20)]


def test_slices_are_sealed_newest_first_once_they_have_settled():
    partitions = [day(20), day(21, sealed=True), day(22), day(23), day(24)]

    assert plan(NOW, partitions, keep_since=A_MONTH_AGO).seal == [day(22), day(20)]
    assert plan(NOW.replace(hour=0, minute=14), partitions, keep_since=A_MONTH_AGO).seal == [day(20)]
    assert plan(NOW.replace(hour=0, minute=15), partitions, keep_since=A_MONTH_AGO).seal == [day(22), day(20)]


def test_what_is_to_be_dropped_is_not_sealed():
    partitions = [day(10), day(21, size_bytes=9), day(22)]

    assert plan(NOW, partitions, keep_since=NOW - 7 * DAY, most_bytes=5).seal == [day(22)]


def test_late_events_get_the_slices_they_need_cut_like_the_newest_day():
    today = NOW.replace(hour=0, minute=0)
    halves = [part(today, today + 12 * HOUR), part(today + 12 * HOUR, today + DAY)]
    late = [today - 3 * DAY + HOUR, today - 3 * DAY + 2 * HOUR, today - 5 * DAY + 13 * HOUR]

    made = slices_around(late, halves)

    assert [(one.start, one.end) for one in made] == [
        (today - 3 * DAY, today - 3 * DAY + 12 * HOUR),
        (today - 5 * DAY + 12 * HOUR, today - 4 * DAY),
    ]
    assert slices_around([NOW], halves) == []
    assert [one.name for one in slices_around([NOW], [])] == ["log_event_20261123"]

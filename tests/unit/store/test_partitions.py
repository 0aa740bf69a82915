"""Which partitions to make and to drop: a pure function of the clock and a list."""

from datetime import UTC, date, datetime, timedelta

from logviewer.store.partitions import Partition, plan

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONTH = timedelta(days=30)


def days(*texts: str) -> list[Partition]:
    return [Partition.of_day(date.fromisoformat(text)) for text in texts]


def test_an_empty_store_gets_today_and_the_days_ahead():
    made = plan(NOW, [], retention=MONTH, days_ahead=2)

    assert made.create == days("2026-11-23", "2026-11-24", "2026-11-25")
    assert made.drop == []


def test_what_exists_is_not_made_again():
    made = plan(NOW, days("2026-11-23", "2026-11-25"), retention=MONTH, days_ahead=2)

    assert made.create == days("2026-11-24")


def test_a_day_inside_a_wider_partition_is_not_made():
    wide = Partition(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC), "by_hand")

    assert plan(NOW, [wide], retention=MONTH, days_ahead=2).create == []


def test_a_partition_goes_when_its_newest_possible_event_is_expired():
    kept, gone = days("2026-10-24", "2026-10-23")

    assert plan(NOW, [kept, gone], retention=MONTH, days_ahead=0).drop == [gone]


def test_the_day_is_utcs_wherever_the_clock_is():
    from datetime import timezone

    evening_in_the_west = NOW.replace(hour=23).astimezone(timezone(timedelta(hours=-8)))

    assert plan(evening_in_the_west, [], retention=MONTH, days_ahead=0).create == days("2026-11-23")

"""Columns hold the events that were put into them, each at its place."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from logviewer.store.columns import Columns, time_text
from logviewer.store.event import Event

NOW = datetime(2026, 11, 23, 10, 2, 3, 123456, tzinfo=UTC)
EVENTS = [
    Event(NOW, 20, "s", "a", "", None, "1", '{"price": 1.50}'),
    Event(NOW.replace(microsecond=0), 40, "t", "b", "l", "r", None, "{}", '{"flags": ["clock"]}'),
    Event(NOW, 30, "s", "c", "l", None, None, "{}"),
]


def test_columns_of_events_are_these_events():
    assert list(Columns.of(EVENTS)) == EVENTS
    assert list(Columns.of([])) == []
    assert len(Columns.of(EVENTS)) == 3


def test_an_event_can_be_put_where_another_stood_or_nothing():
    columns = Columns.void(2)
    columns.put(0, EVENTS[2])
    columns.put(1, EVENTS[1])
    columns.put(0, EVENTS[0])

    assert list(columns) == EVENTS[:2]


def test_some_can_be_kept():
    assert list(Columns.of(EVENTS).kept([True, False, True])) == [EVENTS[0], EVENTS[2]]
    assert list(Columns.of(EVENTS).part(slice(1, 9))) == EVENTS[1:]


@pytest.mark.parametrize(
    ("moment", "text"),
    [(NOW, "2026-11-23T10:02:03.123456Z"), (EVENTS[1].time, "2026-11-23T10:02:03.000000Z"),
     (NOW.astimezone(timezone(timedelta(hours=2))), "2026-11-23T10:02:03.123456Z")],
)  # fmt: skip
def test_times_are_written_alike_so_that_they_sort(moment, text):
    assert time_text(moment) == text

"""From one range to its neighbours."""

from datetime import UTC, datetime, timedelta

from django.http import QueryDict
from django.utils import timezone

from logviewer.viewer.histogram_steps import steps_of

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_range_has_one_before_one_after_and_a_wider_one(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: START + 24 * HOUR)

    steps = steps_of(START, START + HOUR, QueryDict("q=a&since=x&until=y"))

    assert steps.earlier == "/?q=a&since=2026-11-22T09:00:00Z&until=2026-11-22T10:00:00Z"
    assert steps.later == "/?q=a&since=2026-11-22T11:00:00Z&until=2026-11-22T12:00:00Z"
    assert steps.out == "/?q=a&since=2026-11-22T09:00:00Z&until=2026-11-22T12:00:00Z"


def test_nothing_is_later_than_now(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: START + HOUR)

    steps = steps_of(START, START + HOUR, QueryDict("since=-1h"))

    assert steps.later == ""
    assert steps.out == "/?since=2026-11-22T09:00:00Z&until=2026-11-22T11:00:00Z"


def test_all_of_time_has_no_neighbours():
    assert steps_of(START, START + HOUR, QueryDict("q=a")).out == ""


def test_beyond_the_calendar_there_is_all_of_time():
    first = datetime.min.replace(tzinfo=UTC)

    steps = steps_of(first, START, QueryDict("since=0001-01-01&q=a"))

    assert (steps.earlier, steps.out, steps.later) == ("", "/?q=a", "")

"""What the list says between its rows."""

import json
from datetime import UTC, datetime, timedelta

from logviewer.query.events import StoredEvent
from logviewer.viewer.marks import marks_of, mostly_late

NEWEST = datetime(2026, 11, 22, 10, tzinfo=UTC)


def event(number, ago_s=0.0, **data):
    time = NEWEST - timedelta(seconds=ago_s)
    return StoredEvent(number, time, 20, "api", "e", "", None, None, json.dumps(data), None)


def gaps(events, *, are_all=True):
    return [list(mark.gaps) for mark in marks_of(events, {}, are_all=are_all)]


def test_a_long_stretch_without_events_stands_between_its_neighbours():
    events = [event(4, 0), event(3, 1), event(2, 4000), event(1, 4001)]

    assert gaps(events) == [[], ["1 h 6 min without events"], [], []]


def test_where_events_are_rare_a_usual_distance_is_no_gap():
    assert gaps([event(n, ago_s=600 * n) for n in range(10)]) == [[]] * 10
    assert gaps([event(2), event(1, 59)]) == [[], []]
    assert gaps([event(2), event(1, 61)]) == [["1 min 1 s without events"], []]
    assert gaps([event(1)]) == [[]]
    assert gaps([]) == []


def test_numbers_of_a_process_that_are_missing_are_said():
    events = [
        event(4, boot="a", seq=9),
        event(3, boot="b", seq=2),
        event(2, boot="a", seq=7),
        event(1, boot="a", seq=3),
    ]

    first, other, second, last = gaps(events)

    assert first == ["1 event of this process is not here (number 8): late, lost, or below its key’s level"]
    assert second == ["3 events of this process are not here (numbers 4–6): late, lost, or below its key’s level"]
    assert (other, last) == ([], [])


def test_in_the_other_order_the_same_is_said_between_the_same_neighbours():
    events = [
        event(4, 0, boot="a", seq=9),
        event(3, 1, boot="a", seq=7),
        event(2, 4000, boot="b", seq=2),
        event(1, 4001, boot="a", seq=3),
    ]

    between = gaps(events)[:-1]

    assert [len(words) for words in between] == [1, 2, 0]
    # What stood below the upper of two that are no direct neighbours stands below the one that is upper now.
    assert gaps(events[::-1]) == [between[1][:1], between[1][1:], between[0], []]


def test_threads_that_log_side_by_side_leave_no_gap():
    assert gaps([event(3, boot="a", seq=2), event(2, boot="a", seq=3), event(1, boot="a", seq=1)]) == [[], [], []]


def test_a_search_that_leaves_events_out_misses_no_numbers():
    assert gaps([event(2, boot="a", seq=9), event(1, boot="a", seq=1)], are_all=False) == [[], []]


def test_what_is_no_number_counts_for_nothing():
    odd = [event(3, boot="a", seq="9"), event(2, boot=["a"], seq=4), event(1, boot="a", seq=True), event(0, boot="a")]

    assert gaps(odd) == [[]] * 4


def test_an_event_that_came_in_a_minute_after_it_happened_is_late():
    events = [event(2), event(1)]

    marks = marks_of(events, {2: NEWEST + timedelta(minutes=11), 1: NEWEST + timedelta(seconds=59)}, are_all=True)

    assert [mark.late for mark in marks] == ["11 min", ""]


def test_if_most_are_late_it_is_said_once():
    events = [event(n) for n in range(4)]
    late = NEWEST + timedelta(hours=2)

    assert mostly_late(events, {0: late, 1: late, 2: late + timedelta(hours=1)}) == "3 h"
    assert mostly_late(events, {0: late, 1: late, 2: NEWEST}) == ""
    assert mostly_late([], {}) == ""

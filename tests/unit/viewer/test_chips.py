"""Which fields a row shows: by rule, for events of any sender."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from logviewer.viewer.chips import ROOM, Chip, chips_of


@dataclass
class Some:
    data: Mapping[str, object]
    request_id: str | None = None
    cohort_id: str | None = None
    extra: dict = field(default_factory=dict)


def keys(event):
    return [chip.key for chip in chips_of([event])[0]]


def test_what_went_wrong_comes_first_and_the_surroundings_not_at_all():
    event = Some({"user_agent": "x", "duration_ms": 4, "path": "/a", "status_code": 500, "error": "no"}, cohort_id="12")

    assert keys(event) == ["error", "cohort_id", "status_code", "path", "duration_ms"]


def test_how_an_event_came_here_is_never_shown():
    by_client = {"boot": "dd9a75cf1ffb4fc7", "seq": 288, "student_id": 88}
    by_logstash = {"via": "logstash-tcp", "source_path": "/app/views.py", "student_id": 88}

    assert keys(Some(by_client)) == keys(Some(by_logstash)) == ["student_id"]


def test_an_event_with_nothing_but_surroundings_shows_them():
    assert keys(Some({"pid": 7, "ip_address": "10.0.0.1"})) == ["pid", "ip_address"]


def test_a_traceback_is_its_last_line():
    event = Some({"exception": 'Traceback (most recent call last):\n  File "a.py", line 1\n    f()\nKeyError: 1'})

    assert chips_of([event]) == [[Chip("exception", "KeyError: 1", is_failure=True)]]


def test_a_structured_exception_is_type_and_value_of_what_was_raised_last():
    raised = {"exc_type": "ValueError", "exc_value": "too late", "frames": [], "is_cause": False}
    cause = {"exc_type": "KeyError", "exc_value": "'x'", "frames": [], "is_cause": True}

    assert chips_of([Some({"exception": [raised, cause]})]) == [
        [Chip("exception", "ValueError: too late", is_failure=True)]
    ]


def test_a_path_carries_its_method():
    event = Some({"path": "/cohorts/12/assign", "method": "POST"})

    assert chips_of([event]) == [[Chip("path", "POST /cohorts/12/assign")]]


def test_what_a_request_repeats_comes_after_what_is_new():
    context = {"path": "/cohorts", "user_id": 7}
    events = [Some({**context, "student_id": number}, request_id="r") for number in (1, 2, 3)]

    first = chips_of(events)[0]

    assert [(chip.key, chip.is_shared) for chip in first] == [("student_id", False), ("path", True), ("user_id", True)]


def test_a_server_error_is_a_failure_and_a_refusal_is_not():
    chips = chips_of([Some({"status_code": 503}), Some({"status_code": 404})])

    assert [row[0].is_failure for row in chips] == [True, False]


def test_one_level_of_nesting_is_shown_with_dots():
    assert keys(Some({"ssl": {"handshakes": 7, "deeper": {"x": 1}}, "empty": "", "none": None})) == ["ssl.handshakes"]


def test_a_row_ends_where_its_room_does():
    event = Some({f"key_{number}": "x" * 60 for number in range(7)})

    assert sum(len(chip.text) for chip in chips_of([event])[0]) < ROOM + 100

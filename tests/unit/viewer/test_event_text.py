"""Events as text to copy."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from django.http import QueryDict

from logviewer.query.events import StoredEvent
from logviewer.viewer.event_detail import detail_of
from logviewer.viewer.event_text import events_as_json, events_as_markdown, events_as_text

TRACEBACK = "Traceback:\n  ```\nKeyError: 12"


def event(**data):
    time = datetime(2026, 11, 22, 1, 2, 3, 45, tzinfo=UTC)
    return StoredEvent(7, time, 40, "api", data.pop("event", "slack_failed"), "", "r1", "12", json.dumps(data), None)


def test_text_is_a_line_each_and_long_values_stand_below():
    assert events_as_text([event(reason="no channel", code=4, exception=TRACEBACK)]) == (
        '2026-11-22 01:02:03.000045 UTC ERROR api slack_failed request_id=r1 cohort_id=12 code=4 reason="no channel"\n'
        "    exception:\n"
        "    Traceback:\n"
        "      ```\n"
        "    KeyError: 12\n"
    )


def test_json_is_a_line_each_as_a_sender_would_write_it():
    first, second = events_as_json([event(a={"b": [1]}), event(event="x\ny")]).splitlines()

    assert json.loads(first) == {
        "timestamp": "2026-11-22T01:02:03.000045Z",
        "level": "error",
        "service": "api",
        "event": "slack_failed",
        "request_id": "r1",
        "cohort_id": "12",
        "a": {"b": [1]},
    }
    assert json.loads(second)["event"] == "x\ny"


def test_numbers_in_json_stay_as_they_were_written():
    stored = replace(event(), data_json='{"a": [1.50, {"b": 12345678901234567890.5}], "c": 9007199254740993}')

    [line] = events_as_json([stored]).splitlines()
    assert '"a": [1.50, {"b": 12345678901234567890.5}], "c": 9007199254740993' in line
    assert "12345678901234567890.5" in detail_of(stored, QueryDict()).json


def test_markdown_is_a_table_that_no_value_can_leave():
    text = events_as_markdown([event(event="a|b\n# `x` <img src=x> [l](u)", exception=TRACEBACK)])

    head, line, row, *rest = text.splitlines()
    assert head == "| time (UTC) | level | service | event | request | fields |"
    assert line.count("|") == 7
    assert row == (
        r"| 2026-11-22 01:02:03.000045 | error | api | a\|b \# \`x\` \<img src=x\> \[l\](u) | r1 | cohort\_id=12 |"
    )
    assert rest[1].startswith("exception of ")
    assert rest[3] == rest[-1] == "````"


def test_of_nothing_there_is_nothing_to_copy():
    assert events_as_text([]) == events_as_json([]) == events_as_markdown([]) == ""

"""Rendering: whatever a service logs becomes one bounded line of JSON."""

import dataclasses
import json
import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer_client.line import MAX_EVENT_BYTES, MAX_FIELD_CHARACTERS, exception_text, render


class Rude:
    def __repr__(self):
        raise RuntimeError("no")


class RudeMapping(dict):
    def items(self):
        raise RuntimeError("no")


@dataclasses.dataclass
class Student:
    id: int


def rendered(event_dict, **options):
    line = render(event_dict, **options)
    assert b"\n" not in line
    return json.loads(line)


def test_what_is_missing_is_added():
    event = rendered({"event": "e"}, method_name="warn", logger_name="app")

    assert (event["event"], event["level"], event["logger"]) == ("e", "warning", "app")
    assert datetime.fromisoformat(event["timestamp"]).tzinfo is not None


def test_what_is_there_stays():
    given_event = {"event": "e", "level": "debug", "logger": "l", "timestamp": "2026-11-23T10:00:00Z", "cohort_id": 12}

    assert rendered(given_event, method_name="info", logger_name="other") == given_event


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("1.50"), "1.50"),
        (b"caf\xc3\xa9 \xff", "café �"),
        ({1}, [1]),
        ((1, 2), [1, 2]),
        (Student(88), {"id": 88}),
        (Rude(), "<Rude without a repr>"),
    ],
)
def test_a_value_that_json_does_not_know(value, text):
    assert rendered({"event": "e", "value": value})["value"] == text


def test_an_exception_is_its_traceback_without_locals():
    password = "hunter2"  # noqa: F841 -- must not show
    try:
        raise ValueError("wrong")
    except ValueError as problem:
        event = rendered({"event": "e", "exc_info": problem})

    assert event["exception"].startswith("Traceback")
    assert event["exception"].endswith("ValueError: wrong")
    assert "hunter2" not in event["exception"].replace('"hunter2"', "", 1)
    assert "exc_info" not in event


def test_exc_info_true_is_the_current_exception():
    try:
        raise KeyError("k")
    except KeyError:
        assert "KeyError" in exception_text(True)
    assert exception_text(True) is None


def test_a_cycle_ends():
    cycle = {"event": "e"}
    cycle["self"] = cycle

    assert rendered(cycle)["event"] == "e"


@pytest.mark.parametrize(
    "value",
    [
        "x" * 1_000_000,
        [["deep"]] * 3,
        {n: n for n in range(2000)},
        list(range(100_000)),
        {(1, 2): 3},
        "\ud800",
        float("nan"),
    ],
    ids=["long", "nested", "wide", "list", "keys", "surrogate", "nan"],
)
def test_a_line_is_bounded(value):
    assert len(render({"event": "e", "value": value})) <= MAX_EVENT_BYTES


def test_many_large_values_leave_a_stub_with_the_event_name():
    event = rendered({"event": "e", "request_id": "r", **{f"k{n}": "x" * 60_000 for n in range(10)}})

    assert (event["event"], event["request_id"]) == ("e", "r")
    assert event["size_bytes"] > MAX_EVENT_BYTES


def test_a_long_value_keeps_its_beginning():
    value = rendered({"event": "e", "value": "y" * (MAX_FIELD_CHARACTERS + 9)})["value"]

    assert len(value) == MAX_FIELD_CHARACTERS + 1


def test_a_mapping_that_fails_still_gives_an_event():
    assert rendered(RudeMapping(event="e"))["event"] == "logviewer_event_not_rendered"


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("levels", [33, 1000, 50_000])
def test_depth_ends(levels):
    assert rendered({"event": "e", "value": deep(levels)})["event"] == "e"


@given(
    st.dictionaries(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers() | st.binary(), inner),
        ),
    )
)
def test_anything_becomes_json(event_dict):
    assert isinstance(rendered(event_dict), dict)

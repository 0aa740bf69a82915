"""Rendering: whatever a service logs becomes one bounded line of JSON."""

import dataclasses
import json
import uuid
from collections import UserDict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer_client.line import exception_text, render
from logviewer_client.plain import MAX_DEPTH, MAX_EVENT_BYTES, MAX_FIELD_BYTES, MAX_KEYS


class Rude:
    def __repr__(self):
        raise RuntimeError("no")


class RudeMapping(UserDict):
    def keys(self):
        raise RuntimeError("no")

    items = keys


class Color(Enum):
    RED = "red"


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
        (Rude(), "<Rude without a repr: RuntimeError>"),
        (RudeMapping(a=1), "<RudeMapping without a repr: RuntimeError>"),
        (10**400, hex(10**400)),
        (float("nan"), "nan"),
        (Color.RED, "red"),
        (timedelta(minutes=2), 120.0),
        (ValueError("wrong"), "ValueError: wrong"),
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


def test_a_cycle_ends_also_where_it_branches():
    cycle = {}
    cycle.update(a=cycle, b=cycle, n=1)

    held = "[dict that holds itself]"
    assert rendered({"event": "e", "value": cycle})["value"] == {"a": held, "b": held, "n": 1}


def test_a_list_that_is_shared_at_each_of_forty_levels_is_not_written_out():
    shared = ["x"]
    for _ in range(40):
        shared = [shared, shared]

    assert len(render({"event": "e", "value": shared})) <= MAX_EVENT_BYTES


def test_a_lazy_object_is_not_made_to_fetch_itself():
    from django.utils.functional import SimpleLazyObject

    lazy = SimpleLazyObject(lambda: pytest.fail("the session was read"))

    assert "SimpleLazyObject" in rendered({"event": "e", "user": lazy})["user"]


def test_one_bad_value_costs_no_other_field():
    assert rendered({"event": "e", "bad": Rude(), "cohort_id": 12})["cohort_id"] == 12


def test_keys_that_are_one_as_text_stay_two():
    assert rendered({"event": "e", "value": {1: "number", "1": "text"}})["value"] == {"1": "number", "1'": "text"}


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


@pytest.mark.parametrize("character", ["x", "\n", "\x01", "é", "\ud800"])
def test_many_large_values_leave_what_says_what_and_where(character):
    large = {f"k{n}": character * 60_000 for n in range(10)}
    line = render({**large, "event": "e", "request_id": "r"})
    event = json.loads(line)

    assert len(line) <= MAX_EVENT_BYTES
    assert (event["event"], event["request_id"]) == ("e", "r")
    assert "more keys" in event.get("…", "") or any("characters in all" in event[key] for key in large)


def test_a_long_text_keeps_both_ends_and_says_how_long_it_was():
    value = rendered({"event": "e", "value": "start" + "é" * 100_000 + "end"})["value"]

    assert len(value.encode()) <= MAX_FIELD_BYTES
    assert (value[:5], value[-3:]) == ("start", "end")
    assert "100008 characters in all" in value


def test_a_mapping_keeps_its_first_keys_and_says_how_many_are_missing():
    value = rendered({"event": "e", "value": {f"k{n}": n for n in range(600)}})["value"]

    assert len(value) == MAX_KEYS + 1
    assert value["…"] == "100 more keys"


def test_a_mapping_that_fails_still_gives_an_event():
    assert rendered(RudeMapping(event="e"))["event"] == "logviewer_event_not_rendered"


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("levels", [33, 1000, 50_000])
def test_depth_ends(levels):
    value = rendered({"event": "e", "value": deep(levels)})["value"]

    depth = 1  # the event
    while isinstance(value, list):
        value, depth = value[0], depth + 1
    assert depth == MAX_DEPTH
    assert "below 32 levels" in value


@settings(max_examples=50, deadline=None)
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
    line = render(event_dict)

    assert len(line) <= MAX_EVENT_BYTES
    assert isinstance(json.loads(line, parse_constant=pytest.fail), dict)

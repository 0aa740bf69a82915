"""The short cut for ordinary events gives the same bytes as the careful way, or nothing."""

import json
import uuid
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer_client.ordinary import MAX_CHARACTERS, MAX_ITEMS, ordinary_line
from logviewer_client.plain import bounded_line
from logviewer_client.redaction import Redaction
from tests.unit.client.test_redaction import TEXTS

EVENT = {
    "timestamp": "2026-11-23T10:02:03.123456Z", "level": "info", "event": "student_assigned_to_project",
    "request_id": "0a1b2c3d-4e5f-6789-abcd-ef0123456789", "boot": "9f3c1de0a7b85c22", "seq": 123456, "student_id": 88,
    "duration_ms": 12.345, "ok": True, "none": None, "tags": ["a", 1], "place": {"city": "Köln", "at": (1, 2.5)},
    "cohort": uuid.UUID(int=7), "price": Decimal("1.50"), "since": datetime(2026, 1, 2, tzinfo=UTC),
}  # fmt: skip

NAMES = st.sampled_from(["event", "request_id", "cohort_id", "password", "a", "b\n", "ada@x.org", "…"]) | st.text(
    max_size=5
)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | TEXTS | st.uuids() | st.decimals()
    | st.datetimes(timezones=st.none() | st.sampled_from([UTC, timezone(timedelta(hours=-3))])) | st.binary(max_size=5)
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES | st.integers(), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=10,
)


def test_an_ordinary_event_takes_the_short_cut():
    line = ordinary_line(EVENT, Redaction())

    assert line == bounded_line(EVENT, Redaction())
    assert json.loads(line)["place"] == {"city": "Köln", "at": [1, 2.5]}


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=8), st.sampled_from(["mask", "hash", "drop"]))
def test_both_ways_give_the_same_bytes(event, mode):
    redaction = Redaction(mode, key="sixteen bytes or more")  # both see the same memory, as in a process

    first, careful = ordinary_line(event, redaction), bounded_line(event, redaction)
    again = ordinary_line(event, redaction)
    assert first in (None, careful)
    assert again == first


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=8), max_size=5))
def test_what_was_seen_before_changes_nothing(events):
    seasoned = Redaction()
    for event in events:
        assert bounded_line(event, seasoned) == bounded_line(event, Redaction())
        assert ordinary_line(event, seasoned) == ordinary_line(event, Redaction())


class Broken(tzinfo):
    def utcoffset(self, moment):
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "x" * (MAX_CHARACTERS + 1)},
        {"list": list(range(MAX_ITEMS))},
        {f"k{n}": n for n in range(MAX_ITEMS)},
        {"password": "hunter22"},
        {"integer": 1 << 1024},
        {"real": float("nan")},
        {"half": "\ud800"},
        {"moment": datetime(2026, 1, 1, tzinfo=Broken())},
        {"nested": [[[[[[[[[[1]]]]]]]]]]},
        {"object": object()},
        {1: "a number as a name"},
        {"k" * 101: 1},
        {"request_id": "9f3c1de0a7b85c2246d1f0e9b3a7c5d8e1f20394"},
    ],
    ids=lambda fields: str(next(iter(fields)))[:9],
)
def test_what_is_not_ordinary_is_left_to_the_careful_way(fields):
    assert ordinary_line({"event": "e", **fields}, Redaction()) is None
    assert json.loads(bounded_line({"event": "e", **fields}, Redaction()))["event"] == "e"


def test_what_is_remembered_is_bounded():
    redaction = Redaction()
    for number in range(20_000):
        ordinary_line({f"name {number}": f"text {number}"}, redaction)

    assert len(redaction.names) < 5000
    assert len(redaction.texts) < 5000


def test_a_secret_is_never_remembered():
    redaction = Redaction()
    ordinary_line({"event": "by ada@school.test", "url": "postgres://app:s3cret@db"}, redaction)

    assert not any("ada" in text or "s3cret" in text for text in redaction.texts)

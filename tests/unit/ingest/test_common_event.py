"""The quick way makes of an event what the careful way makes of it, or leaves it alone."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest import common_event
from ingest.redaction import redact
from ingest.validation import Policy, Validator
from logviewer.store.event import Event

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
COMMON = {
    "timestamp": "2026-11-23T11:59:58.123456Z", "level": "warning", "event": "hi", "logger": "app", "service": "api",
    "request_id": "07261cb3-1ded-4d79-8c7a-c8ce40dfee70", "cohort_id": 12, "path": "/a?page=2", "n": 1.10,
    "agent": "Mozilla/5.0 (X11; x64) 'quoted' {braced} [brackets]", "exception": 'Traceback:\n\tline "1"',
}  # fmt: skip


def common_events(validator: Validator, texts: Sequence[bytes]) -> list[Event | None]:
    """For each of `texts` its event, or None if it needs care."""
    common = common_event.common_events(validator, texts)
    columns = msgspec.structs.astuple(common.columns)
    assert {len(column) for column in columns} == {len(texts)}
    return [
        None if place in common.odd else next(iter(common.columns.part(slice(place, place + 1))))
        for place in range(len(texts))
    ]


def quickly(text: bytes, policy: Policy, beside: bytes = b"{}") -> Event | None:
    return common_events(Validator(policy, NOW), [beside, text, beside])[1]


def carefully(text: bytes, policy: Policy) -> Event:
    draft = Validator(policy, NOW).read(text)
    redact(draft, text)
    return draft.sealed()


def test_the_common_event_is_taken():
    text = msgspec.json.encode(COMMON)
    event = quickly(text, Policy(service="api"))

    assert event is not None
    assert event == carefully(text, Policy(service="api"))


@pytest.mark.parametrize("service", ["*", "api", "other"])
@pytest.mark.parametrize(
    "changed",
    [
        {}, {"timestamp": None}, {"timestamp": "2026-11-23T11:59:58Z"}, {"timestamp": "2026-11-23 11:59:58.5+02:00"},
        {"timestamp": "2026-10-01T11:59:58.123456Z"}, {"timestamp": "2026-11-23T11:59:60.123456Z"},
        {"timestamp": 1763899198}, {"timestamp": 0}, {"timestamp": "never"}, {"timestamp": {"a": 1}},
        {"level": "WARNING"}, {"level": 30}, {"level": 30.5}, {"level": "fatal"}, {"level": None}, {"level": ["x"]},
        {"service": None}, {"service": ""}, {"service": 1.5}, {"service": " api "}, {"service": "s" * 101},
        {"event": None}, {"event": None, "message": "m"}, {"event": None, "msg": 7}, {"event": {"password": "x"}},
        {"logger": None}, {"logger": 4}, {"request_id": ""}, {"request_id": None}, {"request_id": "r" * 201},
        {"request_id": 7}, {"cohort_id": "12"}, {"cohort_id": True}, {"cohort_id": 1.5}, {"cohort_id": int("9" * 300)},
        {"nested": {"password": "hunter22"}}, {"list": [1, 2]}, {"list": [{"token": "x"}]}, {"password": "hunter22"},
        {"mail": "ada@school.test"}, {"header": "Authorization: Token abc"}, {"sql": "Key (a)=(1) exists"},
        {"text": "password='x y'"}, {"text": "{'token': 'abc'}"}, {"text": '{"token": "abc"}'}, {"text": "\0"},
        {"text": "é"}, {"text": "\x7f\\"}, {"hash": "0123456789" * 4}, {"jwt": "eyJhbGciOiJIUzI1NiIs.eyJzdWIi.x"},
        {"k" * 257: 1}, {"ghp_abcdefghijklmnopqrstuvwxyz": 1}, {"number": int("9" * 402)}, {"yes": True, "no": None},
        {f"k{number}": number for number in range(600)}, {"text": "x" * 300_000}, {"row": "Failing row contains (1)."},
    ],
)  # fmt: skip
def test_both_ways_come_to_the_same(changed, service):
    text = json.dumps({**COMMON, **changed}).encode()
    policy = Policy(service=service)

    assert quickly(text, policy) in (None, carefully(text, policy))
    assert quickly(text, policy, beside=b"ada@school.test " + b"9" * 500) in (None, carefully(text, policy))


PIECES = st.sampled_from(
    ["password=", "'token': ", '\\"secret\\": ', "Bearer ", "abcdefgh12345678", "a" * 40, "@school.test", "Key (a)=(",
     "xoxb-1234567890", "eyJhbGciOi", ".", "=", "'", '"', "\\", "{", "[", ":", " ", "\n", "\t", "\u00e9", "\0", "x"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=6).map("".join)
KEYS = st.sampled_from([*COMMON, "message", "msg", "password", "code", "a.b", ""]) | TEXTS
VALUES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=500, deadline=None)
@given(fields=st.dictionaries(KEYS, VALUES, max_size=6), ascii_only=st.booleans())
@example(fields={"a": "b", "properties": {"token": 1}}, ascii_only=False)
def test_both_ways_come_to_the_same_whatever_is_sent(fields, ascii_only):
    text = json.dumps(fields, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    compact = json.dumps(fields, ensure_ascii=ascii_only, separators=(",", ":")).encode(errors="surrogatepass")
    for policy in (Policy(), Policy(service="api", properties={"env": "test", "cohort_id": 8})):
        for sent in (text, compact):
            assert quickly(sent, policy) in (None, carefully(sent, policy))


@settings(max_examples=200, deadline=None)
@given(portion=st.lists(st.dictionaries(KEYS, VALUES, max_size=4) | st.just(COMMON), min_size=1, max_size=6))
def test_neighbours_change_nothing(portion):
    texts = [json.dumps(fields).encode(errors="surrogatepass") for fields in portion]
    for event, text in zip(common_events(Validator(Policy(), NOW), texts), texts, strict=True):
        assert event is None or event == carefully(text, Policy())


@pytest.mark.parametrize("odd", [b'{"a":1} {"b":2}', b"", b" ", b"[]", b"7", b"{", b'{"password":"x"}', b'{"n":1e999}'])
def test_a_neighbour_that_needs_care_costs_no_other_its_event(odd):
    common = msgspec.json.encode(COMMON)

    assert [event is None for event in common_events(Validator(Policy(), NOW), [common, odd, common])] == [
        False, True, False,
    ]  # fmt: skip


def test_texts_that_hold_as_many_objects_as_there_are_texts_are_not_mixed_up():
    assert common_events(Validator(Policy(), NOW), [b'{"event":"a"} {"event":"b"}', b" "]) == [None, None]


@given(number=st.floats(allow_nan=False, allow_infinity=False), digits=st.integers(0, 17))
@example(number=0.0001, digits=17)
@example(number=-0.0, digits=1)
@example(number=1e16, digits=0)
def test_numbers_are_stored_as_they_were_written(number, digits):
    for written in (repr(number), f"{round(number, digits)!r}", f"{number:.{digits}f}0"):
        if "." in written and len(written) < 30 and "e" not in written:
            event = quickly(b'{"n":%s}' % written.encode(), Policy())
            assert event is not None
            assert event.data == f'{{"n":{written}}}'


@pytest.mark.parametrize(
    "text",
    [b'{"a":1,"a":2}', b'{"a":"x","a":"\\":"}', b'{"a":NaN}', b'{"a":"\xff"}', b'{"a":"\\ud800"}', b"[1]", b"7", b"",
     b'{"a":1e999}', b'{"a"', b'{"a" : 1}'],
)  # fmt: skip
def test_what_is_no_plain_json_is_left_to_the_careful_way(text):
    assert quickly(text, Policy()) is None


def test_properties_with_objects_and_shifted_times_are_left_to_the_careful_way():
    for policy in (Policy(properties={"env": {"token": "x"}}), Policy(shift=timedelta(hours=1))):
        assert quickly(b'{"event":"a"}', policy) is None


@pytest.mark.parametrize(
    "stamp",
    ["2026-11-23T11:59:58.123456Z", "2026-11-23T11:59:58.123Z", "2026-11-23T11:59:58,123456Z",
     "2026-11-23 11:59:58.123456Z", "2026-11-23T11:59:58.123456z", "2026-11-23T13:59:58.123456+02:00"],
)  # fmt: skip
def test_times_are_all_written_alike(stamp):
    texts = [json.dumps({"timestamp": stamp}).encode(), b'{"timestamp":"2026-11-23T11:59:58.5Z"}']
    times = common_event.common_events(Validator(Policy(), NOW), texts).columns.times

    assert times[0] == ("2026-11-23T11:59:58.123000Z" if "123Z" in stamp else "2026-11-23T11:59:58.123456Z")
    assert times[1] == "2026-11-23T11:59:58.500000Z"

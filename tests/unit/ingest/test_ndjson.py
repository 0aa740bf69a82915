"""How a body is cut into events, whichever way the sender put them together."""

import contextlib
import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.protocols import PROTOCOLS, TooManyEvents
from ingest.protocols.ndjson import PORTION_BYTES, PORTION_EVENTS

A, B = b'{"event":"a"}', b'{"event":"b"}'


def decode(body, most):
    """All texts of a body, which come in portions."""
    return [bytes(text) for portion in PROTOCOLS["ndjson"](body, most) for text in portion]


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"", []),
        (b" \n\r\n\t", []),
        (b"[]", []),
        (A, [A]),
        (A + b"\n", [A]),
        (A + b"\n" + B, [A, B]),
        (A + b"\r\n" + B + b"\r\n", [A, B]),
        (b"\n\n" + A + b"\n\n\n" + B + b"\n", [A, B]),
        (b"\xef\xbb\xbf" + A + b"\n" + B, [A, B]),
        (b"[" + A + b"," + B + b"]", [A, B]),
        (b" [\n  " + A + b",\n  " + B + b"\n]\n", [A, B]),
        (A + B, [A, B]),
        (A + b" " + B + b"\t" + A, [A, B, A]),
        (A + B + b"\n" + A, [A, B, A]),
        (b'{\n  "event": "a"\n}\n{\n  "event": "b"\n}', [b'{\n  "event": "a"\n}', b'{\n  "event": "b"\n}']),
        (b'[{"v":NaN},' + B + b"]", [b'{"v":NaN}', B]),
        (b'[{"v":"]},{"},[1,[2]],3,"x,y"]', [b'{"v":"]},{"}', b"[1,[2]]", b"3", b'"x,y"']),
        (b'{"v":"}{"}{"v":"\\"}{"}', [b'{"v":"}{"}', b'{"v":"\\"}{"}']),
    ],
)
def test_finds_the_events(body, events):
    assert [text.strip() for text in decode(body, 10)] == events


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (A + b"\nnot json\n" + B, [A, b"not json", B]),
        (A + b'\n{"event":"cut\n' + B, [A, b'{"event":"cut', B]),
        (b'{"event":"cut",\n' + B, [b'{"event":"cut",', B]),
        (b"[1, 2]\n" + B, [b"[1, 2]", B]),
        (A + b"}\n" + B, [A + b"}", B]),
        (b'"text"\n' + B, [b'"text"', B]),
        (b"[" + A + b",", [b"[" + A + b","]),
        (b"[" + A + b",]", [b"[" + A + b",]"]),
        (b"[" + A + b"]]", [b"[" + A + b"]]"]),
    ],
)
def test_what_is_no_json_stands_alone_so_that_its_neighbours_are_kept(body, events):
    assert [text.strip() for text in decode(body, 10)] == events


@pytest.mark.parametrize("join", [b"\n", b"", b"\r\n\r\n"])
def test_more_events_than_allowed_are_an_error(join):
    assert len(decode(join.join([A] * 10), 10)) == 10
    with pytest.raises(TooManyEvents):
        decode(join.join([A] * 11), 10)


@pytest.mark.parametrize("body", [b"[" + b"1," * 50 + b"1]", b"[" + b"NaN," * 50 + b"1]", b"1\n" * 50])
def test_more_values_than_allowed_are_an_error_too(body):
    with pytest.raises(TooManyEvents):
        decode(body, 10)


@pytest.mark.parametrize(
    "piece", [b"{", b"[", b'{"a":', b'"', b"[[", b"{}", b"[],", b"\n{", b"{}\n\n", b"\\", b"1,", b"\n\r", b'\n"\\']
)
def test_no_body_takes_long(piece):
    started = time.process_time()
    for body in (piece * (500_000 // len(piece)), b"[" + piece * (500_000 // len(piece))):
        with contextlib.suppress(TooManyEvents):
            decode(body, 100_000)
    assert time.process_time() - started < 2


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
objects = st.lists(st.dictionaries(st.text(max_size=5), values, max_size=4), max_size=6)


@given(objects, st.sampled_from(["\n", "", " ", "\r\n", "\n\n"]), st.sampled_from([None, 2]), st.booleans())
def test_any_objects_are_found_however_they_are_joined(events, join, indent, ascii_only):
    body = join.join(json.dumps(event, indent=indent, ensure_ascii=ascii_only) for event in events)

    assert [json.loads(text) for text in decode(body.encode(), 100)] == events


@given(objects, st.sampled_from([None, 2]))
def test_any_array_is_cut_into_its_elements(events, indent):
    assert [json.loads(text) for text in decode(json.dumps(events, indent=indent).encode(), 100)] == events


@given(st.binary(max_size=200) | st.text(alphabet='{}[],"\\: \n1aN', max_size=200).map(str.encode))
def test_no_body_is_too_odd(body):
    assert all(text in body for text in decode(body, 1000))


@pytest.mark.parametrize("body", [b"{}\n" * 1_000_000, b"no\n" * 1_000_000, b'{"a":1}{}\n' * 500_000])
def test_too_many_events_are_noticed_before_there_is_a_list_of_them(body):
    tracemalloc.start()
    with pytest.raises(TooManyEvents):
        decode(body, 1000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 2 * len(body)


LARGE = b'{"event":"%s"}' % (b"x" * PORTION_BYTES)
MANY = [A] * (PORTION_BYTES // len(A))


@pytest.mark.parametrize("joint", [b"\n", b"\n\n", b"", b",\n"])
@pytest.mark.parametrize("events", [MANY * 3, [LARGE], [A, LARGE, B], [LARGE, LARGE, A], [*MANY, LARGE, *MANY]])
def test_portions_are_small_unless_one_event_is_large_and_together_they_are_the_body(joint, events):
    body = joint.join(events)
    portions = list(PROTOCOLS["ndjson"](b"[" + body + b"]" if joint == b",\n" else body, 100_000))

    assert [bytes(text) for portion in portions for text in portion] == events
    assert all(len(portion) == 1 or sum(map(len, portion)) <= PORTION_BYTES for portion in portions)
    assert all(len(portion) <= PORTION_EVENTS for portion in portions)


@pytest.mark.parametrize(
    "body",
    [
        b" " * 9_000_000 + A,
        A + b" " * 9_000_000,
        b"\n" + LARGE * 32 + b"\n",
        b'{"event":"' + b"x" * 9_000_000 + b'"}\n',
        b'{"event":"some"}\n' * 500_000,
        b"[" + b",\n".join([b'{"event":"%s"}' % (b"x" * 1000)] * 9_000) + b"]\n",
        b'{"no":"' * 50_000 + b" " * 9_000_000,
    ],
)
def test_a_body_is_never_copied_while_it_is_cut(body):
    tracemalloc.start()
    for _ in PROTOCOLS["ndjson"](body, 500_000):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 20 * PORTION_BYTES

"""Whatever a sender sends gets one of the documented answers, and whoever sends beside it loses nothing.

BODIES=10000 in the environment makes as many bodies; the usual number keeps the suite short.
"""

import gzip
import itertools
import json
import os
import zlib

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logviewer.store.models import EventRow

BODIES = int(os.environ.get("BODIES") or 1000)
DOCUMENTED = {200, 400, 411, 413, 415, 422}
PIECES = (
    '{', '}', '[', ']', '"', ":", ",", "\n", "\r", " ", "\\", '{"event":"e"}', '"event"', '"timestamp":', '"level":',
    '"request_id":', '{"a":', "null", "true", "NaN", "-Infinity", "1e999", "-0", "9" * 401, "\\u0000", "\\ud800",
    "\x00", "\ufeff", "\u2028", "é", "😀", "Bearer abcdef", "password=", "//", "\x1f\x8b", "\t",
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "event",
        "message",
        "timestamp",
        "level",
        "logger",
        "service",
        "request_id",
        "cohort_id",
        "password",
        "",
        "__proto__",
    ]
) | st.text(max_size=8)
TEXTS = st.text(st.characters(codec=None), max_size=20) | st.sampled_from(PIECES)  # with half surrogate pairs
NUMBERS = st.integers() | st.floats() | st.integers(-(10**450), 10**450)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS | TEXTS, VALUES, max_size=6)


def written(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode()


def written_raw(value: object) -> bytes:
    """With surrogates as bytes that are not UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def nested(depth: int, pair: str) -> bytes:
    opening, closing = pair.split("|")
    return f"{opening * depth}1{closing * depth}".encode()


@st.composite
def mutated(draw: st.DrawFn, bodies: st.SearchStrategy[bytes]) -> bytes:
    """A body with some bytes changed, taken out, or doubled."""
    body = bytearray(draw(bodies))
    for _ in range(draw(st.integers(1, 4))):
        place, end = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
        change = draw(st.sampled_from(["insert", "cut", "double", "end"]))
        if change == "insert":
            body[place:place] = draw(st.binary(max_size=4))
        elif change == "cut":
            del body[place:end]
        elif change == "double":
            body[place:place] = body[place:end]
        else:
            del body[end:]
    return bytes(body)


SENSIBLE = OBJECTS.map(written) | OBJECTS.map(written_raw) | VALUES.map(written)
LINES = (
    st.binary(max_size=200)
    | st.lists(st.sampled_from(PIECES), max_size=30).map(lambda pieces: "".join(pieces).encode())
    | SENSIBLE
    | mutated(SENSIBLE)
    | st.builds(
        nested, st.sampled_from([1, 31, 32, 33, 255, 1000, 5000]), st.sampled_from(['{"a":|}', "[|]", '[{"a":|}]'])
    )
)
PLAIN = st.lists(LINES, max_size=6).flatmap(
    lambda lines: st.sampled_from([b"\n", b"\r\n", b"", b",", b" "]).map(lambda joint: joint.join(lines))
)
ARRAYS = st.lists(LINES, max_size=4).map(lambda elements: b"[" + b",".join(elements) + b"]")
TEXT_BODIES = PLAIN | ARRAYS | mutated(PLAIN | ARRAYS)
PACKED = st.builds(
    lambda pack, body: pack(body),
    st.sampled_from(
        [gzip.compress, zlib.compress, zstandard.compress, lambda body: gzip.compress(gzip.compress(body))]
    ),
    TEXT_BODIES,
)
ANY_BODY = TEXT_BODIES | PACKED | mutated(PACKED)


def good(name: str) -> bytes:
    return b'{"event":"neighbour","logger":"%s"}' % name.encode()


def neighbours() -> set[str]:
    return set(EventRow.objects.filter(event="neighbour").values_list("logger", flat=True))


pytestmark = pytest.mark.timeout(120 + BODIES // 5)
many_bodies = settings(max_examples=BODIES // 2, deadline=None, suppress_health_check=list(HealthCheck))


def test_any_body_gets_a_documented_answer_and_the_next_one_is_stored(post):
    numbers, sent = itertools.count(), set()

    @many_bodies
    @given(ANY_BODY)
    def send(body):
        odd, name = post(body), f"after {next(numbers)}"
        assert odd.status_code in DOCUMENTED
        if "error" not in (answer := odd.json()):
            assert odd.status_code == (422 if answer["rejected"] and not answer["accepted"] else 200)
            assert not [one for one in answer["rejected"] if one["reason"] in ("internal", "refused_by_store")]
        if name.endswith("9"):
            assert post(good(name)).status_code == 200
            sent.add(name)

    send()
    assert neighbours() >= sent
    assert len(sent) >= BODIES // 25


def test_any_line_is_stored_or_rejected_alone_and_its_neighbours_are_stored(post):
    numbers, sent = itertools.count(), set()

    @many_bodies
    @given(LINES)
    def send(line):
        before, after = f"before {next(numbers)}", f"behind {next(numbers)}"
        answer = post(b"\n".join([good(before), line, good(after)]))
        assert answer.status_code == 200
        assert not [one for one in answer.json()["rejected"] if one["reason"] in ("internal", "refused_by_store")]
        sent.update([before, after])

    send()
    assert neighbours() >= sent
    assert len(sent) >= BODIES

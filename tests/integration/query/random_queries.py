"""Random events and queries from a small stock of letters, keys and values, so that they often meet."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from logviewer.query.language.nodes import And, Compare, Equals, Everything, Has, Like, Not, Or, Phrase, Word
from logviewer.query.language.values import MOST_NAMES_IN_PATH
from logviewer.store.event import Event, Level

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

LETTERS = "abABzZ01éÉßẞσςΣžŽıİſK\N{KELVIN SIGN}日ǅ"
SIGNS = " _-/.:\"\\%*'\n\t\x01(){}[]^$|?+<>=,;~\u00a0\u2019\u200d\u0301\N{SLIGHTLY SMILING FACE}\uffff"
NAMES = ("time", "out", "Read", "HTTP", "Error", "Timeout", "12", "null", "true", "500", "5", "x")

texts = st.one_of(
    st.sampled_from(
        ["", "ReadTimeoutError", "HTTPError", "/cohorts/12/assign", "12", "12.0", "null", "true", "a.b", "500", "-5e3"]
    ),
    st.text(LETTERS + SIGNS, max_size=8),
    st.lists(st.sampled_from([*NAMES, *SIGNS]), max_size=6).map("".join),
)
numbers = st.sampled_from(
    [
        "0",
        "-0",
        "1",
        "12",
        "12.0",
        "12.50",
        "1e2",
        "1E-2",
        "500",
        "-5000",
        "0.1",
        "-0.0",
        "9" * 30,
        "123456789012345678901.5",
    ]
)
keys = st.sampled_from(["a", "b", "c", "a.b", "b.c", "a.b.c", "", ".", 'q"\\', "é x", "%_*", "event", "level"])


class Number(str):
    """A number as the sender wrote it."""


values = st.recursive(
    st.one_of(texts, numbers.map(Number), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=8,
).filter(lambda value: nested_arrays(value) <= 3)
data = st.dictionaries(keys, values, max_size=4)
levels = st.sampled_from([level.value for level in Level])
times = st.integers(-3, 3).map(lambda minutes: NOW + timedelta(minutes=minutes))


def nested_arrays(value: object) -> int:
    """How many arrays stand directly inside of each other, at most."""
    if isinstance(value, dict):
        return max(map(nested_arrays, value.values()), default=0)
    if isinstance(value, list):
        inner = [one for one in value if isinstance(one, list)]
        return max([*map(nested_arrays, value), *(1 + nested_arrays(one) for one in inner), 1])
    return 0


def as_json(value: object) -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{as_json(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{','.join(map(as_json, value))}]"
    return json.dumps(value)


events = st.builds(
    Event,
    time=times,
    level=levels,
    service=texts,
    event=texts,
    logger=texts,
    request_id=st.none() | texts,
    cohort_id=st.none() | texts,
    data=data.map(as_json),
)

fields = st.one_of(
    st.sampled_from(["event", "logger", "service", "request_id", "cohort_id"]),
    st.lists(keys, min_size=1, max_size=3).map(".".join),
).filter(lambda name: name != "level" and name.count(".") < MOST_NAMES_IN_PATH)
operators = st.sampled_from([">", ">=", "<", "<="])
compared = st.sampled_from(["0", "12", "12.0", "-1", "1e2", "500", "99999999999999999999999999"])
patterns = st.lists(st.one_of(st.just("*"), texts.filter(lambda text: "*" not in text)), min_size=1, max_size=4).map(
    "".join
)
terms = st.one_of(
    st.just(Everything()),
    texts.map(Word).filter(lambda word: bool(word.runs)),
    texts.filter(bool).map(Phrase),
    st.builds(Equals, fields, st.one_of(texts, numbers)),
    st.builds(Equals, st.just("level"), st.sampled_from(["warn", "error", "20"])),
    st.builds(Like, fields, patterns),
    st.builds(Compare, fields, operators, compared),
    st.builds(Compare, st.just("level"), operators, st.sampled_from(["warning", "debug", "critical"])),
    st.builds(Compare, st.just("time"), operators, st.sampled_from(["2026-11-23T12:00:00Z", "-1m", "now"])),
    st.builds(Has, st.one_of(fields, st.sampled_from(["level", "time"]))),
)
nodes = st.recursive(
    terms,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: And(tuple(some))),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: Or(tuple(some))),
    ),
    max_leaves=4,
)

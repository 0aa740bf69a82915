"""From the text of an event to what is stored of it: columns, limits, and a flag for everything changed."""

import json
import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import limits
from ingest.outcome import Unacceptable
from ingest.redaction import redact
from ingest.validation import Policy, Validator
from logviewer.store.event import Event

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def event_of(text: str | bytes, **policy: object) -> Event:
    return Validator(Policy(**policy), NOW).read(text.encode() if isinstance(text, str) else text).sealed()


def meta_of(text: str | bytes) -> dict:
    return json.loads(event_of(text).meta or "{}")


def test_what_has_a_column_is_taken_out_and_the_rest_stays_as_sent():
    event = event_of(
        '{"timestamp":"2026-11-23T11:59:58.123456Z","level":"warning","event":"hi","logger":"app","service":"api",'
        '"request_id":"r","cohort_id":12,"price":1.10,"big":12345678901234567890123,"nested":{"a":[1,{"b":null}]}}'
    )

    assert event == Event(
        time=datetime(2026, 11, 23, 11, 59, 58, 123456, tzinfo=UTC),
        level=30,
        service="api",
        event="hi",
        logger="app",
        request_id="r",
        cohort_id="12",
        data='{"price":1.10,"big":12345678901234567890123,"nested":{"a":[1,{"b":null}]}}',
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"level":"warn","timestamp":1795435198002,"service":"web","cohort_id":12,"event":"cohort_full"}',
        '{"cohort_id":12,"level":"warn","message":"cohort_full","service":"web","timestamp":"2026-11-23T11:59:58.002Z"}',
        '{"timestamp":"2026-11-23T12:59:58.002+01:00","level":"WARN","msg":"cohort_full","service":"web","cohort_id":12}',
        '{"timestamp":"2026-11-23T11:59:58.002000Z","level":"warn","message":"cohort_full","service":"web","cohort_id":12}',
    ],
    ids=["pino", "winston", "slog", "fluent-bit"],
)
def test_senders_of_other_languages_that_are_set_up_as_the_document_says(text):
    event = event_of(text)

    assert event.time == datetime(2026, 11, 23, 11, 59, 58, 2000, tzinfo=UTC)
    assert (event.level, event.event, event.service, event.cohort_id) == (30, "cohort_full", "web", "12")
    assert json.loads(event.data) == {}


@pytest.mark.parametrize(
    ("text", "event", "data"),
    [
        ('{"message":"m"}', "m", {}),
        ('{"msg":"m"}', "m", {}),
        ('{"event":null,"message":"m"}', "m", {}),
        ('{"event":"e","message":"m"}', "e", {"message": "m"}),
        ('{"event":""}', "", {}),
        ("{}", "", {}),
        ('{"event":42}', "42", {}),
        ('{"event":1.50}', "1.50", {}),
        ('{"event":{"a":[true]}}', '{"a":[true]}', {}),
    ],
)
def test_the_event_name_is_event_else_message_else_msg(text, event, data):
    stored = event_of(text)
    assert (stored.event, json.loads(stored.data)) == (event, data)


@pytest.mark.parametrize(
    ("value", "column"),
    [('"12"', "12"), ("12", "12"), ("12.0", "12.0"), ("true", "true"), ("null", None), ('""', None),
     ("99999999999999999999", "99999999999999999999")],
)  # fmt: skip
def test_ids_are_text(value, column):
    assert event_of(f'{{"cohort_id":{value}}}').cohort_id == column
    assert event_of(f'{{"request_id":{value}}}').data == "{}"


def test_an_id_that_is_no_value_stays_in_the_data():
    event = event_of('{"cohort_id":[1,2]}')
    assert (event.cohort_id, event.data) == (None, '{"cohort_id":[1,2]}')


def test_a_long_id_keeps_its_beginning_and_a_digest_in_the_index_and_all_of_it_in_the_data():
    one, other = ("x" * 5000 + end for end in "ab")
    stored = event_of(json.dumps({"request_id": one}))

    assert stored.request_id is not None
    assert len(stored.request_id) == limits.MAX_ID_CHARACTERS
    assert stored.request_id.startswith("xxx")
    assert stored.request_id != event_of(json.dumps({"request_id": other})).request_id
    assert json.loads(stored.data) == {"request_id": one}
    assert json.loads(stored.meta) == {"flags": ["long_id"]}


@pytest.mark.parametrize(
    ("level", "number", "meta"),
    [
        ("", 20, {}),
        ('"level":null,', 20, {}),
        ('"level":"INFO",', 20, {}),
        ('"level":"WARN",', 30, {"level": "WARN"}),
        ('"level":"fatal",', 50, {"level": "fatal"}),
        ('"level":40,', 40, {}),
        ('"level":"40",', 40, {}),
        ('"level":25,', 20, {"level": "25"}),
        ('"level":30.0,', 30, {"level": "30.0"}),
        ('"level":"loud",', 20, {"level": "loud", "flags": ["level"]}),
        ('"level":true,', 20, {"level": "true", "flags": ["level"]}),
        ('"level":{"a":1},', 20, {"level": '{"a":1}', "flags": ["level"]}),
    ],
)
def test_levels_are_understood_and_other_words_kept(level, number, meta):
    text = f'{{{level}"a":1}}'
    assert (event_of(text).level, meta_of(text)) == (number, meta)


@pytest.mark.parametrize(
    ("stamp", "kept"),
    [
        ('"yesterday"', "yesterday"),
        ('"2026-11-23T12:10:01Z"', "2026-11-23T12:10:01Z"),
        ('"2026-10-24T11:59:59Z"', "2026-10-24T11:59:59Z"),
        ("1e3", "1e3"),
        ("-5", "-5"),
        ("[1]", "[1]"),
        ("true", "true"),
        ("1e300", "1e300"),
    ],
)
def test_a_time_that_is_not_believed_becomes_the_time_of_receipt_and_is_kept(stamp, kept):
    text = f'{{"timestamp":{stamp}}}'
    assert event_of(text).time == NOW
    assert meta_of(text) == {"time": kept, "flags": ["clock"]}


@pytest.mark.parametrize("stamp", ['"2026-11-23T12:10:00Z"', '"2026-10-24T12:00:00Z"', "1795348800", "1795348800000.5"])
def test_a_time_within_the_window_is_believed(stamp):
    assert meta_of(f'{{"timestamp":{stamp}}}') == {}


@pytest.mark.parametrize("text", ["{}", '{"timestamp":null}', '{"timestamp":0}'])
def test_without_a_time_the_time_of_receipt_is_taken(text):
    assert event_of(text).time == NOW
    assert event_of(text).meta is None


def test_a_shift_moves_times_and_keeps_the_originals():
    event = event_of('{"timestamp":"2017-05-16T00:00:00Z"}', shift=NOW - datetime(2017, 5, 16, tzinfo=UTC))
    assert event.time == NOW
    assert json.loads(event.meta) == {"time": "2017-05-16T00:00:00Z"}


def test_services_follow_the_key():
    assert event_of('{"service":"nova"}', service="api").service == "api"
    assert json.loads(event_of('{"service":"nova"}', service="api").meta) == {"service": "nova"}
    assert event_of('{"service":"nova"}').service == "nova"
    assert event_of('{"service":" "}').service == "unknown"
    assert event_of("{}", default_service="imported").service == "imported"
    assert len(event_of(json.dumps({"service": "s" * 1000})).service) == limits.MAX_SERVICE_CHARACTERS


@pytest.mark.parametrize(
    ("text", "data", "flags"),
    [
        (r'{"a":"x\u0000y"}', {"a": "x␀y"}, ["nul"]),
        (r'{"a\u0000":1}', {"a␀": 1}, ["nul"]),
        (r'{"a":"x\\u0000y"}', {"a": r"x\u0000y"}, None),
        ('{"a":"x\x00y"}', {"a": "x␀y"}, ["nul"]),
        (r'{"a":"\ud800"}', {"a": "�"}, ["surrogate"]),
        (r'{"a":"\ud83d\ude00"}', {"a": "😀"}, None),
        (r'{"\udfff":1}', {"�": 1}, ["surrogate"]),
        (b'{"a":"\xff\xfe"}', {"a": "��"}, ["utf8"]),
        (b'{"a":"\xc0\x80"}', {"a": "��"}, ["utf8"]),
        ('{"a":NaN,"b":-Infinity}', {"a": "NaN", "b": "-Infinity"}, ["nan"]),
        ('{"a":1,"a":2}', {"a": 2}, ["duplicate_keys"]),
        ('{"n":{"a":1,"a":2}}', {"n": {"a": 2}}, ["duplicate_keys"]),
        ('{"n":[{"a":1,"b":3,"a":2}]}', {"n": [{"a": 2, "b": 3}]}, ["duplicate_keys"]),
        (r'{"a":1,"\u0061":2}', {"a": 2}, ["duplicate_keys"]),
        ('{"a":1e400}', {"a": "1e400"}, ["number"]),
        ('{"a":1e-400}', {"a": "1e-400"}, ["number"]),
        ('{"a":1e131073}', {"a": "1e131073"}, ["number"]),
        ('{"a":1e99999999999999999999}', {"a": "1e99999999999999999999"}, ["number"]),
        ('{"a":"tab\there"}', {"a": "tab\there"}, None),
        ('{"" : 1}', {"": 1}, None),
        (r'{"a":"\":"}', {"a": '":'}, None),
        ('{"__proto__":{"hx-on":1}}', {"__proto__": {"hx-on": 1}}, None),
    ],
)
def test_what_postgres_would_refuse_is_mended_and_flagged(text, data, flags):
    event = event_of(text)
    assert json.loads(event.data) == data
    assert (json.loads(event.meta)["flags"] if event.meta else None) == flags


@pytest.mark.parametrize(
    "number",
    ["0", "-0", "18446744073709551616", "9" * 400, "1.10", "0.30000000000000004", "3.14159265358979323846264338327950",
     "1e5", "1E+10", "1e-7", "123456789012345678.5", "-0.0"],
)  # fmt: skip
def test_numbers_stay_as_they_were_written(number):
    expected = "0" if number == "-0" else number
    assert event_of(f'{{"a":{number}}}').data == f'{{"a":{expected}}}'
    assert event_of(f'{{"a":[{number}],"b":NaN}}').data == f'{{"a":[{expected}],"b":"NaN"}}'
    assert meta_of(f'{{"a":{number}}}') == {}


@pytest.mark.parametrize("digits", [401, 4300, 4301, 100_000])
def test_a_number_of_more_than_400_characters_becomes_text(digits):
    event = event_of('{"a":' + "9" * digits + ',"b":[' + "8" * digits + "]}")
    assert json.loads(event.data) == {"a": "9" * digits, "b": ["8" * digits]}
    assert json.loads(event.meta) == {"flags": ["number"]}


@pytest.mark.parametrize("depth", [31, 32, 33, 255, 1025, 30_000])
@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ("[", "]")])
def test_what_lies_deeper_than_32_levels_becomes_text(depth, opening, closing):
    text = '{"top":' + opening * (depth - 1) + "1" + closing * (depth - 1) + "}"
    event = event_of(text)

    levels, value = 0, json.loads(event.data)
    while isinstance(value, dict | list):
        levels, value = levels + 1, (next(iter(value.values())) if isinstance(value, dict) else value[0])
    assert levels == min(depth, limits.MAX_DEPTH)
    assert meta_of(text) == ({} if depth <= limits.MAX_DEPTH else {"flags": ["depth"]})
    if depth > limits.MAX_DEPTH:
        assert isinstance(value, str)
        assert len(value) <= limits.MAX_DEEP_TEXT_CHARACTERS


@pytest.mark.parametrize("where", ["{%s}", '{"nested":{%s}}', '{"list":[{%s}]}'])
def test_more_than_500_keys_are_folded_into_text(where):
    keys = {f"k{number}": number for number in range(600)}
    event = event_of(where % json.dumps(keys)[1:-1])

    data = json.loads(event.data)
    level = data if "k0" in data else data["nested"] if "nested" in data else data["list"][0]
    assert len(level) == limits.MAX_KEYS
    assert {
        **{key: value for key, value in level.items() if key != "_overflow"},
        **json.loads(level["_overflow"]),
    } == keys
    assert json.loads(event.meta) == {"flags": ["keys"]}
    assert event_of(where % json.dumps(dict.fromkeys(map(str, range(490)), 1))[1:-1]).meta is None


def test_folded_keys_in_folded_keys_do_not_grow():
    keys = {f"k{number}": number for number in range(510)}
    nested = keys
    for _ in range(24):
        nested = {**keys, "inner": nested}

    data = json.loads(event_of(json.dumps(nested)).data)

    assert len(data["_overflow"]) < limits.MAX_EVENT_BYTES
    for _ in range(24):
        data = (
            json.loads(data["_overflow"])["inner"] if isinstance(data["_overflow"], str) else data["_overflow"]["inner"]
        )
    assert data["k0"] == 0


def test_long_keys_are_shortened_and_stay_apart():
    event = event_of(json.dumps({"k" * 1000 + end: end for end in "ab"} | {"k" * 256: "whole"}))

    data = json.loads(event.data)
    assert sorted(data.values()) == ["a", "b", "whole"]
    assert {len(key) for key in data} == {256}
    assert json.loads(event.meta) == {"flags": ["key_length"]}


def test_an_event_over_256_kib_becomes_a_stub_that_keeps_its_head():
    text = json.dumps(
        {"timestamp": "2026-11-23T11:00:00Z", "level": "error", "event": "big", "request_id": "r", "cohort_id": 7,
         "blob": "é" * 200_000}, ensure_ascii=False
    ).encode()  # fmt: skip

    event = event_of(text)

    assert (event.event, event.level, event.request_id, event.cohort_id) == ("big", 40, "r", "7")
    assert event.time == datetime(2026, 11, 23, 11, tzinfo=UTC)
    data = json.loads(event.data)
    assert data["size_bytes"] == len(text)
    assert text.decode().startswith(data["truncated_text"].rstrip("�"))
    assert json.loads(event.meta) == {"flags": ["truncated"]}


def test_the_limit_of_an_event_is_exact():
    def sized(size: int) -> bytes:
        return b'{"a":"' + b"x" * (size - 8) + b'"}'

    assert event_of(sized(limits.MAX_EVENT_BYTES)).meta is None
    assert meta_of(sized(limits.MAX_EVENT_BYTES + 1)) == {"flags": ["truncated"]}


@pytest.mark.parametrize("character", ["x", "é", "\n", "😀", "é😀", '"\\'])
@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("before", range(12))
def test_a_stub_has_the_beginning_of_an_endless_name_wherever_it_is_cut(character, ascii_only, before):
    name = "a" * before + character * 300_000
    text = json.dumps({"event": name, "level": "error"}, ensure_ascii=ascii_only).encode()

    event = event_of(text)

    assert event.event == name[: limits.STUB_COLUMN_CHARACTERS]
    assert event.level == 40


@pytest.mark.parametrize("name", ["event", "other"])
def test_a_stub_of_a_huge_event_takes_little_memory(name):
    text = memoryview(b'{"%s":"%s","level":"error"}' % (name.encode(), b"\\n" * 10_000_000))
    tracemalloc.start()

    event = event_of(text)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert event.level == 40
    assert peak < 5_000_000


@pytest.mark.parametrize(
    "text", ['{"a":"cut', '{"a":' + "[" * 300_000, '{"event":' + '{"x":' * 100_000, '{"event":"' + "\\u0000" * 100_000]
)
def test_a_large_text_that_is_no_json_still_becomes_a_stub(text):
    event = event_of(text.ljust(300_000, "x"))
    assert json.loads(event.meta) == {"flags": ["truncated"]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "not_json"), ("hello", "not_json"), ('{"a":1', "not_json"), ('{"a":1}}', "not_json"), ("{'a':1}", "not_json"),
     ("[1]", "not_an_object"), ("1", "not_an_object"), ('"{}"', "not_an_object"), ("null", "not_an_object"),
     ("NaN", "not_an_object"), ("x" * 300_000, "not_an_object"), ('{"a":01}', "not_json"), ("[" * 100_000, "not_json")],
)  # fmt: skip
def test_what_is_no_object_is_refused_with_a_reason(text, reason):
    with pytest.raises(Unacceptable) as refused:
        event_of(text)
    assert refused.value.reason == reason


def test_properties_fill_what_the_event_lacks():
    event = event_of('{"env":"test"}', properties={"env": "production", "region": "eu", "cohort_id": 3})
    assert (json.loads(event.data), event.cohort_id) == ({"env": "test", "region": "eu"}, "3")


pieces = st.sampled_from(
    ['{', '}', '[', ']', '"', ":", ",", '"a"', '"event"', '"timestamp"', '"level"', '"request_id"', "\\", "\\u0000",
     "\\ud800", "NaN", "1e999", "9" * 401, "-", "null", " ", "\n", "\x00", "ÿ", "=", "password=", "@", "Bearer "]
)  # fmt: skip
KNOWN_KEYS = ["event", "level", "timestamp", "request_id", "cohort_id", "service", "logger", "password"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=6) | st.sampled_from(["event", "level", "timestamp", "request_id", "password"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)
texts = (
    st.binary(max_size=300)
    | st.lists(pieces, max_size=30).map(lambda parts: "".join(parts).encode())
    | json_values.map(lambda value: json.dumps({"v": value}).encode())
    | st.dictionaries(st.sampled_from(KNOWN_KEYS), json_values)
    .map(lambda value: json.dumps(value, ensure_ascii=True).encode())
)  # fmt: skip


def storable(text: str | None) -> bool:
    if text is None:
        return True
    text.encode()  # no half surrogates
    return "\0" not in text


@settings(max_examples=500, deadline=None)
@given(texts)
def test_whatever_comes_in_what_goes_to_postgres_is_storable_json(text):
    try:
        draft = Validator(Policy(properties={"env": "x"}), NOW).read(text)
    except Unacceptable:
        return
    redact(draft, text)
    event = draft.sealed()

    for column in (event.service, event.event, event.logger, event.request_id, event.cohort_id):
        assert storable(column)
    for document in (event.data, event.meta or "{}"):
        parsed = json.loads(document, parse_constant=lambda word: pytest.fail(word))
        assert isinstance(parsed, dict)
        assert storable(json.dumps(parsed, ensure_ascii=False))
        assert "\\u0000" not in document.replace("\\\\", "")
    assert NOW - timedelta(days=30) <= event.time <= NOW + timedelta(minutes=10)
    assert len(event.request_id or "") <= limits.MAX_ID_CHARACTERS


@given(st.dictionaries(st.text(min_size=1, max_size=5).map(lambda key: f"x{key}"), json_values, max_size=5))
def test_an_event_within_the_limits_is_stored_as_sent(fields):
    sent = json.loads(json.dumps(fields), parse_constant=str)
    encoded = json.dumps(sent, ensure_ascii=False, separators=(",", ":"))
    if "\0" in repr(sent) or any(0xD800 <= ord(letter) <= 0xDFFF for letter in encoded) or "\\u0000" in encoded:
        return
    assert json.loads(event_of(encoded).data) == sent


def test_odd_events_take_no_time_to_speak_of():
    started = time.process_time()
    for text in (
        '{"a":' * 40_000,
        "[" * 250_000,
        '{"a":"' + "\\" * 200_000,
        '{"a":' + "[1," * 60_000,
        '{"":1,' * 30_000,
        '{"a":"' + "[" * 40 + '","b":"' + '\\"' * 120_000,
    ):
        with pytest.raises(Unacceptable):
            event_of(text[: limits.MAX_EVENT_BYTES])
    event_of('{"a":"' + ("1" * 400 + " ") * 600 + '"}')
    assert time.process_time() - started < 2
